/**
 * From the noise that may be accounted to the noise that is drawn.
 *
 * Unsampled, a discrete Gaussian has the RDP bound of the continuous one of equal σ (Canonne, Kamath and Steinke 2020,
 * Theorem 4). The subsampled accountant is proved for continuous noise only; there the discrete Gaussian of variance σ²
 * is taken as a randomised rounding of a continuous one of variance σ² − 9 quanta² (Peikert 2010), which it is to within
 * 1e-76 a coordinate, so that post-processing covers it.
 */
import { ROUNDING_VARIANCE } from '../accounting/events.js';

/**
 * The multiplier to draw so that a `discreteGaussian` event costs no more than a `gaussian` one of the multiplier that
 * calibration asked for: z itself unsampled, √(z² + 9/Δ²) under sampling.
 * @param accounted z > 0
 * @param terms.sensitivity Δ in quanta
 * @param terms.samplingRate q in (0, 1]
 */
export function drawnNoiseMultiplier(
  accounted: number,
  terms: { readonly sensitivity: number; readonly samplingRate: number },
): number {
  if (terms.samplingRate === 1) return accounted;
  return Math.sqrt(accounted ** 2 + ROUNDING_VARIANCE / terms.sensitivity ** 2) * (1 + 2 * Number.EPSILON);
}
