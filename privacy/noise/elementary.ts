/**
 * Exponential, logarithms and Stirling's series from +, −, × and ÷ alone, which IEEE 754 rounds alike on every host; the
 * last bit of `Math.exp` and `Math.log` is each engine's own. So a sampler takes the same turns everywhere.
 *
 * Relative errors, of exp on [−100, 0] and of both logarithms, are below 2^−49: each is a polynomial of a reduced argument
 * with a remainder below 2^−54, evaluated in some ten operations of which only the last few count.
 */
import { exponentOf, powerOfTwoBelow, twoTo } from './powers.js';

/** ln 2 in two parts: the first has 32 bits, so that its product with an exponent is exact. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const SQRT2 = 1.4142135623730951;
const EXP_TERMS = 14;
const LOG_TERMS = 12;
const SERIES_LIMIT = 2 ** -3;

/**
 * e^x.
 * @param x in [−700, 0]
 */
export function exp(x: number): number {
  const exponent = Math.round(x / (LN2_HIGH + LN2_LOW));
  const rest = x - exponent * LN2_HIGH - exponent * LN2_LOW;
  let sum = 1;
  for (let i = EXP_TERMS; i >= 1; i--) sum = 1 + (rest / i) * sum;
  return sum * twoTo(exponent);
}

/** 2·artanh(z) for |z| ≤ 0.18. */
function doubleArtanh(z: number): number {
  const square = z * z;
  let sum = 0;
  for (let i = 2 * LOG_TERMS + 1; i >= 3; i -= 2) sum = square * (sum + 1 / i);
  return 2 * z * (1 + sum);
}

/**
 * ln x.
 * @param x normal, positive and finite
 */
export function log(x: number): number {
  let power = powerOfTwoBelow(x);
  if (x / power > SQRT2) power *= 2;
  const mantissa = x / power;
  return exponentOf(power) * (LN2_HIGH + LN2_LOW) + doubleArtanh((mantissa - 1) / (mantissa + 1));
}

/** ln(1 + x). @param x above −1, and 1 + x finite */
export function log1p(x: number): number {
  return Math.abs(x) < SERIES_LIMIT ? doubleArtanh(x / (2 + x)) : log(1 + x);
}

/**
 * δ(z) = ln Γ(z+1) − ln(√(2πz)·(z/e)^z) to three terms of Stirling's series, off by less than the fourth: 2^−52.
 * @param z at least 64
 */
export function stirling(z: number): number {
  const inverse = 1 / z;
  const square = inverse * inverse;
  return inverse * (1 / 12 - square * (1 / 360 - square / 1260));
}
