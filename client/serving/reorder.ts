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

/**
 * The mix's results for a history in the re-ranker's order. What its list of 60 does not hold keeps its place: items
 * further down, and purchases that come again, which no list has.
 */
export function reorder(parts: ReorderParts, history: Int32Array, results: readonly RankedItem[]): ReorderedItem[] {
  const { engine, merchant, mix, reranker } = parts;
  const lists = Array.from(fullLists(mix, merchant.attributes, [{ history, target: -1 }]));
  const [logits] = scoreLists(engine, reranker, lists);
  const logitOf = new Map(Array.from(lists[0]?.items ?? [], (item, place) => [item, logits?.[place] ?? 0]));
  const before = new Map(results.map(({ item }, place) => [item, place]));
  const listed = results.filter(({ item }) => logitOf.has(item));
  const ordered = listed.sort((a, b) => (logitOf.get(b.item) ?? 0) - (logitOf.get(a.item) ?? 0)).values();
  return results
    .map((result) => (logitOf.has(result.item) ? (ordered.next().value ?? result) : result))
    .map((result, place) => ({ ...result, raised: place < (before.get(result.item) ?? place) }));
}
