/**
 * Pólya (negative binomial with real r) values with r = 1/m, exactly: the shares of the discrete Laplace distribution,
 * which is infinitely divisible. If X_i, Y_i ~ Pólya(1/m, α), then Σ_{i≤m} (X_i − Y_i) has P(z) ∝ α^|z|; more than m
 * shares only add noise.
 *
 * Pólya(1/m, α) has P(k) ∝ α^k·Π_{i≤k} (1 + (i−1)m)/(i·m): a geometric k, P(k) ∝ α^k, accepted with that rational product.
 * Here the geometric grows by one coin of α at a time and each factor is tossed as soon as k has reached it, which is
 * the same law and throws a doomed candidate away at once. Expected attempts: (1 − α)^−(1 − 1/m).
 */
import { bernoulliExp } from './bernoulliExp.js';
import type { DyadicExponent } from './bernoulliExp.js';
import type { Coins } from './random.js';

/**
 * One Pólya(1/m, e^−γ) value.
 * @param shares m in 1..2^20
 */
export function samplePolya(coins: Coins, shares: number, exponent: DyadicExponent): number {
  for (let k = 0; ;) {
    if (!bernoulliExp(coins, exponent)) return k;
    k++;
    if (coins.below(k * shares) >= 1 + (k - 1) * shares) k = 0;
  }
}
