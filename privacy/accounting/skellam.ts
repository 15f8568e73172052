/**
 * Skellam noise, which is closed under sums. Its Rényi divergence is bounded at integer orders only (Agarwal, Kairouz and
 * Liu 2021, arXiv 2110.04995, Theorem 3.5); orders between are answered by the next integer, which is never smaller.
 */
import type { SkellamEvent } from './events.js';
import { logSumExp } from './special-functions.js';

/** αΔ₂²/2μ + min(((2α−1)Δ₂² + 6Δ₁)/4μ², 3Δ₁/2μ) for noise of variance μ. */
function unsampledRdp({ variance, l1Sensitivity, l2Sensitivity }: SkellamEvent, order: number): number {
  const squared = l2Sensitivity ** 2;
  const quadratic = ((2 * order - 1) * squared + 6 * l1Sensitivity) / (4 * variance) / variance;
  return (order * squared) / (2 * variance) + Math.min(quadratic, (3 * l1Sensitivity) / (2 * variance));
}

/**
 * RDP of any mechanism under Poisson sampling, from its RDP at integer orders (Zhu and Wang 2019, Theorem 5):
 * ln[(1−q)^(α−1)(αq − q + 1) + C(α,2)q²(1−q)^(α−2)e^ε(2) + 3 Σ_{l≥3} C(α,l)(1−q)^(α−l)q^l e^((l−1)ε(l))]/(α−1).
 * @param samplingRate q in (0, 1)
 * @param order an integer α ≥ 2
 * @param rdp ε(l) of the mechanism without sampling
 */
export function poissonSampledRdp(samplingRate: number, order: number, rdp: (order: number) => number): number {
  const logRate = Math.log(samplingRate);
  const logRest = Math.log1p(-samplingRate);
  const terms = [(order - 1) * logRest + Math.log1p((order - 1) * samplingRate)];
  let logBinomial = Math.log(order);
  for (let l = 2; l <= order; l++) {
    logBinomial += Math.log((order - l + 1) / l);
    const factor = l === 2 ? 0 : Math.log(3);
    terms.push(factor + logBinomial + (order - l) * logRest + l * logRate + (l - 1) * rdp(l));
  }
  return Math.max(0, logSumExp(terms)) / (order - 1);
}

/**
 * RDP of one release of Skellam noise under add/remove.
 * @param order α > 1; ∞ allowed
 * @returns an upper bound; never above that without sampling
 */
export function skellamRdp(event: SkellamEvent, order: number): number {
  if (event.samplingRate === 0) return 0;
  if (order === Infinity) return Infinity;
  const whole = Math.max(2, Math.ceil(order));
  const unsampled = unsampledRdp(event, whole);
  if (event.samplingRate === 1) return unsampled;
  return Math.min(
    unsampled,
    poissonSampledRdp(event.samplingRate, whole, (l) => unsampledRdp(event, l)),
  );
}
