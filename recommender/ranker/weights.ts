import { studentCumulative } from '../gate/index.js';
import { DEFAULT_WEIGHTS, ndcgOfTables, tuneWeights, tuningTables } from '../mix/index.js';
import type { Mix, MixWeights, TuningCase } from '../mix/index.js';

/** How improbable a gain as large must be by chance before tuned weights replace the defaults. */
export const GAIN_LEVEL = 0.1;
/** Below this many validation items nothing is tuned: a tenth of a percent of NDCG is all that 100 can tell apart. */
export const FEWEST_CASES = 100;
/** More cases make the choice no better, only slower. */
const MOST_CASES = 4000;

/** The weights that a merchant ranks with, and why. */
export interface ValidatedWeights {
  readonly weights: MixWeights;
  readonly source: 'defaults' | 'validation';
  /** Validation items that were looked at. */
  readonly cases: number;
  /** Mean NDCG@10 on the half that judged, with defaults and with tuned weights. */
  readonly ndcg10: { readonly defaults: number; readonly tuned: number };
  /** Probability of so great a gain if tuning brought nothing; 1 where nothing was tuned. */
  readonly pChance: number;
  /** The choice in one sentence. */
  readonly reason: string;
}

/**
 * Public default weights, or the merchant's own, whichever is safer: weights are tuned on every second validation item
 * and take the place of the defaults only when the other half shows a gain in a one-sided paired t-test at
 * {@link GAIN_LEVEL}. So tuning that would do harm passes in at most one case in ten, and noise alone no more often.
 *
 * @param mix must not have counted the cases' targets
 * @param cases validation items, never test items; at most 4,000 are looked at, spread evenly
 */
export function validateWeights(mix: Mix, cases: readonly TuningCase[]): ValidatedWeights {
  const defaults = { ...DEFAULT_WEIGHTS, federated: mix.weights.federated };
  const stride = Math.max(1, Math.ceil(cases.length / MOST_CASES));
  const sample = cases.filter((_, at) => at % stride === 0);
  if (sample.length < FEWEST_CASES) {
    return {
      weights: defaults,
      source: 'defaults',
      cases: sample.length,
      ndcg10: { defaults: 0, tuned: 0 },
      pChance: 1,
      reason: `Default weights: ${sample.length} validation items are too few to tune on; it takes ${FEWEST_CASES}.`,
    };
  }
  const half = (parity: number): TuningCase[] => sample.filter((_, at) => at % 2 === parity);
  const { weights } = tuneWeights(mix, half(0));
  const judged = tuningTables(mix, half(1));
  const before = ndcgOfTables(judged, defaults);
  const after = ndcgOfTables(judged, weights);
  const pChance = chanceOfGain(before, after);
  const ndcg10 = { defaults: mean(before), tuned: mean(after) };
  const tuned = pChance < GAIN_LEVEL;
  const figures = `NDCG@10 ${ndcg10.defaults.toFixed(4)} with defaults and ${ndcg10.tuned.toFixed(4)} tuned`;
  return {
    weights: tuned ? weights : defaults,
    source: tuned ? 'validation' : 'defaults',
    cases: sample.length,
    ndcg10,
    pChance,
    reason: tuned
      ? `Weights tuned on validation items: ${figures} on those that did not tune (p ${pChance.toFixed(3)}).`
      : `Default weights: ${figures} on validation items that did not tune, no proof of gain (p ${pChance.toFixed(2)}).`,
  };
}

/** One-sided p-value of a paired t-test for a mean difference above 0; 1 where nothing differs. */
function chanceOfGain(before: Float64Array, after: Float64Array): number {
  const differences = after.map((value, at) => value - (before[at] ?? 0));
  const average = mean(differences);
  const squares = differences.reduce((sum, value) => sum + (value - average) ** 2, 0);
  if (squares === 0 || differences.length < 2) return average > 0 ? 0 : 1;
  const error = Math.sqrt(squares / (differences.length - 1) / differences.length);
  return 1 - studentCumulative(average / error, differences.length - 1);
}

function mean(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
