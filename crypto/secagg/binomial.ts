/** Below this, ln n! is summed up exactly; from here on Stirling's series is exact to the last bit. */
const SUMMED = 256;
const LOG_FACTORIALS = new Float64Array(SUMMED);
for (let n = 2; n < SUMMED; n++) LOG_FACTORIALS[n] = (LOG_FACTORIALS[n - 1] ?? 0) + Math.log(n);

/** ln n!, by Stirling's series with three terms (DLMF 5.11.1) above 255: absolute error below 1e-15 · n. */
function logFactorial(n: number): number {
  if (n < SUMMED) return LOG_FACTORIALS[n] ?? 0;
  const square = n * n;
  return (
    (n + 0.5) * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI) + (1 - (1 - 2 / (7 * square)) / (30 * square)) / (12 * n)
  );
}

/** ln C(n, k); −∞ where k is not in 0..n. */
export function logChoose(n: number, k: number): number {
  if (k < 0 || k > n) return Number.NEGATIVE_INFINITY;
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

/** A binomial distribution of `trials` trials with success probability p, 0 < p < 1. */
export interface Binomial {
  readonly trials: number;
  readonly p: number;
}

function logMass({ trials, p }: Binomial, k: number): number {
  return logChoose(trials, k) + k * Math.log(p) + (trials - k) * Math.log1p(-p);
}

/** Terms smaller than this share of the sum do not change it. */
const NEGLIGIBLE = 2 ** -70;

/** Σ of masses from k on, in a direction in which they fall, as a logarithm. */
function logSum(distribution: Binomial, k: number, step: 1 | -1): number {
  const { trials, p } = distribution;
  const odds = p / (1 - p);
  let total = 1;
  let term = 1;
  for (let at = k; term > NEGLIGIBLE * total; at += step) {
    // Mass(at + step) over mass(at).
    term *= step === 1 ? (odds * (trials - at)) / (at + 1) : at / (odds * (trials - at + 1));
    total += term;
  }
  return logMass(distribution, k) + Math.log(total);
}

/** ln Pr[X ≥ k]: the exact sum above the mean, and 0, which is an upper bound, at the mean or below. */
export function logUpperTail(distribution: Binomial, k: number): number {
  const { trials, p } = distribution;
  if (k > trials) return Number.NEGATIVE_INFINITY;
  return k <= trials * p ? 0 : Math.min(0, logSum(distribution, k, 1));
}

/** ln Pr[X ≤ k]: the exact sum below the mean, and 0, which is an upper bound, at the mean or above. */
export function logLowerTail(distribution: Binomial, k: number): number {
  const { trials, p } = distribution;
  if (k < 0) return Number.NEGATIVE_INFINITY;
  return k >= trials * p ? 0 : Math.min(0, logSum(distribution, k, -1));
}
