/**
 * Coins of probability e^−γ from fair coins in integer arithmetic (Canonne, Kamath and Steinke 2020, arXiv 2004.00010,
 * Algorithm 1): for γ ≤ 1 draw A_k ~ Bernoulli(γ/k) for k = 1, 2, … until one fails; the first failure falls on an odd k
 * with probability e^−γ. Bernoulli(γ/k) is drawn as Bernoulli(γ) and, independently, one in k.
 */
import { bitWidth } from './random.js';
import type { Coins } from './random.js';

const TWO_31 = 2 ** 31;
const TWO_32 = 2 ** 32;

/** True with probability 1/k, k ≥ 1, exact. */
function oneIn(coins: Coins, k: number): boolean {
  if (k === 1) return true;
  if (k === 2) return coins.bit() === 1;
  const limit = TWO_31 - (TWO_31 % k);
  for (;;) {
    const draw = coins.word() >>> 1;
    if (draw < limit) return draw % k === 0;
  }
}

/** True with probability e^−1. */
export function bernoulliExpOne(coins: Coins): boolean {
  let k = 1;
  while (oneIn(coins, k)) k++;
  return (k & 1) === 1;
}

/**
 * True with probability e^(−numerator/2^32).
 * @param numerator an integer in 0..2^32
 */
export function bernoulliExpDyadic(coins: Coins, numerator: number): boolean {
  let k = 1;
  while (coins.word() < numerator && oneIn(coins, k)) k++;
  return (k & 1) === 1;
}

/** True with probability numerator/denominator; `width` is the denominator's number of bits. */
function bernoulliRational(coins: Coins, numerator: number, denominator: number, width: number): boolean {
  for (;;) {
    const draw = coins.bits(width);
    if (draw < numerator) return true;
    if (draw < denominator) return false;
  }
}

/**
 * True with probability e^(−numerator/denominator).
 * @param numerator a non-negative integer, at most 2^53 as a number, unlimited as a BigInt
 * @param denominator an integer in 1..2^53
 */
export function bernoulliExpRational(coins: Coins, numerator: number | bigint, denominator: number): boolean {
  let whole: number | bigint;
  let rest: number;
  if (typeof numerator === 'number') {
    rest = numerator % denominator;
    whole = (numerator - rest) / denominator;
  } else {
    const divisor = BigInt(denominator);
    whole = numerator / divisor;
    rest = Number(numerator % divisor);
  }
  // e^−n is n coins of e^−1; the first failure settles it, so this loop is short whatever n is.
  for (let i = 0; i < whole; i++) if (!bernoulliExpOne(coins)) return false;
  const width = bitWidth(denominator - 1);
  let k = 1;
  while (bernoulliRational(coins, rest, denominator, width) && oneIn(coins, k)) k++;
  return (k & 1) === 1;
}

/** An exponent γ = whole + fraction/2^32 > 0, so that e^−γ can be tossed exactly. */
export interface DyadicExponent {
  readonly whole: number;
  /** An integer in [0, 2^32). */
  readonly fraction: number;
}

/**
 * γ rounded DOWN to a multiple of 2^−32: e^−γ, and with it any noise of that decay, is then never less than asked for.
 * @param exponent in [2^−22, 2^20]
 * @throws RangeError outside that range
 */
export function dyadicExponent(exponent: number): DyadicExponent {
  if (!(exponent >= 2 ** -22 && exponent <= 2 ** 20))
    throw new RangeError(`a decay exponent must be in [2^-22, 2^20], got ${exponent}`);
  const whole = Math.floor(exponent);
  return { whole, fraction: Math.floor((exponent - whole) * TWO_32) };
}
