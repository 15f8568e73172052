import { GuildhallError } from '../../errors/index.js';

/** One way to attack a round of secure aggregation, mounted twice on the real machines. */
export interface Attack {
  readonly by: 'coordinator' | 'merchant';
  /** What the attacker does; goes on from "a coordinator that" or "a merchant that". */
  readonly does: string;
  /** What stops it. */
  readonly defence: string;
  /**
   * Mounts it on parties that lack the defence: clients or a coordinator of the tests' own that skip the check.
   *
   * @returns what the attacker gained; undefined where the attack failed, which would make it a bad control
   */
  readonly off: () => string | undefined;
  /**
   * Mounts it on the real ones.
   *
   * @returns the codes of the refusals, or {@link EXACT}; anything else means that the defence does not hold
   */
  readonly on: () => readonly string[];
  /** What `on` gives where the defence holds. */
  readonly stopped: readonly string[];
}

/** The round ended, and its sum is that of the survivors' inputs. */
export const EXACT = 'the sum is exact';

/** The code that an action is refused with; what it was if it was not refused. */
export function refusalOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof GuildhallError) return error.code;
    throw error;
  }
  return 'not refused';
}

/** Whether there are two vectors, of the same words. */
export function same(a: Uint32Array | undefined, b: Uint32Array | undefined): boolean {
  return a?.length === b?.length && a?.every((word, index) => word === b?.[index]) === true;
}
