/**
 * Pólya (negative binomial with real r) values with r = 1/m, exactly: the shares of the discrete Laplace distribution,
 * which is infinitely divisible. If X_i, Y_i ~ Pólya(1/m, α), then Σ_{i≤m} (X_i − Y_i) has P(z) ∝ α^|z|; more than m
 * shares only add noise.
 *
 * Narrow noise: Pólya(1/m, α) has P(k) ∝ α^k·Π_{i≤k} (1 + (i−1)m)/(i·m): a geometric k, P(k) ∝ α^k, accepted with that
 * rational product. The geometric grows by one coin of α at a time and each factor is tossed as soon as k has reached it,
 * which is the same law and throws a doomed candidate away at once.
 *
 * Wide noise, α near 1, would take as many coins as its value. It is brought down by halves: the generating function of
 * Pólya(r, α) is ((1−α)/(1−αs))^r, and with α₁ = α/(1+α)
 *
 *     (1−α)/(1−αs) = (1−α²)/(1−α²s) · (1−α₁)/(1−α₁h(s)),   h(s) = (1−α²)s/(1−α²s),
 *
 * where h is that of 1 + G, G geometric with P(G) ∝ α^(2G). So Pólya(r, α) is Pólya(r, α²) plus Y values 1 + G with Y ~
 * Pólya(r, α₁): the decay γ doubles, and a coin of α₁ is a fair one and one of α.
 */
import { bernoulliExp, bernoulliExpDyadic } from './bernoulliExp.js';
import type { DyadicExponent } from './bernoulliExp.js';
import { sampleGeometric } from './discreteLaplace.js';
import type { Coins } from './random.js';

const TWO_32 = 2 ** 32;
/** From this decay on, in units of 2^−32, the narrow way is the faster one. */
const NARROW = TWO_32 / 8;

/**
 * One Pólya(1/m, e^−γ) value.
 * @param shares m in 1..2^20
 */
export function samplePolya(coins: Coins, shares: number, exponent: DyadicExponent): number {
  let decay = exponent.whole * TWO_32 + exponent.fraction;
  if (decay >= NARROW) return grow(coins, shares, () => bernoulliExp(coins, exponent));
  let sum = 0;
  for (; decay < NARROW; decay *= 2) {
    const fraction = decay;
    const groups = grow(coins, shares, () => oddsCoin(coins, fraction));
    for (let group = 0; group < groups; group++) sum += 1 + sampleGeometric(coins, 2 * fraction);
  }
  const fraction = decay;
  return sum + grow(coins, shares, () => bernoulliExpDyadic(coins, fraction));
}

/** Pólya(1/m, p) for a coin of probability p. */
function grow(coins: Coins, shares: number, coin: () => boolean): number {
  for (let k = 0; ;) {
    if (!coin()) return k;
    k++;
    if (coins.below(k * shares) >= 1 + (k - 1) * shares) k = 0;
  }
}

/** True with probability α/(1+α), α = e^(−fraction/2^32). */
function oddsCoin(coins: Coins, fraction: number): boolean {
  for (;;) {
    if (coins.bit() === 0) return false;
    if (bernoulliExpDyadic(coins, fraction)) return true;
  }
}
