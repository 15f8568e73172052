/**
 * Rényi divergence of the Poisson-subsampled Gaussian mechanism (Mironov, Talwar and Zhang 2019, arXiv 1908.10530).
 *
 * With w(x) = e^((2x−1)/2z²) and x ~ N(0, z²), A_α = E[(1 − q + q·w(x))^α] and RDP_α = ln A_α/(α − 1): section 3.2 shows
 * that this direction is the larger of the two, so it covers adding and removing a shopper.
 */
import { erfc, erfcx, logExpm1, logSumExp, softplus } from './special-functions.js';

/** Rounding allowance on ln A for the fractional series, so that no result falls below the exact value by rounding. */
const ROUNDING = 2 ** -49;
/** Terms of the accelerated tail; the truncation error is below 2·(3 + √8)^(−n) < 1e-18 of its first term. */
const TAIL_TERMS = 24;

/**
 * ln A_α at an integer order. Subtracting Σ C(α,i)(1−q)^(α−i)q^i = 1 from the binomial sum leaves A − 1 as a sum of
 * positive terms, so small divergences keep all their digits.
 */
function logMomentInteger(samplingRate: number, noiseMultiplier: number, order: number): number {
  const logRate = Math.log(samplingRate);
  const logRest = Math.log1p(-samplingRate);
  const terms: number[] = [];
  let logBinomial = Math.log(order);
  for (let i = 2; i <= order; i++) {
    logBinomial += Math.log((order - i + 1) / i);
    const exponent = ((i * i - i) / noiseMultiplier / noiseMultiplier) * 0.5;
    terms.push(logBinomial + (order - i) * logRest + i * logRate + logExpm1(exponent));
  }
  return softplus(logSumExp(terms));
}

/**
 * The alternating sum Σ (−1)^k a_k of totally monotone a_k by the first algorithm of Cohen, Rodriguez Villegas and
 * Zagier (2000), whose Proposition 1 bounds the error by 2·(3 + √8)^(−n)·a_0.
 */
function alternatingSum(terms: readonly number[]): number {
  const n = terms.length;
  const power = (3 + Math.sqrt(8)) ** n;
  const scale = (power + 1 / power) / 2;
  let b = -1;
  let c = -scale;
  let sum = 0;
  for (const [k, term] of terms.entries()) {
    c = b - c;
    sum += c * term;
    b *= ((k + n) * (k - n)) / ((k + 0.5) * (k + 1));
  }
  return sum / scale;
}

/**
 * ln A_α at a fractional order α > 0 by the binomial series of section 3.3, split at z0 where q·w = 1 − q, so that each
 * half expands in powers of a ratio u ≤ 1.
 *
 * Up to i = ⌈α⌉ all binomials are positive. From there they alternate in sign, and the terms' magnitudes are moments:
 * |C(α,i)| = const·B(i−α, α+1) is a moment sequence on [0, 1], E[u^i] is another, and so is their product. Hence the
 * tail is totally monotone, which is what the accelerated sum needs. Taking absolute values of the binomials instead
 * would only be an upper bound (7.3293347 instead of 7.3291112 in the test's case).
 */
function logMomentFractional(samplingRate: number, noiseMultiplier: number, order: number): number {
  const logRate = Math.log(samplingRate);
  const logRest = Math.log1p(-samplingRate);
  const variance = noiseMultiplier * noiseMultiplier;
  const split = variance * (logRest - logRate) + 0.5;
  const width = Math.SQRT2 * noiseMultiplier;
  // In a tail the powers of q, w and the Gaussian weight cancel algebraically down to this one factor.
  const tailWeight = order * logRest - (split * split) / (2 * variance);

  const half = (logBinomial: number, power: number, argument: number): number =>
    argument > 0
      ? logBinomial + tailWeight + Math.log(erfcx(argument) / 2)
      : logBinomial +
        (order - power) * logRest +
        power * logRate +
        (power * power - power) / (2 * variance) +
        Math.log(erfc(argument) / 2);

  const first = Math.ceil(order);
  const positive: number[] = [];
  const tail: number[] = [];
  let logBinomial = 0;
  for (let i = 0; i < first + TAIL_TERMS; i++) {
    if (i > 0) logBinomial += Math.log(Math.abs(order - i + 1) / i);
    const mirrored = order - i;
    const low = half(logBinomial, i, (i - split) / width);
    const high = half(logBinomial, mirrored, (split - mirrored) / width);
    (i < first ? positive : tail).push(logSumExp([low, high]));
  }
  const reference = tail[0] ?? -Infinity;
  if (reference > -Infinity) {
    const sum = alternatingSum(tail.map((term) => Math.exp(term - reference)));
    if (sum > 0) positive.push(reference + Math.log(sum));
  }
  return logSumExp(positive);
}

/**
 * ln E[(1 − q + q·w)^α], the log moment of one step.
 * @param samplingRate q in (0, 1)
 * @param noiseMultiplier z > 0
 * @param order α > 0, not 1; orders below 1 serve the Bhattacharyya coefficient (α = ½)
 */
export function subsampledGaussianLogMoment(samplingRate: number, noiseMultiplier: number, order: number): number {
  return Number.isInteger(order)
    ? logMomentInteger(samplingRate, noiseMultiplier, order)
    : logMomentFractional(samplingRate, noiseMultiplier, order);
}

/**
 * RDP of one Poisson-subsampled Gaussian step under add/remove of one shopper.
 * @param samplingRate q in [0, 1]
 * @param noiseMultiplier z > 0: standard deviation of the noise in units of the sensitivity
 * @param order α ≥ 1.01; ∞ allowed
 * @returns RDP_α ≥ the exact value; it never exceeds that of the unsampled Gaussian, α/2z²
 */
export function subsampledGaussianRdp(samplingRate: number, noiseMultiplier: number, order: number): number {
  if (samplingRate === 0) return 0;
  if (order === Infinity) return Infinity;
  const unsampled = order / noiseMultiplier / noiseMultiplier / 2;
  if (samplingRate === 1) return unsampled;
  const logMoment = subsampledGaussianLogMoment(samplingRate, noiseMultiplier, order);
  const allowance = Number.isInteger(order) ? 0 : ROUNDING;
  return Math.min(unsampled, (Math.max(0, logMoment) + allowance) / (order - 1));
}
