import { expectedGain } from './tied-rank.js';
import type { TiedRank } from './tied-rank.js';

/**
 * Metrics of lists with exactly one right item, cut off after K places, in expectation over ties. With one right item
 * Recall@K equals HR@K, Precision@K is HR@K / K, and MAP@K equals MRR@K.
 */
export interface LeaveOneOutMetrics {
  readonly hr: number;
  readonly ndcg: number;
  readonly mrr: number;
  readonly recall: number;
  readonly precision: number;
  readonly map: number;
}

/** The metrics of one list. @throws RangeError unless the cut-off is a positive whole number */
export function leaveOneOut(rank: TiedRank, cutoff: number): LeaveOneOutMetrics {
  if (!Number.isInteger(cutoff) || cutoff < 1)
    throw new RangeError(`A cut-off of ${cutoff} is not a whole number from 1.`);
  const hr = expectedGain(rank, cutoff, () => 1);
  const mrr = expectedGain(rank, cutoff, (place) => 1 / place);
  const ndcg = expectedGain(rank, cutoff, discount);
  return { hr, ndcg, mrr, recall: hr, precision: hr / cutoff, map: mrr };
}

/** Mean of every metric over lists; zeros for no list. */
export function meanLeaveOneOut(ranks: readonly TiedRank[], cutoff: number): LeaveOneOutMetrics {
  const sum = { hr: 0, ndcg: 0, mrr: 0, recall: 0, precision: 0, map: 0 };
  for (const rank of ranks) {
    const one = leaveOneOut(rank, cutoff);
    sum.hr += one.hr;
    sum.ndcg += one.ndcg;
    sum.mrr += one.mrr;
  }
  const lists = Math.max(1, ranks.length);
  const [hr, ndcg, mrr] = [sum.hr / lists, sum.ndcg / lists, sum.mrr / lists];
  return { hr, ndcg, mrr, recall: hr, precision: hr / cutoff, map: mrr };
}

/** The logarithmic discount of cumulated gain (Järvelin and Kekäläinen 2002): 1 / log₂(rank + 1). */
export function discount(rank: number): number {
  return 1 / Math.log2(rank + 1);
}
