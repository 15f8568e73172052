import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { applyMasks, masksOfVanished, selfMasksOf, splitCoordinates } from '../../crypto/index.js';
import type { Mask, UnmaskingPlan } from '../../crypto/index.js';
import { inTurns } from './turns.js';
import { UnmaskingThreads } from './unmasking-threads.js';

/** Masks that are taken out side by side; more would not make it faster. */
const MASKS_AT_ONCE = 64;
/** Words of mask made between two turns of the event loop: some ten milliseconds of work. */
const WORDS_A_TURN = 8 * 1024 * 1024;
/** Below so many words of mask, some tenths of a second of work, starting threads takes longer than it saves. */
const WORDS_FOR_THREADS = 256 * 1024 * 1024;
/** Parts for each thread: one that the machine holds up leaves its later ones no longer than these. */
const PARTS_A_THREAD = 4;
/** More would take memory and wait for it. */
const MOST_THREADS = 8;

/** Where masks are made. */
export interface UnmaskingOptions {
  /**
   * Threads beside this one; 0 makes every mask here.
   * @default 0 for a small sum or on one core, else one a core, 8 at most
   */
  readonly threads?: number;
}

/**
 * Takes every mask of the plan out of the sum, in place. Other calls get their turn in between, however many masks there
 * are: key agreements are made merchant by merchant, masks by parts of the vector, on threads where there is enough to do.
 * The result does not depend on the parts. If it fails, the sum is left with some masks in it, of no use to anybody.
 *
 * @param sum d words, the sum of U3's masked vectors; Σ x mod 2^w is left
 * @param ringBits w
 * @throws GuildhallError UNMASKING_FAILED if a thread fails
 */
export async function unmaskSum(
  sum: Uint32Array,
  plan: UnmaskingPlan,
  ringBits: number,
  options: UnmaskingOptions = {},
): Promise<void> {
  const agreed: Mask[] = [];
  try {
    for (const vanished of plan.vanished) {
      agreed.push(...(await inTurns(masksOfVanished(plan, vanished))));
      await nextTurn();
    }
    const masks = [...selfMasksOf(plan), ...agreed];
    const threads = options.threads ?? threadsFor(sum.length * masks.length);
    await (threads > 0 ? applyOnThreads(sum, masks, ringBits, threads) : applyInTurns(sum, masks, ringBits));
  } finally {
    for (const { key } of agreed) key.fill(0);
  }
}

function threadsFor(words: number): number {
  const cores = availableParallelism();
  return words < WORDS_FOR_THREADS || cores === 1 ? 0 : Math.min(cores, MOST_THREADS);
}

async function applyInTurns(sum: Uint32Array, masks: readonly Mask[], ringBits: number): Promise<void> {
  const width = Math.max(1, Math.floor(WORDS_A_TURN / Math.min(MASKS_AT_ONCE, Math.max(1, masks.length))));
  for (const { from, to } of splitCoordinates(sum.length, Math.ceil(sum.length / width))) {
    const part = sum.subarray(from, to);
    for (let first = 0; first < masks.length; first += MASKS_AT_ONCE) {
      applyMasks(part, masks.slice(first, first + MASKS_AT_ONCE), { ringBits, from });
      await nextTurn();
    }
  }
}

/** The threads live as long as this call: nothing of them is left between two rounds. */
async function applyOnThreads(
  sum: Uint32Array,
  masks: readonly Mask[],
  ringBits: number,
  count: number,
): Promise<void> {
  const threads = new UnmaskingThreads(count);
  try {
    await Promise.all(
      splitCoordinates(sum.length, count * PARTS_A_THREAD).map(async ({ from, to }) => {
        sum.set(await threads.apply({ words: sum.subarray(from, to), from, ringBits, masks }), from);
      }),
    );
  } finally {
    await threads.close();
  }
}
