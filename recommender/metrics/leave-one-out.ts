import { expectedGain, gainAtExpectedRank } from './tied-rank.js';
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

/** How ties count: by the mean over their orders, or by the one list in which the target stands at its expected rank. */
export type TieRule = 'expected-gain' | 'expected-rank';

/**
 * The metrics of one list.
 *
 * @param ties default `expected-gain`
 * @throws RangeError unless the cut-off is a positive whole number
 */
export function leaveOneOut(rank: TiedRank, cutoff: number, ties: TieRule = 'expected-gain'): LeaveOneOutMetrics {
  if (!Number.isInteger(cutoff) || cutoff < 1) {
    throw new RangeError(`A cut-off of ${cutoff} is not a whole number from 1.`);
  }
  const gainOf = ties === 'expected-gain' ? expectedGain : gainAtExpectedRank;
  return completed(
    gainOf(rank, cutoff, () => 1),
    gainOf(rank, cutoff, discount),
    gainOf(rank, cutoff, (place) => 1 / place),
    cutoff,
  );
}

/** Mean of every metric over lists; zeros for no list. @throws RangeError as {@link leaveOneOut} */
export function meanLeaveOneOut(
  ranks: readonly TiedRank[],
  cutoff: number,
  ties: TieRule = 'expected-gain',
): LeaveOneOutMetrics {
  let [hr, ndcg, mrr] = [0, 0, 0];
  for (const rank of ranks) {
    const one = leaveOneOut(rank, cutoff, ties);
    hr += one.hr;
    ndcg += one.ndcg;
    mrr += one.mrr;
  }
  const lists = Math.max(1, ranks.length);
  return completed(hr / lists, ndcg / lists, mrr / lists, cutoff);
}

/** With one right item the other metrics follow from three. */
function completed(hr: number, ndcg: number, mrr: number, cutoff: number): LeaveOneOutMetrics {
  return { hr, ndcg, mrr, recall: hr, precision: hr / cutoff, map: mrr };
}

/** The logarithmic discount of cumulated gain (Järvelin and Kekäläinen 2002): 1 / log₂(rank + 1). */
export function discount(rank: number): number {
  return 1 / Math.log2(rank + 1);
}
