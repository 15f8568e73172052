import { discount } from './leave-one-out.js';

/** Relevance of the items of one ranked list, best rank first: 0 for wrong ones, 1 or a grade for right ones. */
export type Relevances = readonly number[];

/** Whether a right item is among the first K: 1 or 0. */
export function hitAt(relevances: Relevances, cutoff: number): number {
  return hitsAt(relevances, cutoff) > 0 ? 1 : 0;
}

/** Share of all right items that are among the first K; 0 where there is none. @param relevant number of right items, |R| */
export function recallAt(relevances: Relevances, relevant: number, cutoff: number): number {
  return relevant === 0 ? 0 : hitsAt(relevances, cutoff) / relevant;
}

/** Right items among the first K, over K, even where the list is shorter. */
export function precisionAt(relevances: Relevances, cutoff: number): number {
  return hitsAt(relevances, cutoff) / cutoff;
}

/** One over the rank of the first right item, 0 below the cut-off. */
export function reciprocalRankAt(relevances: Relevances, cutoff: number): number {
  const first = relevances.slice(0, cutoff).findIndex((relevance) => relevance > 0);
  return first === -1 ? 0 : 1 / (first + 1);
}

/** Precision at every right item among the first K, summed, over min(|R|, K); 0 where nothing is right. */
export function averagePrecisionAt(relevances: Relevances, relevant: number, cutoff: number): number {
  const attainable = Math.min(relevant, cutoff);
  if (attainable === 0) return 0;
  let hits = 0;
  let sum = 0;
  relevances.slice(0, cutoff).forEach((relevance, at) => {
    if (relevance > 0) sum += ++hits / (at + 1);
  });
  return sum / attainable;
}

/**
 * Discounted cumulated gain of the first K over that of the best possible order (Järvelin and Kekäläinen 2002, gains
 * as they are). The ideal is cut off at min(|R|, K) too; 0 where nothing is right.
 *
 * @param all relevances of every right item, in any order; zeros may be among them
 */
export function ndcgAt(relevances: Relevances, all: Relevances, cutoff: number): number {
  const ideal = cumulatedGain(
    [...all].sort((a, b) => b - a),
    cutoff,
  );
  return ideal === 0 ? 0 : cumulatedGain(relevances, cutoff) / ideal;
}

function cumulatedGain(relevances: Relevances, cutoff: number): number {
  return relevances.slice(0, cutoff).reduce((sum, relevance, at) => sum + relevance * discount(at + 1), 0);
}

function hitsAt(relevances: Relevances, cutoff: number): number {
  return relevances.slice(0, cutoff).filter((relevance) => relevance > 0).length;
}
