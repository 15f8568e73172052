import { baseLogit, FEATURE_COUNT, STRICT_FEATURES } from './list.js';
import type { CandidateList, StrictList } from './list.js';
import { symmetricEigen } from './jacobi.js';

const D = STRICT_FEATURES.length;

/** Length of a contribution: 20 gradient entries, then the upper triangle of ½·H by rows, diagonal included. */
export const NEWTON_LENGTH = D + (D * (D + 1)) / 2;

/**
 * Public defaults of the one-round job: the L2 norm C to which a shopper's contribution is clipped, the ridge λ, and
 * the share of the correction that is served (one step from the origin overshoots). Chosen on Amazon purchases.
 */
export const NEWTON_DEFAULTS = { clipNorm: 6, ridge: 50, servingWeight: 0.6 } as const;

/** The linear re-ranker: served logit = base + servingWeight · weights · φ over {@link STRICT_FEATURES}. */
export interface LinearReranker {
  readonly kind: 'linear';
  /** One weight for each of {@link STRICT_FEATURES}, for standardised features. */
  readonly weights: Float64Array;
  /** Non-negative; see {@link NEWTON_DEFAULTS}. */
  readonly servingWeight: number;
}

const at = (array: ArrayLike<number>, index: number): number => array[index] ?? 0;

/** softmax of the base logits of the first `length` positions. */
function basePolicy(length: number): Float64Array {
  const policy = Float64Array.from({ length }, (_, rank) => Math.exp(baseLogit(rank)));
  const total = policy.reduce((sum, value) => sum + value, 0);
  return policy.map((value) => value / total);
}

/** The strict features of a list, centred at their mean under `policy`; that mean is written to `mean`. */
function centredFeatures(list: CandidateList, policy: Float64Array, mean: Float64Array): Float64Array {
  const length = list.items.length;
  const centred = new Float64Array(length * D);
  for (let row = 0; row < length; row += 1)
    for (let column = 0; column < D; column += 1) {
      const value = at(list.features, row * FEATURE_COUNT + at(STRICT_FEATURES, column));
      centred[row * D + column] = value;
      mean[column] = at(mean, column) + at(policy, row) * value;
    }
  for (let index = 0; index < centred.length; index += 1) centred[index] = at(centred, index) - at(mean, index % D);
  return centred;
}

/**
 * One shopper's part of the one-round re-ranker, unclipped: (g, ½·H) of the softmax loss of the shopper's list at
 * weights 0, with g = φ_target − φ̄ and H = Σ p_j (φ_j − φ̄)(φ_j − φ̄)ᵀ, p = softmax(base), φ̄ = Σ p_j φ_j.
 * The halving gives both parts a like share of the clip norm.
 * @returns {@link NEWTON_LENGTH} float64 values; all zero when the target is not in the list
 */
export function newtonContribution(list: StrictList): Float64Array {
  const contribution = new Float64Array(NEWTON_LENGTH);
  if (list.target < 0) return contribution;
  const policy = basePolicy(list.items.length);
  const mean = new Float64Array(D);
  const centred = centredFeatures(list, policy, mean);
  for (let column = 0; column < D; column += 1) contribution[column] = at(centred, list.target * D + column);
  for (let row = 0; row < policy.length; row += 1) {
    const half = 0.5 * at(policy, row);
    let cell = D;
    for (let a = 0; a < D; a += 1) {
      const scaled = half * at(centred, row * D + a);
      for (let b = a; b < D; b += 1) {
        contribution[cell] = at(contribution, cell) + scaled * at(centred, row * D + b);
        cell += 1;
      }
    }
  }
  return contribution;
}

function unpackHessian(sums: Float64Array): Float64Array {
  const hessian = new Float64Array(D * D);
  let cell = D;
  for (let row = 0; row < D; row += 1)
    for (let column = row; column < D; column += 1) {
      const entry = 2 * at(sums, cell);
      hessian[row * D + column] = entry;
      hessian[column * D + row] = entry;
      cell += 1;
    }
  return hessian;
}

/** What the solution of a release needs beside its sums. */
export interface NewtonRelease {
  /** σC: standard deviation of the noise in one entry of the sums; 0 for none. */
  readonly noiseDeviation: number;
  /** λ. @default 50 */
  readonly ridge?: number;
  /** @default 0.6 */
  readonly servingWeight?: number;
}

/**
 * The re-ranker from the (noisy) sums of clipped contributions:
 * w = U·diag(1 / (max(e, 0) + λ + ν))·Uᵀ·ĝ with Ĥ = U·diag(e)·Uᵀ, and ν = 2·σC·√d the scale of the largest
 * eigenvalue of the noise in Ĥ.
 * @param sums {@link NEWTON_LENGTH} values
 * @throws RangeError on a wrong length, a value that is not finite, a negative deviation or a ridge that is not positive
 */
export function solveNewton(sums: Float64Array, release: NewtonRelease): LinearReranker {
  const { noiseDeviation, ridge = NEWTON_DEFAULTS.ridge, servingWeight = NEWTON_DEFAULTS.servingWeight } = release;
  if (sums.length !== NEWTON_LENGTH) throw new RangeError(`sums must have ${NEWTON_LENGTH} entries`);
  if (!sums.every(Number.isFinite)) throw new RangeError('sums must be finite');
  if (!(noiseDeviation >= 0)) throw new RangeError('noiseDeviation must not be negative');
  if (!(ridge > 0)) throw new RangeError('ridge must be positive');
  const { values, vectors } = symmetricEigen(unpackHessian(sums), D);
  const shift = ridge + 2 * noiseDeviation * Math.sqrt(D);
  const weights = new Float64Array(D);
  for (let k = 0; k < D; k += 1) {
    let projection = 0;
    for (let row = 0; row < D; row += 1) projection += at(vectors, row * D + k) * at(sums, row);
    const step = projection / (Math.max(at(values, k), 0) + shift);
    for (let row = 0; row < D; row += 1) weights[row] = at(weights, row) + step * at(vectors, row * D + k);
  }
  return { kind: 'linear', weights, servingWeight };
}

/** Served logits of a list, position by position. Own features have no weight, whatever the list's form. */
export function scoreLinear(model: LinearReranker, list: CandidateList): Float64Array {
  return Float64Array.from({ length: list.items.length }, (_, row) => {
    let correction = 0;
    for (let column = 0; column < D; column += 1)
      correction += at(model.weights, column) * at(list.features, row * FEATURE_COUNT + at(STRICT_FEATURES, column));
    return baseLogit(row) + model.servingWeight * correction;
  });
}
