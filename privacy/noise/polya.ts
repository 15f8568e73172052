/**
 * Pólya (negative binomial with real r) values with r = 1/m, exactly: the shares of the discrete Laplace distribution,
 * which is infinitely divisible. If X_i, Y_i ~ Pólya(1/m, α), then Σ_{i≤m} (X_i − Y_i) has P(z) ∝ α^|z|; more than m
 * shares only add noise.
 *
 * P(k) ∝ w(k) = α^k·Γ(k+r)/(Γ(r)·k!) = α^k·Π_{i≤k} (1 + (i−1)m)/(i·m), which falls: each factor is below α. So it is
 * sampled as a {@link TiledLaw}. In the tail w(k+j) ≤ α^j·w(k).
 */
import type { DyadicExponent } from './bernoulli-exp.js';
import { exp, log, log1p, stirling } from './elementary.js';
import { expBounds } from './exact-exp.js';
import { twoTo } from './powers.js';
import type { Coins } from './random.js';
import { sampleTiled, tile } from './tiling.js';
import type { TiledLaw, Tiling, WeightBounds } from './tiling.js';

const TWO_32 = 2 ** 32;
/** Up to here the product is multiplied out; beyond, Γ is by Stirling's series. */
const MULTIPLIED = 64;
/** γk of the tail: less than 2^−12 of the whole lies there. */
const TAIL_EXPONENT = 9;
/** γk from which w is called negligible: e^−64 < 2^−92. */
const NEGLIGIBLE_EXPONENT = 64;
/** A little above ln 2. */
const LN2 = 0.69314719;

/** A law Pólya(1/m, e^−γ), ready to be sampled. */
export interface PolyaTerms {
  /** m. */
  readonly shares: number;
  /** γ. */
  readonly exponent: DyadicExponent;
  readonly tiling: Tiling;
}

/**
 * What to draw for m and γ. Takes up to a millisecond: once for many values.
 * @param shares m in 1..2^20
 */
export function polyaTerms(shares: number, exponent: DyadicExponent): PolyaTerms {
  return { shares, exponent, tiling: tile(polyaWeights(shares, exponent)) };
}

/** One Pólya(1/m, e^−γ) value. */
export function samplePolya(coins: Coins, { tiling }: PolyaTerms): number {
  return sampleTiled(coins, tiling);
}

/** The weights of Pólya(1/m, e^−γ). */
export function polyaWeights(shares: number, exponent: DyadicExponent): TiledLaw {
  const run = exponent.whole * TWO_32 + exponent.fraction;
  const decay = run / TWO_32;
  let halving = 0;
  while (decay * twoTo(halving) < LN2) halving++;
  const weigh = divisibility(shares);
  return {
    rays: [{ start: 0, direction: 1, reach: Math.ceil(TAIL_EXPONENT / decay), halving }],
    weight: (k) => (decay * k > NEGLIGIBLE_EXPONENT ? 0 : weigh(k, decay * k)),
    weightBounds: (k, precision) => polyaBounds(shares, run, k, precision),
  };
}

/**
 * e^−x·Γ(k+r)/(Γ(r)·k!) as a function of k and x ≤ 64. Beyond the first values Stirling's formula gives
 *
 *     ln(Γ(k+r)/k!) = (k + ½)·ln(1 − (1−r)/(k+1)) + (1 − r)·(1 − ln(k+r)) + δ(k+r) − δ(k+1)
 *
 * with terms of at most 1, 20 and 2^−9, and x of at most 64: off by less than 2^−44 together, and so is the constant, taken
 * from the last product.
 */
function divisibility(shares: number): (k: number, x: number) => number {
  const r = 1 / shares;
  const products = new Float64Array(MULTIPLIED + 1);
  let product = 1;
  products[0] = product;
  for (let i = 1; i <= MULTIPLIED; i++) {
    product *= (1 + (i - 1) * shares) / (i * shares);
    products[i] = product;
  }
  const series = (k: number): number =>
    (k + 0.5) * log1p((r - 1) / (k + 1)) + (1 - r) * (1 - log(k + r)) + stirling(k + r) - stirling(k + 1);
  const constant = log(product) - series(MULTIPLIED);
  return (k, x) => (k <= MULTIPLIED ? (products[k] ?? 0) * exp(-x) : exp(constant + series(k) - x));
}

/** Integers around 2^precision·w(k), in k steps: seconds for the widest noise, and for one value in 2^38. */
function polyaBounds(shares: number, run: number, k: number, precision: number): WeightBounds {
  const m = BigInt(shares);
  let { low, high } = expBounds(BigInt(run) * BigInt(k), 32, precision);
  let numerator = 1n;
  let denominator = m;
  for (let i = 1; i <= k; i++) {
    low = (low * numerator) / denominator;
    high = (high * numerator + denominator - 1n) / denominator;
    numerator += m;
    denominator += m;
  }
  return { low, high };
}
