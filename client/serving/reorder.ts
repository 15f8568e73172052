import { fullLists, scoreLists } from '../../recommender/index.js';
import type { Engine, Merchant, Mix, RankedItem, Reranker } from '../../recommender/index.js';

/** How a re-ranker orders the top of a mix. */
export interface ReorderParts {
  readonly engine: Engine;
  readonly merchant: Merchant;
  readonly mix: Mix;
  readonly reranker: Reranker;
  /** Whose choices taught the re-ranker: the federation's shoppers, or those of public catalogues. */
  readonly source: 'federation' | 'public';
}

/** A result, and whether the re-ranker placed it higher than the mix had. */
export interface ReorderedItem extends RankedItem {
  readonly raised: boolean;
}

/** The mix's results for a history in the re-ranker's order; what its list of 60 does not hold stays behind, in order. */
export function reorder(parts: ReorderParts, history: Int32Array, results: readonly RankedItem[]): ReorderedItem[] {
  const { engine, merchant, mix, reranker } = parts;
  const lists = Array.from(fullLists(mix, merchant.attributes, [{ history, target: -1 }]));
  const [logits] = scoreLists(engine, reranker, lists);
  const logitOf = new Map(Array.from(lists[0]?.items ?? [], (item, place) => [item, logits?.[place] ?? -Infinity]));
  const before = new Map(results.map(({ item }, place) => [item, place]));
  return results
    .map((result) => ({ result, logit: logitOf.get(result.item) ?? -Infinity }))
    .sort((a, b) => (a.logit === b.logit ? 0 : b.logit - a.logit))
    .map(({ result }, place) => ({ ...result, raised: place < (before.get(result.item) ?? place) }));
}
