/**
 * The discrete Laplace distribution P(y) ∝ e^(−γ|y|), exactly, in integer arithmetic (Canonne, Kamath and Steinke 2020,
 * Algorithm 2): a geometric magnitude from a uniform remainder and a quotient of e^−1, and a sign.
 */
import { bernoulliExpDyadic, bernoulliExpOne } from './bernoulli-exp.js';
import type { DyadicExponent } from './bernoulli-exp.js';
import type { Coins } from './random.js';

const TWO_32 = 2 ** 32;

/** A geometric number of successes of e^−1. */
function quotient(coins: Coins): number {
  let count = 0;
  while (bernoulliExpOne(coins)) count++;
  return count;
}

/**
 * A geometric value, P(k) ∝ e^(−kn/2^32): a geometric X with P(X) ∝ e^(−X/2^32) is cut into runs of n. As fast for wide noise
 * as for narrow.
 * @param run n in 1..2^52
 */
function sampleGeometric(coins: Coins, run: number): number {
  let remainder = coins.word();
  while (!bernoulliExpDyadic(coins, remainder)) remainder = coins.word();
  // Exact below 2^53: the quotient passes 2^21 with probability e^(−2^21).
  const geometric = remainder + TWO_32 * quotient(coins);
  return (geometric - (geometric % run)) / run;
}

/** One discrete Laplace value of decay γ. */
export function sampleDiscreteLaplace(coins: Coins, { whole, fraction }: DyadicExponent): number {
  const run = whole * TWO_32 + fraction;
  for (;;) {
    const magnitude = sampleGeometric(coins, run);
    if (coins.bit() === 0) return magnitude;
    // A second zero, from the negative side, would count zero twice.
    if (magnitude !== 0) return -magnitude;
  }
}

/**
 * Of decay 1/t for t a power of two, which needs no division: the discrete Gaussian's proposal.
 * @param t in 1..2^31
 */
export function sampleLaplaceOfScale(coins: Coins, t: number): number {
  const width = 31 - Math.clz32(t);
  const unit = TWO_32 / t;
  for (;;) {
    const remainder = coins.bits(width);
    if (!bernoulliExpDyadic(coins, remainder * unit)) continue;
    const magnitude = remainder + t * quotient(coins);
    if (coins.bit() === 0) return magnitude;
    if (magnitude !== 0) return -magnitude;
  }
}
