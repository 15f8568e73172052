import type { Engine } from '../engine/index.js';
import { leaveOneOut, tiedRankOf } from '../metrics/index.js';
import type { TiedRank } from '../metrics/index.js';
import type { Mix } from '../mix/index.js';
import { fullLists, scoreLists } from '../reranker/index.js';
import type { FullList, Reranker } from '../reranker/index.js';
import type { NextItem } from './conventions.js';
import type { Merchant } from './merchant.js';

/** Metrics at 10 of one way to rank, a shopper's values at the same place in both arrays. */
export interface Performance {
  /** Means over shoppers; 0 for no shopper. */
  readonly hr10: number;
  readonly ndcg10: number;
  readonly perShopper: { readonly hr10: Float64Array; readonly ndcg10: Float64Array };
}

const CUTOFF = 10;

const mean = (values: Float64Array): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

function performance(ranks: readonly (TiedRank | undefined)[]): Performance {
  const metrics = ranks.map((rank) => (rank === undefined ? { hr: 0, ndcg: 0 } : leaveOneOut(rank, CUTOFF)));
  const hr10 = Float64Array.from(metrics, ({ hr }) => hr);
  const ndcg10 = Float64Array.from(metrics, ({ ndcg }) => ndcg);
  return { hr10: mean(hr10), ndcg10: mean(ndcg10), perShopper: { hr10, ndcg10 } };
}

/** How the mix ranks the targets among the whole catalogue; items of the history are masked, except the target. */
export function performanceOfMix(mix: Mix, cases: readonly NextItem[]): Performance {
  const ranks: TiedRank[] = [];
  for (const block of mix.blocks(cases.map(({ history }) => history)))
    for (let row = 0; row < block.rows; row += 1) {
      const { history = new Int32Array(), target = -1 } = cases[block.start + row] ?? {};
      const scores = block.scores.subarray(row * mix.text.items, (row + 1) * mix.text.items);
      ranks.push(tiedRankOf(scores, target, new Set(history)));
    }
  return performance(ranks);
}

/** The lists that a re-ranker orders for cases to be measured: a target that was bought before is offered. */
export function measuredLists(merchant: Merchant, mix: Mix, cases: readonly NextItem[]): FullList[] {
  const offered = cases.map((one) => ({ ...one, repeatedTarget: 'offered' as const }));
  return Array.from(fullLists(mix, merchant.attributes, offered));
}

/**
 * How a re-ranker orders the targets of {@link measuredLists}; a target below the list counts as missed, as it is
 * below the cut-off of the metrics.
 */
export function performanceOfReranker(engine: Engine, reranker: Reranker, lists: readonly FullList[]): Performance {
  const listed = lists.filter(({ target }) => target >= 0);
  const scored = scoreLists(engine, reranker, listed);
  const ranks = new Map(
    listed.map((list, position) => [list, tiedRankOf(Float32Array.from(scored[position] ?? []), list.target, [])]),
  );
  return performance(lists.map((list) => ranks.get(list)));
}
