/**
 * The normal tail and its logarithm to about 1e-15 relative, everywhere: accountants live in tails where the usual
 * five-digit approximations of erf would turn an upper bound on ε into a lower one.
 */
const SQRT_PI = Math.sqrt(Math.PI);

/** ∫ of the Gaussian bell from 0, as a series of positive terms (no cancellation): erf(x) = 2/√π e^(−x²) Σ 2ⁿx^(2n+1)/(2n+1)!!. */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > sum * 2 ** -55; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / SQRT_PI) * Math.exp(-x * x) * sum;
}

/** Laplace's continued fraction for e^(x²)·erfc(x), x ≥ 1, from the inside out; the depth leaves an error below 1e-16. */
function scaledTailFraction(x: number): number {
  const depth = Math.ceil(12 + 190 / (x * x));
  let fraction = x;
  for (let k = depth; k >= 1; k--) fraction = x + k / 2 / fraction;
  return 1 / (SQRT_PI * fraction);
}

/**
 * The complementary error function.
 * @param x any number
 * @returns erfc(x) in [0, 2]
 */
export function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  if (x < 1) return 1 - erfSeries(x);
  return Math.exp(-x * x) * scaledTailFraction(x);
}

/**
 * The scaled complementary error function e^(x²)·erfc(x), which does not underflow.
 * @param x at least 0
 */
export function erfcx(x: number): number {
  return x < 1 ? Math.exp(x * x) * erfc(x) : scaledTailFraction(x);
}

/** ln erfc(x), also where erfc(x) itself underflows. */
export function logErfc(x: number): number {
  return x < 1 ? Math.log(erfc(x)) : -x * x + Math.log(scaledTailFraction(x));
}

/** The standard normal distribution function Φ(x), relatively exact in the lower tail. */
export function normalCdf(x: number): number {
  return erfc(-x / Math.SQRT2) / 2;
}

/** ln Φ(x). */
export function logNormalCdf(x: number): number {
  return logErfc(-x / Math.SQRT2) - Math.LN2;
}

/** ln(e^x − 1) for x > 0. */
export function logExpm1(x: number): number {
  return x > 36 ? x + Math.log1p(-Math.exp(-x)) : Math.log(Math.expm1(x));
}

/** ln(1 + e^x). */
export function softplus(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}

/** ln Σ e^(x_i), the sum taken from the small end; −∞ for an empty list. */
export function logSumExp(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const largest = sorted.at(-1) ?? -Infinity;
  if (!Number.isFinite(largest)) return largest;
  let sum = 0;
  for (const value of sorted) sum += Math.exp(value - largest);
  return largest + Math.log(sum);
}
