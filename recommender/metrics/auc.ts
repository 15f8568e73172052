/** One scored impression or candidate: what was predicted, and whether it was right (clicked, bought). */
export interface ScoredOutcome {
  readonly score: number;
  readonly positive: boolean;
}

/**
 * Area under the ROC curve: the probability that a right one scores higher than a wrong one, ties counting a half
 * (Mann and Whitney 1947). Undefined where all are right or none is.
 */
export function auc(outcomes: readonly ScoredOutcome[]): number | undefined {
  const sorted = [...outcomes].sort((a, b) => a.score - b.score);
  let positives = 0;
  let rankSum = 0;
  for (let start = 0; start < sorted.length;) {
    let end = start;
    let positivesHere = 0;
    for (; end < sorted.length && sorted[end]?.score === sorted[start]?.score; end++) {
      if (sorted[end]?.positive === true) positivesHere++;
    }
    // Equal scores share the mean of the ranks start + 1 … end.
    rankSum += (positivesHere * (start + 1 + end)) / 2;
    positives += positivesHere;
    start = end;
  }
  const negatives = sorted.length - positives;
  if (positives === 0 || negatives === 0) return undefined;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/**
 * Group AUC (Zhou et al. 2018): the mean of AUC within groups, shoppers or sessions, weighted by how many outcomes each
 * has. Groups that are all right or all wrong say nothing and are left out; undefined where no group is left.
 */
export function groupAuc(groups: Iterable<readonly ScoredOutcome[]>): number | undefined {
  let sum = 0;
  let weight = 0;
  for (const group of groups) {
    const area = auc(group);
    if (area === undefined) continue;
    sum += group.length * area;
    weight += group.length;
  }
  return weight === 0 ? undefined : sum / weight;
}
