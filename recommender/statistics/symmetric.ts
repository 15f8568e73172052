import type { SparseMatrix } from '../mix/index.js';
import { lowerItems } from './support.js';
import type { PairSupport } from './support.js';

/**
 * Values of the cells as a symmetric matrix, items × items; cells of value 0 are left out.
 * @param values one a cell
 */
export function symmetric(support: PairSupport, values: ArrayLike<number>): SparseMatrix {
  const { items, higher } = support;
  const lower = lowerItems(support);
  const starts = new Int32Array(items + 1);
  const eachEntry = (visit: (row: number, column: number, value: number) => void): void => {
    // Cells rise by (lower, higher): visiting (higher, lower) entries first fills every row in ascending columns.
    for (const side of ['below', 'above'] as const)
      for (let cell = 0; cell < higher.length; cell += 1) {
        const value = values[cell] ?? 0;
        const [low, high] = [lower[cell] ?? 0, higher[cell] ?? 0];
        if (value !== 0) visit(side === 'below' ? high : low, side === 'below' ? low : high, value);
      }
  };
  eachEntry((row) => (starts[row + 1] = (starts[row + 1] ?? 0) + 1));
  for (let row = 0; row < items; row += 1) starts[row + 1] = (starts[row + 1] ?? 0) + (starts[row] ?? 0);
  const next = starts.slice();
  const indices = new Int32Array(starts[items] ?? 0);
  const entries = new Float32Array(indices.length);
  eachEntry((row, column, value) => {
    const position = next[row] ?? 0;
    indices[position] = column;
    entries[position] = value;
    next[row] = position + 1;
  });
  return { rows: items, columns: items, starts, indices, values: entries };
}
