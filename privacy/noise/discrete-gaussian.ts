/**
 * The discrete Gaussian N_Z(0, σ²), exactly, in integer arithmetic (Canonne, Kamath and Steinke 2020, Algorithms 2 and 3).
 *
 * A discrete Laplace Y of scale t is accepted with probability e^−((|Y| − σ²/t)²/2σ²). Any t gives the exact law; only
 * the acceptance rate depends on it. So t is the power of two next to σ (coins of e^−(U/t) then need no division), and
 * the variance is rationalised as σ² = t·a/b with b a power of two:
 *     acceptance exponent = (b|Y| − a)² / (2·t·a·b).
 */
import { bernoulliExpRational } from './bernoulli-exp.js';
import { sampleLaplaceOfScale } from './discrete-laplace.js';
import { powerOfTwoBelow } from './powers.js';
import type { Coins } from './random.js';

/** Below 2^26.5, so that its square is an exact double. */
const SQUARE_LIMIT = 94_906_265;
/** a is at least 2^19, so rounding it up changes the variance by at most a factor 1 + 2^−19. */
const PRECISION = 2 ** 19;

/** A variance that the sampler can represent: σ² = t·a/b. */
export interface DiscreteGaussianVariance {
  /** t, a power of two in 1..2^22. */
  readonly scale: number;
  /** a, an integer below 2^24. */
  readonly numerator: number;
  /** b, a power of two. */
  readonly denominator: number;
  /** t·a/b, exact as a double: at least the variance asked for, at most a factor 1 + 2^−18 above. */
  readonly variance: number;
}

/**
 * Rationalises a variance, rounding UP, so that the noise is never less than what is accounted.
 *
 * Ranges: σ ≤ 2^22 gives t ≤ 2^22, a < 2^24 and 2tab < 2^48, so every integer of the acceptance test is an exact double.
 * @param variance σ² in [2^−4, 2^44]; a variance, not a standard deviation
 * @throws RangeError outside that range
 */
export function discreteGaussianVariance(variance: number): DiscreteGaussianVariance {
  if (!(variance >= 2 ** -4 && variance <= 2 ** 44))
    throw new RangeError(`a variance must be in [2^-4, 2^44], got ${variance}`);
  const scale = Math.max(1, powerOfTwoBelow(Math.sqrt(2 * variance)));
  const ratio = variance / scale;
  const denominator = Math.max(1, PRECISION / powerOfTwoBelow(ratio));
  const numerator = Math.ceil(ratio * denominator);
  return { scale, numerator, denominator, variance: (scale * numerator) / denominator };
}

/** True with the probability e^−((|y| − σ²/t)²/2σ²) that turns a Laplace candidate y of scale t into a Gaussian one. */
export function acceptsCandidate(
  coins: Coins,
  candidate: number,
  { scale, numerator, denominator }: DiscreteGaussianVariance,
): boolean {
  const distance = Math.abs(denominator * Math.abs(candidate) - numerator);
  // Far in the tail (beyond 22σ) the square leaves the exact doubles; it is computed all the same, as a truncated tail would be a lie.
  const square = distance <= SQUARE_LIMIT ? distance * distance : BigInt(distance) ** 2n;
  return bernoulliExpRational(coins, square, 2 * scale * numerator * denominator);
}

/** One value of N_Z(0, σ²). */
export function sampleDiscreteGaussian(coins: Coins, variance: DiscreteGaussianVariance): number {
  for (;;) {
    const candidate = sampleLaplaceOfScale(coins, variance.scale);
    if (acceptsCandidate(coins, candidate, variance)) return candidate;
  }
}
