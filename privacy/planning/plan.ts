/**
 * What a federation can expect of a budget before its first round: how much noise an ε needs over a schedule of equal
 * Gaussian rounds, and how large that noise is beside what the shoppers contribute.
 *
 * The relative error of one round is the standard deviation of one coordinate of the noisy mean, over the clip norm C that
 * bounds any shopper's contribution. With N shoppers in all, sampled at rate q, the mean's denominator is qN, so noise of
 * multiplier z alone gives z/(qN). Distribution costs more: each of the n merchants draws for the fewest honest survivors,
 * U_min − c, so a sum over u survivors carries √(u/(U_min − c)) times the noise, and only u/n of the shoppers.
 */
import { advantageAtMost } from '../accounting/advantage.js';
import { calibrateNoiseMultiplier } from '../accounting/calibration.js';
import type { GaussianEvent } from '../accounting/events.js';
import { pldEpsilon } from '../accounting/pld.js';
import { epsilonOf } from '../accounting/rdp.js';

/** A federation and its budget. */
export interface PlanGoal {
  /** N: shoppers of all merchants together. */
  readonly shoppers: number;
  /** n. */
  readonly merchants: number;
  /** U_min: fewest merchants in a sum that is opened. */
  readonly minimumSurvivors: number;
  /** c: colluding merchants tolerated; below U_min. */
  readonly colluders: number;
  /** ε of all rounds, by Rényi divergences: what a merchant's budget is held against. */
  readonly epsilon: number;
  readonly delta: number;
  readonly rounds: number;
  /** q in (0, 1] to plan for. */
  readonly samplingRates: readonly number[];
}

/** One sampling rate's figures. */
export interface PlanRow {
  readonly samplingRate: number;
  /** z of the worst-case sum. */
  readonly noiseMultiplier: number;
  /** Of all rounds: enforced, and by loss distributions beside. */
  readonly rdp: number;
  readonly pld: number;
  readonly advantage: number;
  /** As if one trusted party drew the noise once: z/(qN). */
  readonly centralError: number;
  /** With every merchant in the sum. */
  readonly relativeError: number;
  /** With the fewest merchants that are accepted. */
  readonly worstError: number;
  /** With every merchant in the sum, where each adds all of the noise itself and none is shared: z√n/(qN). */
  readonly localError: number;
}

/**
 * A row for each sampling rate, in the order given.
 * @throws RangeError for impossible rosters; GuildhallError CALIBRATION_IMPOSSIBLE
 */
export function planRounds(goal: PlanGoal): PlanRow[] {
  const { shoppers, merchants, minimumSurvivors, colluders, epsilon, delta, rounds } = goal;
  const honest = minimumSurvivors - colluders;
  if (!(honest >= 1 && minimumSurvivors <= merchants)) {
    throw new RangeError(
      `${minimumSurvivors} survivors of ${merchants} merchants with ${colluders} colluders cannot be`,
    );
  }
  return goal.samplingRates.map((samplingRate) => {
    const noiseMultiplier = calibrateNoiseMultiplier({ epsilon, delta, samplingRate, steps: rounds });
    const event: GaussianEvent = { kind: 'gaussian', noiseMultiplier, samplingRate, steps: rounds };
    const centralError = noiseMultiplier / (samplingRate * shoppers);
    const errorOf = (survivors: number): number =>
      (centralError * Math.sqrt(survivors / honest) * merchants) / survivors;
    return {
      samplingRate,
      noiseMultiplier,
      rdp: epsilonOf([event], delta),
      pld: pldEpsilon([event], delta),
      advantage: advantageAtMost([event]),
      centralError,
      relativeError: errorOf(merchants),
      worstError: errorOf(minimumSurvivors),
      localError: centralError * Math.sqrt(merchants),
    };
  });
}
