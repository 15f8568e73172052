import { noiseMasses } from './noise.js';
import type { CountNoise } from './noise.js';

/**
 * How a shopper's units fall on one pair, as a public mix: entry j is the share of pairs that get j + 1 units. Pairs
 * alone in their history get both units when K = 2.
 * @throws RangeError unless K is 1 or 2, the bounds for which a mix is known
 */
export function publicUnitMix(l1Bound: number): readonly number[] {
  if (l1Bound === 1) return [1];
  if (l1Bound === 2) return [0.7, 0.3];
  throw new RangeError(`There is no public unit mix for K = ${l1Bound}; use 1 or 2.`);
}

/** Units of a pair on average under a mix: w̄. */
export function meanUnits(mix: readonly number[]): number {
  return mix.reduce((sum, share, index) => sum + share * (index + 1), 0);
}

/** Observed values of one release that the table covers; beyond them the posterior hardly moves. */
const LOWEST = -3;
const HIGHEST = 30;
const LARGEST_COUNT = 33;
const RATES = 60;
const SMALLEST_RATE = 1e-6;

/** P(k) of a compound Poisson for k = 0 … {@link LARGEST_COUNT}, by Panjer's recursion (1981). */
function compoundPoisson(rate: number, mix: readonly number[]): Float64Array {
  const masses = new Float64Array(LARGEST_COUNT + 1);
  masses[0] = Math.exp(-rate);
  for (let k = 1; k <= LARGEST_COUNT; k += 1) {
    let sum = 0;
    for (let j = 1; j <= Math.min(k, mix.length); j += 1) sum += j * (mix[j - 1] ?? 0) * (masses[k - j] ?? 0);
    masses[k] = (rate / k) * sum;
  }
  return masses;
}

/**
 * E[ln(1 + k / w̄) | y] for a true count k ~ compound Poisson(rate, mix) of one release, seen as y = n·k + noise in the
 * sum of n releases that the same shoppers contributed to.
 * @param likelihood noise masses by |z|, at least up to |y| + 33·n
 * @param releases n. @default 1
 */
export function posteriorMean(
  observed: number,
  rate: number,
  mix: readonly number[],
  likelihood: Float64Array,
  releases = 1,
): number {
  const prior = compoundPoisson(rate, mix);
  const unit = meanUnits(mix);
  let numerator = 0;
  let denominator = 0;
  for (let k = 0; k <= LARGEST_COUNT; k += 1) {
    const joint = (prior[k] ?? 0) * (likelihood[Math.abs(observed - releases * k)] ?? 0);
    numerator += joint * Math.log1p(k / unit);
    denominator += joint;
  }
  return denominator > 0 ? numerator / denominator : 0;
}

/**
 * {@link posteriorMean} of many cells, by a table over 60 rates (logarithmic, interpolated) and the observed values
 * −3·n … 30·n, to which values beyond are clamped.
 * @param observed noisy counts, one a cell
 * @param rates prior rate of every cell in one release, in pairs (not units), positive
 * @param releases n. @default 1
 */
export function posteriorMeans(
  observed: ArrayLike<number>,
  rates: Float64Array,
  mix: readonly number[],
  noise: CountNoise,
  releases = 1,
): Float64Array {
  const [lowest, highest] = [releases * LOWEST, releases * HIGHEST];
  const likelihood = noiseMasses(noise, releases * (LARGEST_COUNT - LOWEST));
  const logRates = rates.map((rate) => Math.log(Math.max(rate, SMALLEST_RATE)));
  const low = logRates.reduce((least, value) => Math.min(least, value), Infinity);
  const high = logRates.reduce((most, value) => Math.max(most, value), -Infinity);
  const step = Math.max(high - low, 1e-9) / (RATES - 1);
  const table = new Float64Array((highest - lowest + 1) * RATES);
  for (let value = lowest; value <= highest; value += 1)
    for (let column = 0; column < RATES; column += 1)
      table[(value - lowest) * RATES + column] = posteriorMean(
        value,
        Math.exp(low + column * step),
        mix,
        likelihood,
        releases,
      );
  const means = new Float64Array(rates.length);
  for (let cell = 0; cell < means.length; cell += 1) {
    const value = Math.min(highest, Math.max(lowest, Math.round(observed[cell] ?? 0)));
    const position = ((logRates[cell] ?? low) - low) / step;
    const column = Math.min(RATES - 2, Math.floor(position));
    const cellRow = (value - lowest) * RATES + column;
    const share = position - column;
    means[cell] = (table[cellRow] ?? 0) * (1 - share) + (table[cellRow + 1] ?? 0) * share;
  }
  return means;
}
