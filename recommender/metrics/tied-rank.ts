/** Where the one right item of a leave-one-out list stands, with ties left open. */
export interface TiedRank {
  /** Candidates that score higher than it. */
  readonly better: number;
  /** Other candidates of exactly its score: its rank is uniform on better + 1 … better + tied + 1. */
  readonly tied: number;
}

/**
 * The rank of a target among all items, where those in `hidden` are no candidates. What has no score (NaN) stands behind
 * all that have one.
 *
 * @param scores one score an item
 * @param hidden distinct items that are masked, such as what the shopper has already bought; the target itself is never masked
 */
export function tiedRankOf(scores: Float32Array, target: number, hidden: Iterable<number>): TiedRank {
  const own = behindAll(scores[target]);
  let better = 0;
  let tied = -1;
  for (let item = 0; item < scores.length; item++) {
    const score = behindAll(scores[item]);
    if (score > own) better++;
    else if (score === own) tied++;
  }
  for (const item of hidden) {
    if (item === target) continue;
    const score = behindAll(scores[item]);
    if (score > own) better--;
    else if (score === own) tied--;
  }
  return { better, tied };
}

function behindAll(score = Number.NaN): number {
  return Number.isNaN(score) ? -Infinity : score;
}

/** The mean rank over the ways to break the ties, from 1. */
export function expectedRank(rank: TiedRank): number {
  return rank.better + 1 + rank.tied / 2;
}

/**
 * The mean over the ways to break the ties of a gain that depends on the rank alone and is 0 below the cut-off.
 *
 * @param gain gain of a rank 1 ≤ rank ≤ cutoff
 */
export function expectedGain(rank: TiedRank, cutoff: number, gain: (rank: number) => number): number {
  let sum = 0;
  const last = Math.min(rank.better + rank.tied + 1, cutoff);
  for (let place = rank.better + 1; place <= last; place++) sum += gain(place);
  return sum / (rank.tied + 1);
}

/**
 * A gain read off at the expected rank itself, which may be a half: nothing beyond the middle of ranks K and K + 1. The
 * published hurdles of counting models are taken this way; it differs from {@link expectedGain} only where ties are wide.
 *
 * @param gain gain of a rank, defined at halves too
 */
export function gainAtExpectedRank(rank: TiedRank, cutoff: number, gain: (rank: number) => number): number {
  const middle = expectedRank(rank);
  return middle < cutoff + 1 ? gain(middle) : 0;
}
