import { logChoose, logLowerTail, logUpperTail } from './binomial.js';

/** ln of the failure that is allowed: 2^−40 of privacy, 2^−20 of a round. */
const SECURITY = -40 * Math.LN2;
const CORRECTNESS = -20 * Math.LN2;

/** The round for which a sparse graph is drawn. */
export interface SparseRound {
  /** n = |U1|. */
  readonly merchants: number;
  /** c. */
  readonly colluders: number;
  /** δ: the share of merchants that may vanish, 0 ≤ δ < 1. */
  readonly dropouts: number;
}

/** The numbers of a round on a sparse graph (SECAGG, "Parameters"). */
export interface SparseThresholds {
  /** p: every pair is an edge with this probability, apart from all others. */
  readonly edgeProbability: number;
  /** k = p · (n − 1), an integer. */
  readonly meanDegree: number;
  /** t: so many shares give a secret back. */
  readonly share: number;
  /** T: so many signatures on one view. */
  readonly agreement: number;
}

/**
 * The sparsest graph that is safe: the least mean degree k for which, with t as large as correctness allows,
 *
 * - nobody has t corrupt neighbours: n · Pr[Bin(c, p) ≥ t] ≤ 2^−40;
 * - everyone has t surviving neighbours: n · Pr[Bin((1−δ)n − 1, p) < t] ≤ 2^−20;
 * - the honest survivors stay connected in what the coordinator cannot see: see `logDisconnection`.
 *
 * @returns undefined where no graph short of the complete one is safe
 * @throws RangeError on values out of range
 */
export function sparseThresholds(round: SparseRound): SparseThresholds | undefined {
  const { merchants, colluders, dropouts } = round;
  requireRange(round);
  const agreement = Math.floor((merchants + colluders) / 2) + 1;
  for (let meanDegree = 1; meanDegree < merchants - 1; meanDegree++) {
    const p = meanDegree / (merchants - 1);
    const share = largestShare(Math.floor((1 - dropouts) * merchants) - 1, p, merchants);
    if (
      share > 0 &&
      Math.log(merchants) + logUpperTail({ trials: colluders, p }, share) <= SECURITY &&
      logDisconnection({ merchants, colluders, share, agreement, p }) <= SECURITY
    ) {
      return { edgeProbability: p, meanDegree, share, agreement };
    }
  }
  return undefined;
}

function requireRange({ merchants, colluders, dropouts }: SparseRound): void {
  if (!Number.isInteger(merchants) || merchants < 2) throw new RangeError(`${merchants} merchants`);
  if (!Number.isInteger(colluders) || colluders < 1 || colluders >= merchants) throw new RangeError(`c = ${colluders}`);
  if (!(dropouts >= 0 && dropouts < 1)) throw new RangeError(`δ is in 0..1, not ${dropouts}`);
}

/** The largest t with n · Pr[Bin(survivors, p) < t] ≤ 2^−20; 0 where there is none. */
function largestShare(survivors: number, p: number, merchants: number): number {
  let share = Math.floor(survivors * p);
  while (share > 0 && Math.log(merchants) + logLowerTail({ trials: survivors, p }, share - 1) > CORRECTNESS) share--;
  return share;
}

/**
 * ln of a bound on the probability that T − c honest survivors fall into parts whose sums could be told apart.
 *
 * With c_max corrupt neighbours at most, t − c_max honest ones must have answered for each secret. So a part of s honest
 * merchants either has more than s·m/2 edges inside, m = t − c_max, or it has an edge to the others:
 * Σ_{s=m+1}^{H/2} min{C(n,s)·Pr[Bin(C(s,2),p) ≥ sm/2], C(n,s)·C(n−s,H−s)·(1−p)^{s(H−s)}} with H = T − c.
 */
export function logDisconnection(graph: {
  readonly merchants: number;
  readonly colluders: number;
  readonly share: number;
  readonly agreement: number;
  readonly p: number;
}): number {
  const { merchants: n, colluders, share, agreement, p } = graph;
  const corrupt = { trials: colluders, p };
  let mostCorrupt = Math.floor(colluders * p);
  while (Math.log(n) + logUpperTail(corrupt, mostCorrupt + 1) > SECURITY) mostCorrupt++;
  const least = share - mostCorrupt;
  if (least < 1) return 0;
  const honest = agreement - colluders;
  let total = 0;
  for (let s = least + 1; s <= honest / 2 && total < 1; s++) {
    const dense = logUpperTail({ trials: (s * (s - 1)) / 2, p }, Math.ceil((s * least) / 2));
    const apart = logChoose(n - s, honest - s) + s * (honest - s) * Math.log1p(-p);
    total += Math.exp(logChoose(n, s) + Math.min(dense, apart));
  }
  return Math.min(0, Math.log(total));
}
