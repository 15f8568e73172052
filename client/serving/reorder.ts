import { LIST_POOL, listOfPool, scoreLists } from '../../recommender/index.js';
import type { Arrangement, Engine, Mix, PairAttributes, Reranker } from '../../recommender/index.js';

/** How a re-ranker orders the top of a mix. */
export interface ReorderParts {
  readonly engine: Engine;
  readonly attributes: PairAttributes;
  readonly mix: Mix;
  readonly reranker: Reranker;
  /** Whose choices taught the re-ranker: the federation's shoppers, or those of public catalogues. */
  readonly source: 'federation' | 'public';
}

/**
 * The order that a re-ranker gives the mix's best for a history: its first 60 that are new to the shopper come in the
 * re-ranker's order. What stands further down keeps its place, and so do purchases that come again.
 */
export function rerankerOrder(parts: ReorderParts, history: Int32Array): Arrangement {
  const { engine, attributes, mix, reranker } = parts;
  const placesOf = (items: Int32Array): number[] => {
    const fresh = Array.from(items.keys()).filter((place) => !history.includes(items[place] ?? -1));
    const pool = Int32Array.from(fresh, (place) => items[place] ?? 0);
    const list = listOfPool(mix, attributes, history, pool);
    const [logits = new Float32Array()] = scoreLists(engine, reranker, [list]);
    const moved = fresh.slice(0, list.items.length);
    const order = Array.from(moved.keys()).sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0));
    const places = Array.from(items.keys());
    moved.forEach((place, at) => (places[place] = moved[order[at] ?? at] ?? place));
    return places;
  };
  return { depth: LIST_POOL, placesOf };
}
