import { standardNormal } from '../random.js';
import type { RandomSource } from '../random.js';
import { FEATURE_COUNT, STRICT_FEATURES } from './list.js';

const INPUTS = STRICT_FEATURES.length;
/** Standard deviation of a unit's threshold, in standard deviations of a feature. */
const BIAS_DEVIATION = 0.5;

/**
 * Random ReLU features (Rahimi and Recht 2008): relu(W·φ + b) of the strict features φ with W and b drawn once, from
 * public coins, so that they are the same at every merchant and a linear model over them can bend.
 */
export interface RandomProjection {
  /** h: how many features it adds. */
  readonly units: number;
  /** h × 25, row-major, N(0, 1/25). */
  readonly weights: Float32Array;
  /** h thresholds, N(0, 1/4). */
  readonly biases: Float32Array;
}

/**
 * Draws a projection.
 * @param random public coins: the same ones at every party
 */
export function drawProjection(random: RandomSource, units: number): RandomProjection {
  const weights = Float32Array.from({ length: units * INPUTS }, () => standardNormal(random) / Math.sqrt(INPUTS));
  const biases = Float32Array.from({ length: units }, () => BIAS_DEVIATION * standardNormal(random));
  return { units, weights, biases };
}

/**
 * The strict features of a list and, after them, those that a projection adds; own features are never read.
 * @returns rows × (25 + units), row-major
 */
export function strictRows(features: Float32Array, projection?: RandomProjection): Float64Array {
  const rows = features.length / FEATURE_COUNT;
  const units = projection?.units ?? 0;
  const width = INPUTS + units;
  const result = new Float64Array(rows * width);
  for (let row = 0; row < rows; row += 1) {
    const start = row * width;
    for (let column = 0; column < INPUTS; column += 1)
      result[start + column] = features[row * FEATURE_COUNT + (STRICT_FEATURES[column] ?? 0)] ?? 0;
    for (let unit = 0; unit < units; unit += 1) {
      let sum = projection?.biases[unit] ?? 0;
      for (let column = 0; column < INPUTS; column += 1)
        sum += (projection?.weights[unit * INPUTS + column] ?? 0) * (result[start + column] ?? 0);
      result[start + INPUTS + unit] = Math.max(0, sum);
    }
  }
  return result;
}
