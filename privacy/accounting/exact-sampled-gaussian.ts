/** One Poisson-sampled Gaussian release exactly, in each direction: the yardstick of the accountants under sampling. */
import { gaussianDelta } from './analytic-gaussian.js';
import { sampledLoss } from './sampled-loss.js';
import { normalCdf } from './special-functions.js';

/**
 * How neighbours differ. Shopper data removed or added is what this library accounts; one shopper replaced by another is
 * not the same and costs more.
 */
export type Adjacency = 'add' | 'remove' | 'replace';

/** One release. */
export interface SampledGaussian {
  /** z > 0. */
  readonly noiseMultiplier: number;
  /** q in (0, 1]. */
  readonly samplingRate: number;
  readonly adjacency: Adjacency;
}

function addingDelta(z: number, q: number, epsilon: number): number {
  // The loss −ln(1 − q + q·w) exceeds ε where w is below this ratio, thus left of a point.
  const ratio = (Math.expm1(-epsilon) + q) / q;
  if (ratio <= 0) return 0;
  const end = z * z * Math.log(ratio) + 0.5;
  const left = normalCdf(end / z);
  const mixed = (1 - q) * left + q * normalCdf((end - 1) / z);
  return Math.max(0, left - Math.exp(epsilon) * mixed);
}

function replacingDelta(z: number, q: number, epsilon: number): number {
  const loss = (x: number): number =>
    sampledLoss(q, (2 * x - 1) / (2 * z * z)) - sampledLoss(q, (-2 * x - 1) / (2 * z * z));
  let lower = -1;
  let upper = 1;
  while (loss(upper) < epsilon) upper *= 2;
  for (let i = 0; i < 100; i++) {
    const middle = (lower + upper) / 2;
    if (loss(middle) < epsilon) lower = middle;
    else upper = middle;
  }
  const beyond = (mean: number): number => (1 - q) * normalCdf(-upper / z) + q * normalCdf((mean - upper) / z);
  return Math.max(0, beyond(1) - Math.exp(epsilon) * beyond(-1));
}

/**
 * The least δ at which one release is (ε, δ)-DP in one direction.
 * @param epsilon ε ≥ 0
 */
export function sampledGaussianDelta(
  { noiseMultiplier, samplingRate, adjacency }: SampledGaussian,
  epsilon: number,
): number {
  if (!(noiseMultiplier > 0)) throw new RangeError(`noiseMultiplier must be positive, got ${noiseMultiplier}`);
  if (!(samplingRate > 0 && samplingRate <= 1))
    throw new RangeError(`samplingRate must be in (0, 1], got ${samplingRate}`);
  if (!(epsilon >= 0)) throw new RangeError(`epsilon must be at least 0, got ${epsilon}`);
  switch (adjacency) {
    case 'remove':
      return samplingRate * gaussianDelta(noiseMultiplier, Math.log1p(Math.expm1(epsilon) / samplingRate));
    case 'add':
      return addingDelta(noiseMultiplier, samplingRate, epsilon);
    case 'replace':
      return replacingDelta(noiseMultiplier, samplingRate, epsilon);
  }
}
