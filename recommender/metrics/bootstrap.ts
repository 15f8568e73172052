import { uniformBelow } from '../random.js';
import type { RandomSource } from '../random.js';

/** A mean with its percentile interval. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** How an interval is drawn. */
export interface BootstrapOptions {
  readonly random: RandomSource;
  /** @default 1000 */
  readonly resamples?: number;
  /** Coverage of the interval, in (0, 1). @default 0.95 */
  readonly coverage?: number;
}

/**
 * Percentile bootstrap (Efron 1979) of the mean difference of two metrics measured on the same shoppers: shoppers are
 * drawn again with both of their values, so what makes a shopper easy or hard for both cancels.
 *
 * @throws RangeError when the two lists differ in length or are empty
 */
export function pairedBootstrap(
  before: readonly number[],
  after: readonly number[],
  options: BootstrapOptions,
): Interval {
  if (before.length !== after.length || before.length === 0) {
    throw new RangeError(`Paired values need equal, positive lengths, not ${before.length} and ${after.length}.`);
  }
  const differences = Float64Array.from(after, (value, shopper) => value - (before[shopper] ?? 0));
  return bootstrapMean(differences, options);
}

/** Percentile bootstrap of a mean. @throws RangeError for no values, or a coverage outside (0, 1) */
export function bootstrapMean(values: ArrayLike<number>, options: BootstrapOptions): Interval {
  const { random, resamples = 1000, coverage = 0.95 } = options;
  if (values.length === 0) throw new RangeError('There is no mean of no values.');
  if (!(coverage > 0 && coverage < 1)) throw new RangeError(`A coverage of ${coverage} is not between 0 and 1.`);
  const means = new Float64Array(resamples);
  for (let resample = 0; resample < resamples; resample++) {
    let sum = 0;
    for (let draw = 0; draw < values.length; draw++) sum += values[uniformBelow(random, values.length)] ?? 0;
    means[resample] = sum / values.length;
  }
  means.sort();
  let total = 0;
  for (let at = 0; at < values.length; at++) total += values[at] ?? 0;
  const tail = (1 - coverage) / 2;
  return { mean: total / values.length, low: quantile(means, tail), high: quantile(means, 1 - tail) };
}

/** The quantile of ascending values by linear interpolation between order statistics. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] ?? 0;
  return low + (place - below) * ((sorted[below + 1] ?? low) - low);
}
