/**
 * Pólya values another way, slow and all in rational coins: what the fast sampler is held against.
 *
 * P(k) = α^k·Π_{i≤k} (1 + (i−1)m)/(i·m): a geometric k, P(k) ∝ α^k, accepted with that product. The geometric grows by one
 * coin of α at a time and each factor is tossed as soon as k has reached it.
 */
import type { Coins, DyadicExponent } from '../../../privacy/index.js';
import { bernoulliExpDyadic, bernoulliExpOne } from '../../../privacy/noise/bernoulli-exp.js';

/** One Pólya(1/m, e^−γ) value. */
export function polyaByGeometric(coins: Coins, shares: number, exponent: DyadicExponent): number {
  for (let k = 0; ;) {
    if (!decays(coins, exponent)) return k;
    k++;
    if (coins.below(k * shares) >= 1 + (k - 1) * shares) k = 0;
  }
}

/** True with probability e^−γ. */
function decays(coins: Coins, { whole, fraction }: DyadicExponent): boolean {
  for (let i = 0; i < whole; i++) if (!bernoulliExpOne(coins)) return false;
  return bernoulliExpDyadic(coins, fraction);
}
