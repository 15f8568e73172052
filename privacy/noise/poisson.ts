/**
 * Poisson values, exactly, as fast for a large mean as for a small one.
 *
 * With m = ⌊λ⌋ the law is P(m + k) = P(m)·w(k), w(k) = Π_{1≤i≤k} λ/(m+i) above the mode and Π_{0≤i<|k|} (m−i)/λ below. It
 * falls away from 0 on either side, so it is sampled as a {@link TiledLaw}; ln w is concave, so that what it halves over
 * once it halves over again.
 */
import { exp, log1p, stirling } from './elementary.js';
import { powerOfTwoBelow, twoTo } from './powers.js';
import type { Coins } from './random.js';
import { sampleTiled, tile, weightAtLeast, weightAtMost } from './tiling.js';
import type { Ray, TiledLaw, Tiling, WeightBounds } from './tiling.js';

/** λ = numerator/denominator, ready to be sampled. */
export interface PoissonTerms {
  readonly numerator: number;
  /** A power of two. */
  readonly denominator: number;
  /** λ, exact as a double. */
  readonly mean: number;
  readonly tiling: Tiling;
}

/** λ is rounded up to so many significant bits: by at most a factor 1 + 2^−19. */
const PRECISION = 2 ** 19;
/** Below this mode w is multiplied out; above it every m + k below 64, too small for Stirling's series, is negligible. */
const LARGE_MODE = 256;
/** −ln w from which w is called negligible: e^−64 < 2^−92. */
const NEGLIGIBLE_EXPONENT = 64;
const NEGLIGIBLE_PRODUCT = 2 ** -92;
/** The tail begins so many standard deviations, and this, from the mode: less than 2^−12 of the whole lies there. */
const TAIL = { deviations: 4.5, more: 2 } as const;

/**
 * @param mean λ in [2^−4, 2^43], rounded up to what is sampled exactly
 * @throws RangeError outside that range
 */
export function poissonTerms(mean: number): PoissonTerms {
  if (!(mean >= 2 ** -4 && mean <= 2 ** 43)) throw new RangeError(`a mean must be in [2^-4, 2^43], got ${mean}`);
  const denominator = Math.max(1, PRECISION / powerOfTwoBelow(mean));
  const numerator = Math.ceil(mean * denominator);
  return {
    numerator,
    denominator,
    mean: numerator / denominator,
    tiling: tile(poissonWeights(numerator, denominator)),
  };
}

/** One Poisson(λ) value. */
export function samplePoisson(coins: Coins, { mean, tiling }: PoissonTerms): number {
  return Math.floor(mean) + sampleTiled(coins, tiling);
}

/**
 * The weights of distances from the mode.
 * @param denominator a power of two
 */
export function poissonWeights(numerator: number, denominator: number): TiledLaw {
  const mean = numerator / denominator;
  const mode = Math.floor(mean);
  const weight = mode < LARGE_MODE ? multiplied(mean, mode) : saddlePoint(mean, mode);
  const reach = Math.ceil(TAIL.deviations * Math.sqrt(mean) + TAIL.more);
  const rays: Ray[] = [{ start: 0, direction: 1, reach, halving: halvingOf(weight, reach) }];
  if (mode > 0) {
    const below = Math.min(reach, mode);
    rays.push({ start: -1, direction: -1, reach: below, halving: halvingOf((d) => weight(-1 - d), below) });
  }
  return {
    rays,
    weight,
    weightBounds: (k, precision) => poissonBounds({ numerator, denominator, mode }, k, precision),
  };
}

/** h: over 2^h values from `reach` the weight falls to a half. None is left beyond a weight of 0. */
function halvingOf(weight: (distance: number) => number, reach: number): number {
  const first = weight(reach);
  let halving = 0;
  while (first > 0 && weightAtMost(weight(reach + twoTo(halving))) > weightAtLeast(first) / 2) halving++;
  return halving;
}

/** w(k) as a product, off by less than 2^−50 a factor. */
function multiplied(mean: number, mode: number): (k: number) => number {
  return (k) => {
    let weight = 1;
    for (let i = 1; i <= k && weight > NEGLIGIBLE_PRODUCT; i++) weight *= mean / (mode + i);
    for (let i = 0; i < -k && weight > NEGLIGIBLE_PRODUCT; i++) weight *= Math.max(0, mode - i) / mean;
    return weight > NEGLIGIBLE_PRODUCT ? weight : 0;
  };
}

/**
 * w(k) by Loader's saddle-point form (2000): −ln w = D(n) − D(m) + ½·ln(n/m) + δ(n) − δ(m) with n = m + k and
 * D(n) = n·ln(n/λ) + λ − n. Its terms are at most 64, and off by less than 2^−41 together.
 */
function saddlePoint(mean: number, mode: number): (k: number) => number {
  const fromMean = mode - mean;
  const ofMode = deviance(mode, fromMean, mean) + stirling(mode);
  return (k) => {
    const n = mode + k;
    if (n <= 0) return 0;
    const distance = deviance(n, k + fromMean, mean);
    if (distance > NEGLIGIBLE_EXPONENT) return 0;
    return exp(-Math.max(0, distance + stirling(n) + log1p(k / mode) / 2 - ofMode));
  };
}

/** D(n) from n − λ, by the series of ln((1+v)/(1−v)) with v = (n−λ)/(n+λ): nothing cancels near the mean. */
function deviance(n: number, fromMean: number, mean: number): number {
  const v = fromMean / (n + mean);
  const square = v * v;
  let sum = fromMean * v;
  let term = 2 * n * v;
  for (let odd = 3; ; odd += 2) {
    term *= square;
    const next = sum + term / odd;
    if (next === sum) return sum;
    sum = next;
  }
}

/** Integers around 2^precision·w(k), in |k| steps. */
function poissonBounds(
  law: { readonly numerator: number; readonly denominator: number; readonly mode: number },
  k: number,
  precision: number,
): WeightBounds {
  const numerator = BigInt(law.numerator);
  const denominator = BigInt(law.denominator);
  let low = 1n << BigInt(precision);
  let high = low;
  for (let i = 1; i <= Math.abs(k); i++) {
    const factor = k > 0 ? numerator : BigInt(Math.max(0, law.mode - i + 1)) * denominator;
    const divisor = k > 0 ? BigInt(law.mode + i) * denominator : numerator;
    low = (low * factor) / divisor;
    high = (high * factor + divisor - 1n) / divisor;
  }
  return { low, high };
}
