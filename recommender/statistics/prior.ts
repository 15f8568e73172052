import { dot } from '../text/index.js';
import type { TextIndex } from '../text/index.js';
import { isotonic } from './isotonic.js';
import { lowerItems } from './support.js';
import type { PairSupport } from './support.js';

const BINS = 20;
/** Weight of text similarity, and of each item's log popularity, in the predictor of a cell's rate. */
const SIMILARITY_WEIGHT = 3;
const POPULARITY_WEIGHT = 0.85;
const POPULARITY_OFFSET = 0.3;
const SMALLEST_RATE = 2e-4;

const at = (array: ArrayLike<number>, index: number): number => array[index] ?? 0;

/**
 * How popular each item is by the release itself: half its row sum over cells that stand out of the noise (at K ≤ 2 those
 * of K units at least, else of 2).
 */
function releasedPopularity(
  support: PairSupport,
  lower: Int32Array,
  counts: ArrayLike<number>,
  l1Bound: number,
): Float64Array {
  const least = l1Bound <= 2 ? l1Bound : 2;
  const popularity = new Float64Array(support.items);
  for (let cell = 0; cell < lower.length; cell += 1) {
    const count = at(counts, cell);
    if (count < least) continue;
    for (const item of [at(lower, cell), at(support.higher, cell)]) popularity[item] = at(popularity, item) + count / 2;
  }
  return popularity;
}

function similarities({ vectors, dimensions }: TextIndex, lower: Int32Array, higher: Int32Array): Float64Array {
  const similarity = new Float64Array(lower.length);
  for (let cell = 0; cell < similarity.length; cell += 1)
    similarity[cell] = dot(vectors, at(lower, cell) * dimensions, vectors, at(higher, cell) * dimensions, dimensions);
  return similarity;
}

/** First position of `sorted` whose value exceeds `value`. */
function upperBound(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (at(sorted, middle) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

function interpolate(x: number, positions: Float64Array, values: Float64Array): number {
  const right = upperBound(positions, x);
  if (right === 0) return at(values, 0);
  if (right >= positions.length) return at(values, positions.length - 1);
  const [from, to] = [at(positions, right - 1), at(positions, right)];
  return at(values, right - 1) + ((at(values, right) - at(values, right - 1)) * (x - from)) / (to - from);
}

/** Means of `counts` over bins of equal size along the predictor, at the bins' middles; both rise along the bins. */
function binned(predictor: Float64Array, counts: ArrayLike<number>): { middles: Float64Array; rates: Float64Array } {
  const sorted = predictor.slice().sort();
  const edges = Float64Array.from({ length: BINS - 1 }, (_, bin) =>
    at(sorted, Math.floor(((bin + 1) * sorted.length) / BINS)),
  );
  const sums = new Float64Array(BINS);
  const sizes = new Float64Array(BINS);
  for (let cell = 0; cell < predictor.length; cell += 1) {
    const bin = upperBound(edges, at(predictor, cell));
    sums[bin] = at(sums, bin) + at(counts, cell);
    sizes[bin] = at(sizes, bin) + 1;
  }
  const filled = Array.from({ length: BINS }, (_, bin) => bin).filter((bin) => at(sizes, bin) > 0);
  const means = filled.map((bin) => at(sums, bin) / at(sizes, bin));
  const weights = filled.map((bin) => at(sizes, bin));
  const middles = filled.map((bin) => at(sorted, Math.floor(((bin + 0.5) * sorted.length) / BINS)));
  return { middles: Float64Array.from(middles), rates: isotonic(means, weights) };
}

/**
 * Prior rate of every cell before its own count is looked at: noisy counts averaged over 20 bins of
 * 3 · similarity + .85 · (ln p_a + ln p_b), made non-decreasing, and interpolated between the bins. Post-processing of
 * the release.
 * @param counts noisy counts, one a cell
 * @param terms.unit units of a pair on average: rates come out in pairs
 */
export function priorRates(
  support: PairSupport,
  counts: ArrayLike<number>,
  text: TextIndex,
  terms: { readonly l1Bound: number; readonly unit: number },
): Float64Array {
  if (support.higher.length === 0) return new Float64Array();
  const lower = lowerItems(support);
  const popularity = releasedPopularity(support, lower, counts, terms.l1Bound);
  const logPopularity = popularity.map((value) => Math.log(value + POPULARITY_OFFSET));
  const predictor = similarities(text, lower, support.higher).map(
    (similarity, cell) =>
      SIMILARITY_WEIGHT * similarity +
      POPULARITY_WEIGHT * (at(logPopularity, at(lower, cell)) + at(logPopularity, at(support.higher, cell))),
  );
  const { middles, rates } = binned(predictor, counts);
  const floored = rates.map((rate) => Math.max(rate / terms.unit, SMALLEST_RATE));
  return predictor.map((value) => interpolate(value, middles, floored));
}
