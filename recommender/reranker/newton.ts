import { evidenceLogit, releasedLogit } from './evidence.js';
import { baseLogit, STRICT_FEATURES } from './list.js';
import type { CandidateList, StrictList } from './list.js';
import { symmetricEigen } from './jacobi.js';
import { strictRows } from './projection.js';
import type { RandomProjection } from './projection.js';

/** Length of a contribution over d features: d gradient entries, then the upper triangle of ½·H by rows, diagonal included. */
export const newtonLength = (features: number): number => features + (features * (features + 1)) / 2;

/** {@link newtonLength} of the strict features alone: 350. */
export const NEWTON_LENGTH = newtonLength(STRICT_FEATURES.length);

/**
 * Public defaults of the Newton job: the L2 norm C to which a shopper's contribution is clipped, the ridge λ, and the
 * share of the correction that is served. Chosen on validation items of shoppers that did not contribute
 * (docs/results.md). Contributions have a median norm of 11: the sum of what most shoppers say is a direction, which
 * clipping hardly turns, while noise grows with C.
 */
export const NEWTON_DEFAULTS = { clipNorm: 3, ridge: 50, servingWeight: 1 } as const;

/** The same where {@link RandomProjection} features stand beside the strict ones: 200 of them make 25,650 numbers. */
export const PROJECTED_NEWTON_DEFAULTS = {
  units: 200,
  clipNorm: 16,
  ridge: 500,
  servingWeight: 1,
} as const;

/**
 * The linear re-ranker: served logit = base + servingWeight · weights · φ + what own evidence and released counts give. With all weights 0,
 * before its first round, it is exactly the mix.
 */
export interface LinearReranker {
  readonly kind: 'linear';
  /** One weight for each of {@link STRICT_FEATURES}, for standardised features; then one for each unit of `projection`. */
  readonly weights: Float64Array;
  /** Non-negative; see {@link NEWTON_DEFAULTS}. */
  readonly servingWeight: number;
  /** Random features beside the strict ones. @default none */
  readonly projection?: RandomProjection;
}

/**
 * The linear re-ranker before its first round: exactly the mix.
 * @param options.servingWeight with which it will be served. @default that of {@link NEWTON_DEFAULTS}
 */
export function initialLinear(
  options: { readonly projection?: RandomProjection; readonly servingWeight?: number } = {},
): LinearReranker {
  const { projection, servingWeight = NEWTON_DEFAULTS.servingWeight } = options;
  const weights = new Float64Array(STRICT_FEATURES.length + (projection?.units ?? 0));
  return { kind: 'linear', weights, servingWeight, ...(projection === undefined ? {} : { projection }) };
}

const at = (array: ArrayLike<number>, index: number): number => array[index] ?? 0;

/** Weights · φ of every candidate. */
function corrections({ weights }: LinearReranker, rows: Float64Array): Float64Array {
  const width = weights.length;
  return Float64Array.from({ length: rows.length / width }, (_, row) => {
    let sum = 0;
    for (let column = 0; column < width; column += 1) sum += at(weights, column) * at(rows, row * width + column);
    return sum;
  });
}

/** softmax of the base logits plus the model's corrections. */
function policyOf(correction: Float64Array): Float64Array {
  const policy = correction.map((value, rank) => baseLogit(rank) + value);
  const greatest = policy.reduce((most, value) => Math.max(most, value), -Infinity);
  policy.forEach((value, rank) => (policy[rank] = Math.exp(value - greatest)));
  const total = policy.reduce((sum, value) => sum + value, 0);
  return policy.map((value) => value / total);
}

/** Centres rows, in place, at their mean under `policy`. */
function centre(rows: Float64Array, policy: Float64Array, width: number): void {
  const mean = new Float64Array(width);
  rows.forEach((value, index) => {
    const column = index % width;
    mean[column] = at(mean, column) + at(policy, Math.floor(index / width)) * value;
  });
  rows.forEach((value, index) => (rows[index] = value - at(mean, index % width)));
}

