import { pairedBootstrap } from '../metrics/index.js';
import type { Interval } from '../metrics/index.js';
import type { RandomSource } from '../random.js';
import type { Performance } from './ranking.js';

/** A difference of NDCG@10 between two ways to rank the same shoppers. */
export interface Gain {
  /** Mean difference with its paired 95 % bootstrap interval. */
  readonly ndcg10: Interval;
  /** The same as a share of the lower side's NDCG@10; zeros when that finds nothing. */
  readonly relative: Interval;
}

/** What `after` finds more than `before`, on the same shoppers. @param options.random coins of the bootstrap */
export function gainOver(before: Performance, after: Performance, options: { readonly random: RandomSource }): Gain {
  const sides = [before, after].map(({ perShopper }) => Array.from(perShopper.ndcg10));
  const [without = [], together = []] = sides;
  const ndcg10 = without.length === 0 ? { mean: 0, low: 0, high: 0 } : pairedBootstrap(without, together, options);
  const share = (value: number): number => (before.ndcg10 === 0 ? 0 : value / before.ndcg10);
  return { ndcg10, relative: { mean: share(ndcg10.mean), low: share(ndcg10.low), high: share(ndcg10.high) } };
}
