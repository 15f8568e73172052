/**
 * Skellam noise: the difference of two Poisson values of equal mean, exactly. Closed under sums, so shares of variance
 * σ²/m add up to one of variance σ².
 */
import { poissonTerms, samplePoisson } from './poisson.js';
import type { PoissonTerms } from './poisson.js';
import type { Coins } from './random.js';

/**
 * What to draw for a variance.
 * @param variance σ² in [2^−3, 2^44], rounded up by at most a factor 1 + 2^−19
 * @throws RangeError outside that range
 */
export function skellamTerms(variance: number): PoissonTerms {
  return poissonTerms(variance / 2);
}

/** One value of the symmetric Skellam distribution of variance 2λ. */
export function sampleSkellam(coins: Coins, terms: PoissonTerms): number {
  return samplePoisson(coins, terms) - samplePoisson(coins, terms);
}
