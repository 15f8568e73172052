import { GuildhallError } from '../errors/index.js';
import { estimateCounts, lowerItems, pairAttributes, supportFromPairs } from '../recommender/index.js';
import type { Catalogue, LinearReranker, MlpReranker, SparseMatrix, TextIndex } from '../recommender/index.js';
import type { NeighbourCountsModel } from '../proto/index.js';
import type { ModelKind } from './model.js';
import { checkedRelease } from './tasks/counts-release.js';
import { itemsInModel, supportOf } from './tasks/neighbour-counts.js';
import { linearOf } from './tasks/reranker-newton.js';

/**
 * The re-ranker that a model holds; undefined for models of another kind.
 * @throws GuildhallError MODEL_MALFORMED
 */
export function rerankerOf(model: ModelKind): LinearReranker | MlpReranker | undefined {
  switch (model.$case) {
    case 'linearReranker':
      return linearOf(model.value);
    case 'mlpReranker': {
      const { parameters, servingWeight } = model.value;
      return { kind: 'mlp', parameters: Float32Array.from(parameters), servingWeight };
    }
    case 'neighbourCounts':
    case 'itemCounts':
    case 'tower':
      return undefined;
  }
}

/**
 * What a counts release says about the pairs of one merchant's catalogue: the mix's federated term. Pairs with an item
 * that the merchant does not sell are left out.
 * @returns undefined before the first release
 * @throws GuildhallError MODEL_MALFORMED for pairs out of range or order, or a release that no round gives
 */
export function releasedCounts(
  model: NeighbourCountsModel,
  catalogue: Catalogue,
  text: TextIndex,
): SparseMatrix | undefined {
  const release = checkedRelease(model, model.second.length);
  if (release === undefined) return undefined;
  const cells = cellsAtMerchant(model, catalogue);
  const support = supportFromPairs(
    catalogue.items.length,
    cells.map(({ lower }) => lower),
    Int32Array.from(cells, ({ higher }) => higher),
  );
  const counts = cells.map(({ count }) => count);
  const { l1Bound, alpha, noiseShape: shape, releases } = release;
  const atMerchant = { support, counts, l1Bound, releases, ...(alpha > 0 ? { noise: { alpha, shape } } : {}) };
  try {
    return estimateCounts(atMerchant, { text, attributes: pairAttributes(catalogue) });
  } catch (cause) {
    throw new GuildhallError('MODEL_MALFORMED', `Counts with K = ${l1Bound} cannot be read.`, { cause });
  }
}

interface Cell {
  readonly lower: number;
  readonly higher: number;
  readonly count: number;
}

/** The model's cells in the merchant's item numbers, in the order that a support has. */
function cellsAtMerchant(model: NeighbourCountsModel, catalogue: Catalogue): Cell[] {
  const support = supportOf(model);
  const atMerchant = new Int32Array(model.itemIds.length).fill(-1);
  itemsInModel(catalogue, model).forEach((inModel, item) => {
    if (inModel >= 0) atMerchant[inModel] = item;
  });
  const lower = lowerItems(support);
  const cells: Cell[] = [];
  for (let cell = 0; cell < lower.length; cell++) {
    const one = atMerchant[lower[cell] ?? 0] ?? -1;
    const other = atMerchant[support.higher[cell] ?? 0] ?? -1;
    if (one < 0 || other < 0) continue;
    cells.push({ lower: Math.min(one, other), higher: Math.max(one, other), count: model.counts[cell] ?? 0 });
  }
  return cells.sort((a, b) => a.lower - b.lower || a.higher - b.higher);
}
