import type { Engine } from '../../recommender/index.js';
import type { Rows } from './gradient-canaries.js';

/** What the attacker knows of one round. */
export interface SeenRound {
  /** The noisy sum. */
  readonly sum: Float64Array;
  /** Every canary's clipped contribution g, were it in the sum. */
  readonly contributions: Rows;
  /** How often a canary is in the sum, as the attacker sees it. */
  readonly presence: Presence;
}

/** Mean and variance of a number of times. */
export interface Presence {
  readonly mean: number;
  readonly variance: number;
}

/**
 * How often a canary is in noisy sums that are seen added up, if it is in the data by a fair coin and then sampled for each.
 * @param sums their number n ≥ 1
 * @param samplingRate q; the mean is nq/2, and the variance nq(1 − q)/2 + n²q²/4: q/2·(1 − q/2) for one sum
 */
export function presenceIn(sums: number, samplingRate: number): Presence {
  const expected = sums * samplingRate;
  return { mean: expected / 2, variance: (expected * (1 - samplingRate)) / 2 + expected ** 2 / 4 };
}

/**
 * For each canary g·Σ^−1(s − m·Σ g), the direction in which presence of mean m and variance v shows best if the sum is
 * Gaussian with covariance Σ = v·Σ g gᵀ + σ²·1: the other canaries are noise as well, and not alike in all directions
 * (Fisher's discriminant). σ is read off the sum, since the claim may be false.
 */
export function likelihoods(engine: Engine, { sum, contributions, presence }: SeenRound): Float64Array {
  const { values, rows, columns } = contributions;
  const { total, products } = moments(engine, contributions);
  const covariance = Float64Array.from(products, (product) => presence.variance * product);
  const excess = sum.map((value, i) => value - presence.mean * (total[i] ?? 0));
  const variance = noiseVariance(covariance, excess);
  for (let i = 0; i < columns; i++) covariance[i * (columns + 1)] = (covariance[i * (columns + 1)] ?? 0) + variance;
  const direction = solvePositive(covariance, excess);
  return Float64Array.from({ length: rows }, (_, row) => {
    const gradient = values.subarray(row * columns, (row + 1) * columns);
    return gradient.reduce((product, value, i) => product + value * (direction[i] ?? 0), 0);
  });
}

/** Σ g and Σ g gᵀ. */
function moments({ tf }: Engine, { values, rows, columns }: Rows): { total: Float32Array; products: Float32Array } {
  const tensors = tf.tidy(() => {
    const matrix = tf.tensor2d(values, [rows, columns]);
    return { total: tf.sum(matrix, 0), products: tf.matMul(matrix, matrix, true, false) };
  });
  const [total, products] = [tensors.total.dataSync<'float32'>(), tensors.products.dataSync<'float32'>()];
  tf.dispose([tensors.total, tensors.products]);
  return { total, products };
}

/** Least share of the canaries' own variance that is taken for noise, so that there is an inverse. */
const SMALLEST_SHARE = 1e-3;

/** What the excess varies by beyond the canaries, for each entry. */
function noiseVariance(covariance: Float64Array, excess: Float64Array): number {
  const size = excess.length;
  const seen = excess.reduce((squares, value) => squares + value * value, 0) / size;
  const canaries = excess.reduce((trace, _, i) => trace + (covariance[i * (size + 1)] ?? 0), 0) / size;
  return Math.max(seen - canaries, SMALLEST_SHARE * canaries);
}

/** Solves A·x = b for a positive definite A by Cholesky's factors, in place of A. */
function solvePositive(matrix: Float64Array, right: Float64Array): Float64Array {
  const size = right.length;
  const at = (row: number, column: number): number => matrix[row * size + column] ?? 0;
  const solution = right.slice();
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let value = at(row, column);
      for (let k = 0; k < column; k++) value -= at(row, k) * at(column, k);
      matrix[row * size + column] = column === row ? Math.sqrt(value) : value / at(column, column);
    }
    let value = solution[row] ?? 0;
    for (let k = 0; k < row; k++) value -= at(row, k) * (solution[k] ?? 0);
    solution[row] = value / at(row, row);
  }
  for (let row = size - 1; row >= 0; row--) {
    let value = solution[row] ?? 0;
    for (let k = row + 1; k < size; k++) value -= at(k, row) * (solution[k] ?? 0);
    solution[row] = value / at(row, row);
  }
  return solution;
}
