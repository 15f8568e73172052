import type { PairAttributes } from '../reranker/index.js';
import { dot } from '../text/index.js';
import type { TextIndex } from '../text/index.js';
import { commonPartners, neighbourPlaces, smoothedCounts } from './neighbourhood.js';
import type { FeatureRows } from './poisson-regression.js';
import { lowerItems } from './support.js';
import type { PairSupport } from './support.js';
import { symmetric } from './symmetric.js';

const POPULARITY_OFFSET = 0.3;
const SMOOTHED_SCALE = 4;
/** A cell counts for others as this many units at most. */
const MOST_COUNTED = 5;
/** Place of an item that is not among the other's nearest. */
const UNLISTED = 60;

const at = (array: ArrayLike<number>, index: number): number => array[index] ?? 0;

/** From which count on a cell stands out of the noise: K units at K ≤ 2, else 2. */
const standsOut = (l1Bound: number): number => Math.min(l1Bound, 2);

/** Features whose squares stand beside them: all but the likenesses of brand and category. */
const CURVED = [0, 1, 2, 3, 4, 5, 6] as const;
/** Products that do: of similarity, of the two popularities, of smoothed counts and common partners. */
const PRODUCTS = [
  [0, 1],
  [0, 2],
  [1, 2],
  [0, 3],
  [5, 1],
  [5, 2],
  [0, 5],
  [6, 1],
] as const;
const [LARGEST_SQUARE, LARGEST_PRODUCT] = [9, 6];
const SMALLEST_DEVIATION = 1e-6;

/**
 * What public texts and the rest of a release say about each cell (a, b), standardised: text similarity; ln popularity of
 * the rarer and of the more popular item, by the release's own row sums; places among each other's nearest; counts of
 * similar pairs; common partners; same brand; same category at four depths; then squares and products of some. A cell's own
 * count, and so its noise, is in none of its features.
 * @param counts noisy counts, one a cell
 */
export function cellFeatures(
  support: PairSupport,
  counts: ArrayLike<number>,
  parts: { readonly text: TextIndex; readonly attributes: PairAttributes; readonly l1Bound: number },
): FeatureRows {
  const { text, attributes, l1Bound } = parts;
  const { higher } = support;
  const lower = lowerItems(support);
  const least = standsOut(l1Bound);
  const clear = Float64Array.from(higher, (_, cell) => (at(counts, cell) < least ? 0 : at(counts, cell)));
  const popularity = rowSums(support, lower, clear);
  const logPopularity = (items: Int32Array): Float64Array =>
    Float64Array.from(items, (item, cell) =>
      Math.log((at(popularity, item) - at(clear, cell)) / 2 + POPULARITY_OFFSET),
    );
  const [ofLower, ofHigher] = [logPopularity(lower), logPopularity(higher)];
  const { nearer, farther } = neighbourPlaces(support, text, UNLISTED);
  const counted = symmetric(
    support,
    clear.map((count) => Math.min(count, MOST_COUNTED)),
  );
  const alike = (codes: Int32Array): Float64Array =>
    Float64Array.from(higher, (item, cell) => {
      const code = at(codes, item);
      return code >= 0 && code === at(codes, at(lower, cell)) ? 1 : 0;
    });
  const columns = [
    similarities(text, lower, higher),
    ofLower.map((value, cell) => Math.min(value, at(ofHigher, cell))),
    ofLower.map((value, cell) => Math.max(value, at(ofHigher, cell))),
    nearer.map(Math.log),
    farther.map(Math.log),
    smoothedCounts(support, counted, text).map((value) => Math.log1p(SMOOTHED_SCALE * value)),
    commonPartners(support, counted).map(Math.log1p),
    alike(attributes.brand),
    ...attributes.category.map(alike),
  ];
  columns.forEach(standardise);
  return bent(columns);
}

/** The columns as rows, with squares and products, which are kept from reaching far, behind them. */
function bent(columns: readonly Float64Array[]): FeatureRows {
  const width = columns.length + CURVED.length + PRODUCTS.length;
  const cells = columns[0]?.length ?? 0;
  const values = new Float32Array(cells * width);
  const product = (cell: number, one: number, other: number): number =>
    at(columns[one] ?? [], cell) * at(columns[other] ?? [], cell);
  for (let cell = 0; cell < cells; cell += 1) {
    let place = cell * width;
    for (const column of columns) values[place++] = at(column, cell);
    for (const index of CURVED) values[place++] = Math.min(LARGEST_SQUARE, product(cell, index, index));
    for (const [one, other] of PRODUCTS)
      values[place++] = Math.max(-LARGEST_PRODUCT, Math.min(LARGEST_PRODUCT, product(cell, one, other)));
  }
  return { width, values };
}

/** What is counted with each item. */
function rowSums({ items, higher }: PairSupport, lower: Int32Array, clear: Float64Array): Float64Array {
  const sums = new Float64Array(items);
  clear.forEach((count, cell) => {
    for (const item of [at(lower, cell), at(higher, cell)]) sums[item] = at(sums, item) + count;
  });
  return sums;
}

function similarities({ vectors, dimensions }: TextIndex, lower: Int32Array, higher: Int32Array): Float64Array {
  return Float64Array.from(higher, (item, cell) =>
    dot(vectors, at(lower, cell) * dimensions, vectors, item * dimensions, dimensions),
  );
}

/** A column less its mean, over its standard deviation; in place. */
function standardise(column: Float64Array): void {
  const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
  const square = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length;
  const deviation = Math.sqrt(square) + SMALLEST_DEVIATION;
  column.forEach((value, cell) => (column[cell] = (value - mean) / deviation));
}
