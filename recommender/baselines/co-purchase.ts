import { SparseBuilder } from '../mix/index.js';
import type { SparseMatrix } from '../mix/index.js';

/**
 * Cosine of items' sets of shoppers: shoppers of both ÷ √(shoppers of one · shoppers of the other) (Sarwar et al. 2001,
 * on binary purchases). Symmetric; the diagonal, 1 everywhere, is left out, so that an item never recommends itself.
 */
export function shopperCosine(histories: readonly Int32Array[], items: number): SparseMatrix {
  const together = new SparseBuilder(items, items, 1 << 16);
  const shoppers = new Float64Array(items);
  for (const history of histories) {
    const distinct = Array.from(new Set(history));
    for (const item of distinct) {
      shoppers[item] = (shoppers[item] ?? 0) + 1;
      for (const other of distinct) if (other !== item) together.add(item, other, 1);
    }
  }
  const counts = together.build();
  const values = counts.values.slice();
  for (let row = 0; row < items; row++) {
    for (let at = counts.starts[row] ?? 0; at < (counts.starts[row + 1] ?? 0); at++) {
      const other = counts.indices[at] ?? 0;
      values[at] = (values[at] ?? 0) / Math.sqrt((shoppers[row] ?? 1) * (shoppers[other] ?? 1));
    }
  }
  return { ...counts, values };
}

/** How often `column` came right after `row`, an item after itself included, for repeat purchases are a signal too. */
export function transitionCounts(histories: readonly Int32Array[], items: number): SparseMatrix {
  const counts = new SparseBuilder(items, items);
  for (const history of histories) {
    for (let at = 1; at < history.length; at++) counts.add(history[at - 1] ?? 0, history[at] ?? 0, 1);
  }
  return counts.build();
}
