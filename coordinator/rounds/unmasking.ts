import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { applyMasks, masksOfVanished, selfMasksOf, splitCoordinates } from '../../crypto/index.js';
import type { CoordinateRange, Mask, UnmaskingPlan } from '../../crypto/index.js';
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
/** Every part opens every key stream anew: shorter parts would pay for more than a tenth of their time for that. */
const LEAST_WORDS_A_PART = 64 * 1024;
/** More would take memory and wait for it. */
const MOST_THREADS = 8;

/** Where masks are made. */
export interface UnmaskingOptions {
  /**
   * Threads beside this one; 0 makes every mask here.
   * @default 0 for a small sum or on one core, else one a core, 8 at most
   */
  readonly threads?: number;
  /** Starts so many threads. @default UnmaskingThreads */
  readonly start?: (count: number) => Pick<UnmaskingThreads, 'apply' | 'close'>;
  /** Told of a thread that failed; its parts are made here instead. */
  readonly onThreadFailure?: (error: unknown) => void;
}

/**
 * Takes every mask of the plan out of the sum, in place. Other calls get their turn in between, however many masks there
 * are: key agreements are made merchant by merchant, masks by parts of the vector, on threads where there is enough to do.
 * What a thread that dies was to do is done here: a round that everybody has paid for does not end by it. The result does
 * not depend on the parts.
 *
 * @param sum d words, the sum of U3's masked vectors; Σ x mod 2^w is left
 * @param ringBits w
 * @throws RangeError on a width out of range; the sum is then left with some masks in it, of no use to anybody
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
    await (threads > 0
      ? applyOnThreads(sum, { masks, ringBits }, threads, options)
      : applyInTurns(sum, { masks, ringBits, from: 0 }));
  } finally {
    for (const { key } of agreed) key.fill(0);
  }
}

function threadsFor(words: number): number {
  const cores = availableParallelism();
  return words < WORDS_FOR_THREADS || cores === 1 ? 0 : Math.min(cores, MOST_THREADS);
}

function partsFor(dimension: number, threads: number): number {
  return Math.max(threads, Math.min(threads * PARTS_A_THREAD, Math.floor(dimension / LEAST_WORDS_A_PART)));
}

/** What is to be applied, and in which ring. */
interface MasksOfRing {
  readonly masks: readonly Mask[];
  readonly ringBits: number;
}

/** @param part.from the coordinate at which the words begin */
async function applyInTurns(words: Uint32Array, part: MasksOfRing & { readonly from: number }): Promise<void> {
  const { masks, ringBits } = part;
  const width = Math.max(1, Math.floor(WORDS_A_TURN / Math.min(MASKS_AT_ONCE, Math.max(1, masks.length))));
  for (const { from, to } of splitCoordinates(words.length, Math.ceil(words.length / width))) {
    for (let first = 0; first < masks.length; first += MASKS_AT_ONCE) {
      const some = masks.slice(first, first + MASKS_AT_ONCE);
      applyMasks(words.subarray(from, to), some, { ringBits, from: part.from + from });
      await nextTurn();
    }
  }
}

/** The threads live as long as this call: nothing of them is left between two rounds. */
async function applyOnThreads(
  sum: Uint32Array,
  ring: MasksOfRing,
  count: number,
  { start = (limit) => new UnmaskingThreads(limit), onThreadFailure }: UnmaskingOptions,
): Promise<void> {
  const threads = start(count);
  const failed: CoordinateRange[] = [];
  try {
    await Promise.all(
      splitCoordinates(sum.length, partsFor(sum.length, count)).map(async ({ from, to }) => {
        try {
          sum.set(await threads.apply({ words: sum.subarray(from, to), from, ...ring }), from);
        } catch (error) {
          // A thread has a copy, so that the part is as it was.
          if (failed.push({ from, to }) === 1) onThreadFailure?.(error);
        }
      }),
    );
  } finally {
    await threads.close();
  }
  // One after another: side by side, their parts would all have the same turn.
  for (const { from, to } of failed) await applyInTurns(sum.subarray(from, to), { ...ring, from });
}
