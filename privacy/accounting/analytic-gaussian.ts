/**
 * The Gaussian mechanism exactly (Balle and Wang 2018, arXiv 1805.06530, Theorem 8), the yardstick below which no
 * accountant may fall. Adaptive composition of unsampled Gaussians is exact too: one with z^−2 = Σ z_i^−2.
 */
import { erfcx, logNormalCdf, normalCdf } from './special-functions.js';

/** The upper-tail Mills ratio (1 − Φ(x))/φ(x), x ≥ 0. */
function millsRatio(x: number): number {
  return Math.sqrt(Math.PI / 2) * erfcx(x / Math.SQRT2);
}

/**
 * The smallest δ for which the Gaussian mechanism is (ε, δ)-DP: Φ(μ/2 − ε/μ) − e^ε·Φ(−μ/2 − ε/μ), μ = 1/z.
 *
 * With x = ε/μ − μ/2 ≥ 0 both terms share the density φ(x), so δ = φ(x)·(R(x) − R(x + μ)) with Mills ratios R; the
 * subtraction loses at most a factor (x + 1/x)/μ of the 2^−52 relative precision.
 * @param noiseMultiplier z > 0
 * @param epsilon at least 0; at 0 the result is the total variation 2Φ(μ/2) − 1
 */
export function gaussianDelta(noiseMultiplier: number, epsilon: number): number {
  if (!(noiseMultiplier > 0)) throw new RangeError(`noiseMultiplier must be positive, got ${noiseMultiplier}`);
  if (!(epsilon >= 0)) throw new RangeError(`epsilon must be at least 0, got ${epsilon}`);
  if (noiseMultiplier === Infinity) return 0;
  const shift = 1 / noiseMultiplier;
  const x = epsilon / shift - shift / 2;
  if (x < 0) return normalCdf(-x) - Math.exp(epsilon + logNormalCdf(-x - shift));
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  return Math.max(0, density * (millsRatio(x) - millsRatio(x + shift)));
}

/** Bisects a decreasing function of a positive argument to its crossing of `target`; returns the upper end of the last bracket. */
function crossing(decreasing: (x: number) => number, target: number): number {
  let upper = 1;
  while (decreasing(upper) > target) upper *= 2;
  let lower = upper;
  while (lower > Number.MIN_VALUE && decreasing(lower) <= target) lower /= 2;
  while (upper - lower > upper * 2 ** -50) {
    const middle = (lower + upper) / 2;
    if (decreasing(middle) <= target) upper = middle;
    else lower = middle;
  }
  return upper;
}

/**
 * The smallest ε for which the Gaussian mechanism is (ε, δ)-DP.
 * @param noiseMultiplier z > 0
 * @param delta in (0, 1)
 */
export function gaussianEpsilon(noiseMultiplier: number, delta: number): number {
  if (!(delta > 0 && delta < 1)) throw new RangeError(`delta must be in (0, 1), got ${delta}`);
  if (gaussianDelta(noiseMultiplier, 0) <= delta) return 0;
  return crossing((epsilon) => gaussianDelta(noiseMultiplier, epsilon), delta);
}

/**
 * The smallest noise multiplier with which one release of the Gaussian mechanism is (ε, δ)-DP.
 * @param epsilon at least 0
 * @param delta in (0, 1)
 */
export function gaussianNoiseMultiplier(epsilon: number, delta: number): number {
  if (!(delta > 0 && delta < 1)) throw new RangeError(`delta must be in (0, 1), got ${delta}`);
  if (!(epsilon >= 0)) throw new RangeError(`epsilon must be at least 0, got ${epsilon}`);
  return crossing((noiseMultiplier) => gaussianDelta(noiseMultiplier, epsilon), delta);
}
