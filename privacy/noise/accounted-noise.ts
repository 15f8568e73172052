/**
 * From the noise that is drawn to the noise that may be accounted.
 *
 * Unsampled, a discrete Gaussian has the RDP bound of the continuous one of equal σ (Canonne, Kamath and Steinke 2020,
 * Theorem 4). The subsampled accountant is proved for continuous noise only; there the discrete Gaussian of variance σ²
 * is taken as a randomised rounding of a continuous one of variance σ² − 9 quanta² (Peikert 2010), which it is to within
 * 1e-76 a coordinate, so that post-processing covers it.
 */
import { GuildhallError } from '../../errors/index.js';
import { ROUNDING_VARIANCE } from '../accounting/events.js';
import type { GaussianEvent } from '../accounting/events.js';

/** One release as it is drawn. */
export interface DrawnGaussian {
  /** z: standard deviation of the noise sure to be in the sum, over Δ. */
  readonly noiseMultiplier: number;
  /** Δ in quanta. */
  readonly sensitivity: number;
  /** q in (0, 1]. */
  readonly samplingRate: number;
  /** @default 1 */
  readonly steps?: number;
}

/**
 * The event to account for a release: z itself unsampled, √(z² − 9/Δ²) under sampling.
 * @throws GuildhallError NOISE_OUT_OF_RANGE if the noise is no wider than the rounding it must hide
 */
export function accountedGaussian({
  noiseMultiplier,
  sensitivity,
  samplingRate,
  steps = 1,
}: DrawnGaussian): GaussianEvent {
  if (samplingRate === 1) return { kind: 'gaussian', noiseMultiplier, samplingRate, steps };
  const squared = noiseMultiplier ** 2 - ROUNDING_VARIANCE / sensitivity ** 2;
  if (!(squared > 0)) {
    const deviation = noiseMultiplier * sensitivity;
    throw new GuildhallError('NOISE_OUT_OF_RANGE', `Noise of ${deviation} quanta cannot hide its own rounding.`, {
      details: { deviation },
    });
  }
  return { kind: 'gaussian', noiseMultiplier: Math.sqrt(squared), samplingRate, steps };
}

/**
 * The multiplier to draw so that `accounted` may be accounted: the inverse of {@link accountedGaussian}.
 * @param accounted the multiplier that calibration asked for
 */
export function drawnNoiseMultiplier(
  accounted: number,
  terms: Pick<DrawnGaussian, 'sensitivity' | 'samplingRate'>,
): number {
  if (terms.samplingRate === 1) return accounted;
  return Math.sqrt(accounted ** 2 + ROUNDING_VARIANCE / terms.sensitivity ** 2) * (1 + 2 * Number.EPSILON);
}
