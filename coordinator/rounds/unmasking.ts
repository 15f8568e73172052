import { setImmediate as nextTurn } from 'node:timers/promises';

import { applyMasks, masksOf, splitCoordinates } from '../../crypto/index.js';
import type { UnmaskingPlan } from '../../crypto/index.js';

/** Masks that are taken out side by side; more would not make it faster. */
const MASKS_AT_ONCE = 64;
/** Words of mask made between two turns of the event loop: some ten milliseconds of work. */
const WORDS_A_TURN = 8 * 1024 * 1024;

/**
 * Takes every mask of the plan out of the sum, in place, by parts of the vector and of the plan: other calls get their
 * turn in between, however many masks there are. The result does not depend on the parts.
 *
 * @param sum d words, the sum of U3's masked vectors; Σ x mod 2^w is left
 * @param ringBits w
 */
export async function unmaskSum(sum: Uint32Array, plan: UnmaskingPlan, ringBits: number): Promise<void> {
  const masks = masksOf(plan);
  const width = Math.max(1, Math.floor(WORDS_A_TURN / Math.min(MASKS_AT_ONCE, Math.max(1, masks.length))));
  for (const { from, to } of splitCoordinates(sum.length, Math.ceil(sum.length / width))) {
    const part = sum.subarray(from, to);
    for (let first = 0; first < masks.length; first += MASKS_AT_ONCE) {
      applyMasks(part, masks.slice(first, first + MASKS_AT_ONCE), { ringBits, from });
      await nextTurn();
    }
  }
}
