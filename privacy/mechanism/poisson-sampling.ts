/**
 * Poisson sampling of shoppers: each takes part by its own coin, exactly with probability q. The sample's size varies and
 * is neither capped nor reported; shuffling into batches of a fixed size is another mechanism with another accountant.
 */
import { Coins } from '../noise/random.js';
import type { RandomSource } from '../noise/random.js';

const TWO_32 = 2 ** 32;

/** q as an exact fraction, 0 ≤ numerator ≤ denominator ≤ 2^53. */
export interface RationalRate {
  readonly numerator: number;
  readonly denominator: number;
}

/** The base-2^32 digits of a double in [0, 1) after the point; every double has finitely many. */
function digitsOf(rate: number): number[] {
  const digits: number[] = [];
  for (let rest = rate; rest > 0;) {
    const shifted = rest * TWO_32;
    const digit = Math.floor(shifted);
    digits.push(digit);
    rest = shifted - digit;
  }
  return digits;
}

/** True with exactly the probability that the digits write: a uniform number is drawn digit by digit until it differs. */
function below(coins: Coins, digits: readonly number[]): boolean {
  for (const digit of digits) {
    const draw = coins.word();
    if (draw !== digit) return draw < digit;
  }
  return false;
}

function coinOf(rate: number | RationalRate): (coins: Coins) => boolean {
  if (typeof rate === 'number') {
    if (!(rate >= 0 && rate <= 1)) throw new RangeError(`a sampling rate must be in [0, 1], got ${rate}`);
    if (rate === 1) return () => true;
    const digits = digitsOf(rate);
    return (coins) => below(coins, digits);
  }
  const { numerator, denominator } = rate;
  if (
    !Number.isSafeInteger(numerator) ||
    !Number.isSafeInteger(denominator) ||
    numerator < 0 ||
    numerator > denominator
  )
    throw new RangeError(`a sampling rate must be a fraction in [0, 1], got ${numerator}/${denominator}`);
  if (denominator === 0) throw new RangeError('a sampling rate must have a positive denominator');
  return (coins) => coins.below(denominator) < numerator;
}

/**
 * Draws a Poisson sample by secret coins.
 * @param shoppers n ≥ 0
 * @param rate q in [0, 1]; a double means exactly the fraction that it stores
 * @returns the sampled positions, ascending; may be empty, and the merchant then contributes noise only
 */
export function poissonSample(shoppers: number, rate: number | RationalRate, random: RandomSource): Uint32Array {
  const coin = coinOf(rate);
  const coins = new Coins(random, shoppers);
  const sampled: number[] = [];
  for (let shopper = 0; shopper < shoppers; shopper++) if (coin(coins)) sampled.push(shopper);
  coins.wipe();
  return Uint32Array.from(sampled);
}
