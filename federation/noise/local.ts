import { chooseScale, gaussianSensitivity, noiseFraction, roundOnce, sampleNoise } from '../../privacy/index.js';
import type { NoiseShare, RandomSource } from '../../privacy/index.js';
import type { LocalTerms } from '../contract/terms.js';

/** How one merchant quantises and noises each of its local sums, all by itself. */
export interface LocalNoise {
  /** s: quanta per unit of a gradient. */
  readonly scale: number;
  /** Δ in quanta: what one shopper moves a rounded local sum by, in L2 norm. */
  readonly sensitivity: number;
  /** The whole noise: nobody else adds to it, and nobody's part can be taken from it. */
  readonly share: NoiseShare;
  /** Standard deviation of the noise in one coordinate of a local sum, in units of a gradient. */
  readonly deviation: number;
}

/**
 * Derives the grid and the noise of a round's local sums from the contract: s and Δ = sC + √d as for a shared sum, with one
 * merchant instead of many.
 * @param dimension d of a gradient
 * @throws GuildhallError NOISE_TERMS_INVALID, NOISE_OUT_OF_RANGE
 */
export function localNoise({ clipNorm, noiseMultiplier }: LocalTerms, dimension: number): LocalNoise {
  const alone = { minimumSurvivors: 1, colluders: 0 };
  const scale = chooseScale({ ...alone, clipNorm, dimension, noiseMultiplier });
  const sensitivity = gaussianSensitivity({ scale, clipNorm, dimension });
  const share = noiseFraction({ mechanism: 'gaussian', noiseMultiplier, sensitivity }, 1);
  return { scale, sensitivity, share, deviation: (noiseMultiplier * sensitivity) / scale };
}

/**
 * One release of a local sum: scaled, rounded once, exact discrete Gaussian noise added in integers, and only then back in
 * real numbers, so that the mechanism that is accounted is the one that runs (floating-point noise has holes that tell sums
 * apart: Mironov 2012).
 * @param sum d numbers: a sum of gradients of which each is clipped to C
 * @returns d numbers, private by themselves
 */
export function releaseLocally(sum: Float64Array, { scale, share }: LocalNoise, random: RandomSource): Float64Array {
  const noise = sampleNoise(share, sum.length, random);
  return roundOnce(sum, scale).map((value, i) => (value + (noise[i] ?? 0)) / scale);
}
