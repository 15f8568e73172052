import type { SparseMatrix } from '../mix/index.js';
import type { TextIndex } from '../text/index.js';
import { cellOf, lowerItems } from './support.js';
import type { PairSupport } from './support.js';

/** Items whose counts are averaged for an item's own. */
const SMOOTHED_NEIGHBOURS = 15;
const SMALLEST_TOTAL = 1e-6;

const at = (array: ArrayLike<number>, index: number): number => array[index] ?? 0;

/**
 * At which place each item of a cell lists the other among its nearest by text, from 1.
 * @param unlisted where it does not
 * @returns for every cell the smaller and the greater of the two places
 */
export function neighbourPlaces(
  support: PairSupport,
  text: TextIndex,
  unlisted: number,
): { readonly nearer: Float64Array; readonly farther: Float64Array } {
  const { count, indices } = text.neighbours;
  const ofLower = new Float64Array(support.higher.length).fill(unlisted);
  const ofHigher = ofLower.slice();
  for (let item = 0; item < support.items; item += 1)
    for (let place = 0; place < count; place += 1) {
      const other = at(indices, item * count + place);
      const cell = cellOf(support, item, other);
      if (cell >= 0) (item < other ? ofLower : ofHigher)[cell] = place + 1;
    }
  return {
    nearer: ofLower.map((place, cell) => Math.min(place, at(ofHigher, cell))),
    farther: ofLower.map((place, cell) => Math.max(place, at(ofHigher, cell))),
  };
}

/**
 * For every cell (a, b) what is counted between b and the items nearest to a, averaged by their similarity to a, plus the
 * same with a and b exchanged. The cell's own count has no part in it.
 * @param counted symmetric, empty diagonal, not negative
 * @returns no value below 0
 */
export function smoothedCounts(support: PairSupport, counted: SparseMatrix, text: TextIndex): Float64Array {
  const { count, indices, similarities } = text.neighbours;
  const used = Math.min(SMOOTHED_NEIGHBOURS, count);
  const sums = new Float64Array(support.higher.length);
  const lower = lowerItems(support);
  const withHigher = cellsByHigher(support);
  const row = new Float64Array(support.items);
  for (let item = 0; item < support.items; item += 1) {
    const near = Array.from({ length: used }, (_, place) => item * count + place);
    const total = near.reduce((sum, place) => sum + likeness(at(similarities, place)), SMALLEST_TOTAL);
    row.fill(0);
    for (const place of near) {
      const other = at(indices, place);
      const weight = likeness(at(similarities, place)) / total;
      for (let entry = at(counted.starts, other); entry < at(counted.starts, other + 1); entry += 1)
        row[at(counted.indices, entry)] = at(row, at(counted.indices, entry)) + weight * at(counted.values, entry);
    }
    for (let cell = at(support.rowStart, item); cell < at(support.rowStart, item + 1); cell += 1)
      sums[cell] = at(sums, cell) + at(row, at(support.higher, cell));
    for (const cell of withHigher(item)) sums[cell] = at(sums, cell) + at(row, at(lower, cell));
  }
  return sums;
}

/** A similarity as a weight: in a small catalogue the nearest items may have less than nothing in common. */
const likeness = (similarity: number): number => Math.max(0, similarity);

/** The cells whose higher item is the one asked for. */
function cellsByHigher({ items, higher }: PairSupport): (item: number) => Int32Array {
  const starts = new Int32Array(items + 1);
  for (const item of higher) starts[item + 1] = at(starts, item + 1) + 1;
  for (let item = 0; item < items; item += 1) starts[item + 1] = at(starts, item + 1) + at(starts, item);
  const next = starts.slice();
  const cells = new Int32Array(higher.length);
  higher.forEach((item, cell) => {
    cells[at(next, item)] = cell;
    next[item] = at(next, item) + 1;
  });
  return (item) => cells.subarray(at(starts, item), at(starts, item + 1));
}

/** For every cell (a, b) how many items are counted with a and with b. The cell's own count has no part in it. */
export function commonPartners(support: PairSupport, counted: SparseMatrix): Float64Array {
  const common = new Float64Array(support.higher.length);
  const partnerOf = new Int32Array(support.items).fill(-1);
  for (let item = 0; item < support.items; item += 1) {
    for (let entry = at(counted.starts, item); entry < at(counted.starts, item + 1); entry += 1)
      partnerOf[at(counted.indices, entry)] = item;
    for (let cell = at(support.rowStart, item); cell < at(support.rowStart, item + 1); cell += 1) {
      const other = at(support.higher, cell);
      for (let entry = at(counted.starts, other); entry < at(counted.starts, other + 1); entry += 1)
        if (partnerOf[at(counted.indices, entry)] === item) common[cell] = at(common, cell) + 1;
    }
  }
  return common;
}
