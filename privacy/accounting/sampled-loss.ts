/** What Poisson sampling of shoppers does to one value of the privacy loss. */
import { softplus } from './special-functions.js';

/**
 * The loss ln(1 − q + q·e^ℓ) of a Poisson-sampled outcome whose unsampled loss is ℓ, where Q stays and P becomes
 * (1−q)Q + qP (Zhu, Dong and Wang 2022, arXiv 2106.08567, Theorem 11, for add/remove).
 * @param samplingRate q in (0, 1]
 */
export function sampledLoss(samplingRate: number, loss: number): number {
  if (samplingRate === 1) return loss;
  if (loss < 1) return Math.log1p(samplingRate * Math.expm1(loss));
  return softplus(loss + Math.log(samplingRate) - Math.log1p(-samplingRate)) + Math.log1p(-samplingRate);
}

/** The unsampled loss ℓ with ln(1 − q + q·e^ℓ) = loss; −∞ for losses that sampling cannot reach. */
export function unsampledLoss(samplingRate: number, loss: number): number {
  if (samplingRate === 1) return loss;
  if (loss > 30) return loss - Math.log(samplingRate) + Math.log1p(-(1 - samplingRate) * Math.exp(-loss));
  const ratio = Math.expm1(loss) / samplingRate;
  return ratio <= -1 ? -Infinity : Math.log1p(ratio);
}
