/**
 * Poisson values, exactly, as fast for a large mean as for a small one: rejection under a staircase around the mode
 * (Devroye 1986, Non-Uniform Random Variate Generation, II.3 and X.3) whose every probability is rational.
 *
 * With m = ⌊λ⌋ the law is P(m + k) = P(m)·R(k), R(k) = Π_{1≤i≤k} λ/(m+i) above the mode and Π_{0≤i<|k|} (m−i)/λ below.
 * ln R is concave, so a step length t with R(±t) ≤ ½ gives R(k) ≤ 2^−⌊|k|/t⌋. A candidate is a sign, a number of steps
 * by fair coins and a uniform offset; it is accepted with probability 2^⌊|k|/t⌋·R(k).
 *
 * That coin is tossed by comparing a uniform number, bit by bit, with its probability. Doubles decide where they surely
 * can: the first 53 bits differ from the probability by more than the proved error of its evaluation. Otherwise (a toss
 * in 2^25) the comparison is made in integers, to as many bits as it takes. The law is exact either way.
 */
import { powerOfTwoBelow } from './powers.js';
import type { Coins } from './random.js';

/** λ = numerator/denominator, ready to be sampled. */
export interface PoissonTerms {
  readonly numerator: number;
  /** A power of two. */
  readonly denominator: number;
  /** λ, exact as a double. */
  readonly mean: number;
  /** t ≥ 1: R(±t) ≤ ½. */
  readonly step: number;
}

/** λ is rounded up to so many significant bits: by at most a factor 1 + 2^−19. */
const PRECISION = 2 ** 19;
/** More than the relative error of {@link approximateRatio}; see there. */
const ERROR = 2 ** -26;
/** Below this mode, and this near to any, R is multiplied out. */
const SHORT = { mode: 2 ** 10, distance: 32 } as const;
/** Further from the mode than this, or than half of it, {@link approximateRatio} promises nothing. */
const TRUSTED = 2 ** 23;

/**
 * @param mean λ in [2^−4, 2^43], rounded up to what is sampled exactly
 * @throws RangeError outside that range
 */
export function poissonTerms(mean: number): PoissonTerms {
  if (!(mean >= 2 ** -4 && mean <= 2 ** 43)) throw new RangeError(`a mean must be in [2^-4, 2^43], got ${mean}`);
  const denominator = Math.max(1, PRECISION / powerOfTwoBelow(mean));
  const numerator = Math.ceil(mean * denominator);
  const rounded = numerator / denominator;
  return { numerator, denominator, mean: rounded, step: stepLength(rounded) };
}

/** Any t with R(±t) ≤ ½ keeps the law; the least one rejects least. */
function stepLength(mean: number): number {
  let high = 1;
  const halves = (t: number): boolean =>
    approximateRatio(mean, t) <= 0.5 * (1 - ERROR) && approximateRatio(mean, -t) <= 0.5 * (1 - ERROR);
  while (!halves(high)) high *= 2;
  let low = high / 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (halves(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** δ(n): ln n! − ln(√(2πn)·(n/e)^n). */
function stirling(n: number): number {
  const inverse = 1 / n;
  const square = inverse * inverse;
  return inverse * (1 / 12 - square * (1 / 360 - square / 1260));
}

/**
 * R(k) by Loader's saddle-point form (2000): −ln R = D(n) − D(m) + ½·ln(n/m) + δ(n) − δ(m) with n = m + k and
 * D(n) = n·ln(n/λ) + λ − n. Taken apart so that no term is larger than 1.5·|k|: each is then off by less than 2^−51·|k|,
 * together less than 2^−27 for |k| ≤ 2^23.
 */
export function approximateRatio(mean: number, k: number): number {
  const mode = Math.floor(mean);
  if (mode < SHORT.mode || Math.abs(k) <= SHORT.distance) {
    let ratio = 1;
    for (let i = 1; i <= k; i++) ratio *= mean / (mode + i);
    for (let i = 0; i < -k; i++) ratio *= Math.max(0, mode - i) / mean;
    return ratio;
  }
  const n = mode + k;
  const logarithm = Math.log1p(k / mode);
  const distance = n * logarithm - k + k * Math.log1p((mode - mean) / mean);
  return Math.exp(-(distance + logarithm / 2 + stirling(n) - stirling(mode)));
}

/** The distance nearest to k at which {@link approximateRatio} holds; R is no larger further out. */
function trusted(mode: number, k: number): number {
  const limit = mode < SHORT.mode ? SHORT.mode : Math.min(TRUSTED, Math.floor(mode / 2));
  return Math.max(-limit, Math.min(limit, k));
}

/** True with probability 2^steps·R(k). */
function accepts(coins: Coins, { numerator, denominator, mean }: PoissonTerms, k: number, steps: number): boolean {
  const mode = Math.floor(mean);
  const draw = coins.bits(53);
  const near = trusted(mode, k);
  const probability = approximateRatio(mean, near) * 2 ** steps;
  if (draw * 2 ** -53 > probability * (1 + ERROR)) return false;
  if (near === k && (draw + 1) * 2 ** -53 < probability * (1 - ERROR)) return true;
  return acceptsExactly(coins, BigInt(draw), { numerator, denominator, mode }, k, steps);
}

/** The same toss in integers, begun with 53 bits: bounds on the probability are narrowed until the next bits decide. */
export function acceptsExactly(
  coins: Coins,
  begun: bigint,
  law: { readonly numerator: number; readonly denominator: number; readonly mode: number },
  k: number,
  steps: number,
): boolean {
  let bits = 53n;
  let draw = begun;
  for (let precision = 192n; ; precision *= 2n) {
    for (; bits < precision; bits += 32n) draw = (draw << 32n) | BigInt(coins.word());
    const { low, high } = ratioBounds(law, k, bits + BigInt(steps));
    if (draw + 1n <= low) return true;
    if (draw >= high) return false;
  }
}

/** Integers with low ≤ 2^precision·R(k) ≤ high. */
export function ratioBounds(
  law: { readonly numerator: number; readonly denominator: number; readonly mode: number },
  k: number,
  precision: bigint,
): { readonly low: bigint; readonly high: bigint } {
  const numerator = BigInt(law.numerator);
  const denominator = BigInt(law.denominator);
  let low = 1n << precision;
  let high = low;
  for (let i = 1; i <= Math.abs(k); i++) {
    const factor = k > 0 ? numerator : BigInt(Math.max(0, law.mode - i + 1)) * denominator;
    const divisor = k > 0 ? BigInt(law.mode + i) * denominator : numerator;
    low = (low * factor) / divisor;
    high = (high * factor + divisor - 1n) / divisor;
  }
  return { low, high };
}

/** One Poisson(λ) value. */
export function samplePoisson(coins: Coins, terms: PoissonTerms): number {
  const { mean, step } = terms;
  for (;;) {
    const isAbove = coins.bit() === 0;
    let steps = 0;
    while (coins.bit() === 0) steps++;
    const distance = steps * step + coins.below(step);
    // Zero belongs to one side only.
    if (distance === 0 && !isAbove) continue;
    const k = isAbove ? distance : -distance;
    if (accepts(coins, terms, k, steps)) return Math.floor(mean) + k;
  }
}
