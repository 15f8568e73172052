import { GuildhallError } from '../../errors/index.js';

/**
 * Without noise, two sums over cohorts that differ in a few merchants show those merchants' difference. The same cohort
 * again is harmless: it is the same sum.
 * @param survivors U3 of the round about to be unmasked
 * @param earlier cohorts on the same model for which shares were revealed
 * @param floor fewest merchants by which two cohorts must differ
 * @throws GuildhallError ROUND_COHORT_TOO_CLOSE
 */
export function refuseCloseCohorts(
  survivors: readonly string[],
  earlier: readonly (readonly string[])[],
  floor: number,
): void {
  const now = new Set(survivors);
  for (const cohort of earlier) {
    const then = new Set(cohort);
    const difference =
      [...now].filter((name) => !then.has(name)).length + cohort.filter((name) => !now.has(name)).length;
    if (difference > 0 && difference < floor) {
      throw new GuildhallError(
        'ROUND_COHORT_TOO_CLOSE',
        `The survivors differ by ${difference} merchants from an earlier cohort on the same model, fewer than ${floor}.`,
      );
    }
  }
}