/**
 * One shopper's part of a Newton step, unclipped: (g, ½·H) of the softmax loss of the shopper's lists at the model's
 * weights w. A list adds g = φ_target − φ̄ and H = Σ p_j (φ_j − φ̄)(φ_j − φ̄)ᵀ, p = softmax(base + w·φ), φ̄ = Σ p_j φ_j;
 * one without its target adds nothing. The halving gives both parts a like share of the clip norm.
 * @param model where the step starts: weights 0, the mix, in the first round
 * @returns {@link newtonLength} float64 values
 */
export function newtonContribution(lists: readonly StrictList[], model: LinearReranker): Float64Array {
  const contribution = new Float64Array(newtonLength(model.weights.length));
  for (const list of lists) if (list.target >= 0) addListOf(contribution, list, model);
  return contribution;
}

/** Adds (g, ½·H) of one list that holds its target. */
function addListOf(contribution: Float64Array, list: StrictList, model: LinearReranker): void {
  const width = model.weights.length;
  const rows = strictRows(list.features, model.projection);
  const policy = policyOf(corrections(model, rows));
  centre(rows, policy, width);
  for (let column = 0; column < width; column += 1)
    contribution[column] = at(contribution, column) + at(rows, list.target * width + column);
  for (let row = 0; row < policy.length; row += 1) {
    const half = 0.5 * at(policy, row);
    const start = row * width;
    let cell = width;
    for (let a = 0; a < width; a += 1) {
      const scaled = half * at(rows, start + a);
      for (let b = a; b < width; b += 1) {
        contribution[cell] = at(contribution, cell) + scaled * at(rows, start + b);
        cell += 1;
      }
    }
  }
}

function unpackHessian(sums: Float64Array, width: number): Float64Array {
  const hessian = new Float64Array(width * width);
  let cell = width;
  for (let row = 0; row < width; row += 1)
    for (let column = row; column < width; column += 1) {
      const entry = 2 * at(sums, cell);
      hessian[row * width + column] = entry;
      hessian[column * width + row] = entry;
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
}

/**
 * One step from the (noisy) sums of clipped contributions: w ← w + U·diag(1 / (max(e, 0) + λ + ν))·Uᵀ·(ĝ − λ·w) with
 * Ĥ = U·diag(e)·Uᵀ, and ν = 2·σC·√d the scale of the largest eigenvalue of the noise in Ĥ. The ridge holds the weights
 * near 0, not near the last round's.
 * @param from the model at whose weights the contributions were computed
 * @param sums {@link newtonLength} values
 * @throws RangeError on a wrong length, a value that is not finite, a negative deviation or a ridge that is not positive
 */
export function solveNewton(from: LinearReranker, sums: Float64Array, release: NewtonRelease): LinearReranker {
  const { noiseDeviation, ridge = NEWTON_DEFAULTS.ridge } = release;
  const width = from.weights.length;
  if (sums.length !== newtonLength(width)) throw new RangeError(`sums must have ${newtonLength(width)} entries`);
  if (!sums.every(Number.isFinite)) throw new RangeError('sums must be finite');
  if (!(noiseDeviation >= 0)) throw new RangeError('noiseDeviation must not be negative');
  if (!(ridge > 0)) throw new RangeError('ridge must be positive');
  const { values, vectors } = symmetricEigen(unpackHessian(sums, width), width);
  const shift = ridge + 2 * noiseDeviation * Math.sqrt(width);
  const weights = from.weights.slice();
  for (let k = 0; k < width; k += 1) {
    let projection = 0;
    for (let row = 0; row < width; row += 1)
      projection += at(vectors, row * width + k) * (at(sums, row) - ridge * at(from.weights, row));
    const step = projection / (Math.max(at(values, k), 0) + shift);
    for (let row = 0; row < width; row += 1) weights[row] = at(weights, row) + step * at(vectors, row * width + k);
  }
  return { ...from, weights };
}

/** Served logits of a list, position by position. */
export function scoreLinear(model: LinearReranker, list: CandidateList): Float64Array {
  const correction = corrections(model, strictRows(list.features, model.projection));
  const isTrained = model.weights.some((weight) => weight !== 0);
  return correction.map((value, row) => {
    const evidence = isTrained ? evidenceLogit(list.features, row) + releasedLogit(list, row) : 0;
    return baseLogit(row) + model.servingWeight * value + evidence;
  });
}
