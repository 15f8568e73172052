import type { TextIndex } from '../text/index.js';

/**
 * Unordered pairs of items (a < b), sorted by (a, b): the cells of the counts statistic. Public, the same at every
 * merchant of a catalogue.
 */
export interface PairSupport {
  /** Items of the catalogue. */
  readonly items: number;
  /** items + 1 offsets: the pairs whose lower item is a are the cells rowStart[a] … rowStart[a + 1] − 1. */
  readonly rowStart: Int32Array;
  /** The higher item of every cell, ascending within a row. */
  readonly higher: Int32Array;
}

/** How near two items must be by text: either among the other's top M. */
export const SUPPORT_NEIGHBOURS = 50;

const at = (array: ArrayLike<number>, index: number): number => array[index] ?? 0;

/**
 * The pairs of which either item is among the other's `nearest` nearest by text.
 * @param nearest M, at most as many as the index keeps. @default 50
 */
export function textNeighbourPairs(index: TextIndex, nearest: number = SUPPORT_NEIGHBOURS): PairSupport {
  const { count, indices } = index.neighbours;
  const used = Math.min(nearest, count);
  const { items } = index;
  const sizes = new Int32Array(items + 1);
  const eachPair = (visit: (lower: number, higher: number) => void): void => {
    for (let item = 0; item < items; item += 1)
      for (let rank = 0; rank < used; rank += 1) {
        const other = at(indices, item * count + rank);
        visit(Math.min(item, other), Math.max(item, other));
      }
  };
  eachPair((lower) => (sizes[lower + 1] = at(sizes, lower + 1) + 1));
  for (let row = 0; row < items; row += 1) sizes[row + 1] = at(sizes, row + 1) + at(sizes, row);
  const filled = sizes.slice();
  const listed = new Int32Array(at(sizes, items));
  eachPair((lower, higher) => {
    const cell = at(filled, lower);
    listed[cell] = higher;
    filled[lower] = cell + 1;
  });
  return withoutRepeats(items, sizes, listed);
}

/** Sorts every row and drops the second mention of pairs that name each other. */
function withoutRepeats(items: number, starts: Int32Array, listed: Int32Array): PairSupport {
  const rowStart = new Int32Array(items + 1);
  let kept = 0;
  for (let row = 0; row < items; row += 1) {
    const sorted = listed.subarray(at(starts, row), at(starts, row + 1)).sort();
    let previous = -1;
    const first = at(starts, row);
    for (let position = 0; position < sorted.length; position += 1) {
      const higher = at(listed, first + position);
      if (higher === previous) continue;
      previous = higher;
      listed[kept] = higher;
      kept += 1;
    }
    rowStart[row + 1] = kept;
  }
  return { items, rowStart, higher: listed.slice(0, kept) };
}

/**
 * A support from explicit pairs, as a released model carries them.
 * @param lower ascending; `higher` ascending within equal `lower`
 * @throws RangeError unless the pairs are a < b < items, sorted and distinct
 */
export function supportFromPairs(items: number, lower: ArrayLike<number>, higher: Int32Array): PairSupport {
  const rowStart = new Int32Array(items + 1);
  for (let cell = 0; cell < higher.length; cell += 1) {
    const [a, b] = [at(lower, cell), at(higher, cell)];
    const [previousA, previousB] = cell === 0 ? [-1, -1] : [at(lower, cell - 1), at(higher, cell - 1)];
    if (a < 0 || a >= b || b >= items || a < previousA || (a === previousA && b <= previousB))
      throw new RangeError(`Pair ${cell} (${a}, ${b}) is out of range or order.`);
    rowStart[a + 1] = at(rowStart, a + 1) + 1;
  }
  for (let row = 0; row < items; row += 1) rowStart[row + 1] = at(rowStart, row + 1) + at(rowStart, row);
  return { items, rowStart, higher };
}

/** The lower item of every cell. */
export function lowerItems(support: PairSupport): Int32Array {
  const lower = new Int32Array(support.higher.length);
  for (let row = 0; row < support.items; row += 1)
    lower.fill(row, at(support.rowStart, row), at(support.rowStart, row + 1));
  return lower;
}

/** The cell of an unordered pair; −1 when it is not in the support. */
export function cellOf(support: PairSupport, one: number, other: number): number {
  const lower = Math.min(one, other);
  const higher = Math.max(one, other);
  let from = at(support.rowStart, lower);
  let to = at(support.rowStart, lower + 1) - 1;
  while (from <= to) {
    const middle = (from + to) >> 1;
    const found = at(support.higher, middle);
    if (found === higher) return middle;
    if (found < higher) from = middle + 1;
    else to = middle - 1;
  }
  return -1;
}
