import { createCipheriv } from 'node:crypto';
import type { RandomSource } from '../../privacy/index.js';

/** A deterministic source for tests: the AES-256-CTR key stream of a fixed key. */
export function fixedKeyRandom(key: number): RandomSource {
  const cipher = createCipheriv('aes-256-ctr', Buffer.alloc(32, key), Buffer.alloc(16));
  return { bytes: (n) => new Uint8Array(cipher.update(Buffer.alloc(n))) };
}

/** The same with every bit a 1 in 9 cases of 16: what a broken generator would give. */
export function biasedRandom(key: number): RandomSource {
  const source = fixedKeyRandom(key);
  const bias = fixedKeyRandom(key ^ 0xff);
  return {
    bytes: (n) => {
      const rare = Array.from({ length: 3 }, () => bias.bytes(n));
      return source.bytes(n).map((byte, i) => byte | rare.reduce((all, bytes) => all & (bytes[i] ?? 0), 0xff));
    },
  };
}

/** A chi-square statistic with the bound that a true law exceeds with probability about 1e-9. */
export interface Fit {
  readonly statistic: number;
  readonly bound: number;
}

/**
 * Compares samples with a law on the integers. Cells expecting fewer than 10 values are pooled with everything outside
 * the listed range. The bound is Wilson and Hilferty's approximation at six standard deviations.
 */
export function fit(samples: ArrayLike<number>, law: ReadonlyMap<number, number>): Fit {
  const counts = new Map<number, number>();
  for (const value of Array.from(samples)) counts.set(value, (counts.get(value) ?? 0) + 1);
  const n = samples.length;
  let statistic = 0;
  let cells = 0;
  let restExpected = n;
  let restCount = n;
  for (const [value, probability] of law) {
    const expected = n * probability;
    if (expected < 10) continue;
    const count = counts.get(value) ?? 0;
    statistic += (count - expected) ** 2 / expected;
    restExpected -= expected;
    restCount -= count;
    cells++;
  }
  if (restExpected >= 10) {
    statistic += (restCount - restExpected) ** 2 / restExpected;
    cells++;
  } else if (restCount > 60) {
    statistic = Infinity;
  }
  const freedom = cells - 1;
  const spread = 2 / (9 * freedom);
  return { statistic, bound: freedom * (1 - spread + 6 * Math.sqrt(spread)) ** 3 };
}

/** The number of samples of each value, ascending. */
function tally(samples: ArrayLike<number>): [value: number, count: number][] {
  const sorted = Float64Array.from(samples).sort();
  const counts: [number, number][] = [];
  for (const value of sorted) {
    const last = counts.at(-1);
    if (last?.[0] === value) last[1] += 1;
    else counts.push([value, 1]);
  }
  return counts;
}

/**
 * Kolmogorov and Smirnov's distance between samples and a law on the integers, times √n. A true law exceeds the bound with
 * probability below 2·e^(−2·3.3²) < 1e-9 (Massart 1990; conservative for discrete laws).
 * @param cumulative P(X ≤ k) for integer k
 */
export function kolmogorov(samples: ArrayLike<number>, cumulative: (k: number) => number): Fit {
  const n = samples.length;
  let below = 0;
  let distance = 0;
  for (const [value, count] of tally(samples)) {
    distance = Math.max(distance, Math.abs(below / n - cumulative(value - 1)));
    below += count;
    distance = Math.max(distance, Math.abs(below / n - cumulative(value)));
  }
  return { statistic: distance * Math.sqrt(n), bound: 3.3 };
}

/** P(X ≤ k) of a law that lists every integer from its least to its greatest value. */
export function cumulativeOf(law: ReadonlyMap<number, number>): (k: number) => number {
  const sums = new Map<number, number>();
  let total = 0;
  let least = Infinity;
  for (const [k, probability] of law) {
    least = Math.min(least, k);
    sums.set(k, (total += probability));
  }
  return (k) => (k < least ? 0 : (sums.get(k) ?? 1));
}

/** How many standard errors the samples' mean and variance lie from the law's: the larger of both; at most 6 for a true law. */
export function momentError(samples: ArrayLike<number>, law: ReadonlyMap<number, number>): Fit {
  const expectation = (f: (k: number) => number): number =>
    [...law].reduce((sum, [k, probability]) => sum + probability * f(k), 0);
  const mean = expectation((k) => k);
  const variance = expectation((k) => (k - mean) ** 2);
  const fourth = expectation((k) => (k - mean) ** 4);
  let sum = 0;
  let squares = 0;
  for (const value of Array.from(samples)) {
    sum += value - mean;
    squares += (value - mean) ** 2;
  }
  const n = samples.length;
  const meanError = Math.abs(sum / n) / Math.sqrt(variance / n);
  const varianceError = Math.abs(squares / n - variance) / Math.sqrt((fourth - variance ** 2) / n);
  return { statistic: Math.max(meanError, varianceError), bound: 6 };
}

/** The law P(k) ∝ weight(k) on the integers of [from, to]. */
export function lawOf(weight: (k: number) => number, from: number, to: number): Map<number, number> {
  const weights = new Map<number, number>();
  let total = 0;
  for (let k = from; k <= to; k++) {
    const value = weight(k);
    weights.set(k, value);
    total += value;
  }
  for (const [k, value] of weights) weights.set(k, value / total);
  return weights;
}

/** The law of the discrete Gaussian of variance parameter σ². */
export function discreteGaussianLaw(variance: number): Map<number, number> {
  const reach = Math.ceil(12 * Math.sqrt(variance)) + 2;
  return lawOf((k) => Math.exp((-k * k) / (2 * variance)), -reach, reach);
}

/** The law P(z) ∝ e^(−γ|z|). */
export function discreteLaplaceLaw(decay: number): Map<number, number> {
  const reach = Math.ceil(60 / decay);
  return lawOf((z) => Math.exp(-decay * Math.abs(z)), -reach, reach);
}

/** The law P(k) ∝ α^k·(r)_k/k! on k ≥ 0 with r = 1/m and α = e^(−γ). */
export function polyaLaw(shares: number, decay: number): Map<number, number> {
  const weights: number[] = [1];
  for (let k = 1; k <= 60 / decay; k++)
    weights.push(((weights[k - 1] ?? 0) * Math.exp(-decay) * (1 / shares + k - 1)) / k);
  return lawOf((k) => weights[k] ?? 0, 0, weights.length - 1);
}

/** The law of the difference of two Poisson values, for a variance of at most a few hundred. */
export function skellamLaw(variance: number): Map<number, number> {
  const mean = variance / 2;
  const poisson = [Math.exp(-mean)];
  for (let k = 1; k <= mean + 40 + 12 * Math.sqrt(mean); k++) poisson.push(((poisson[k - 1] ?? 0) * mean) / k);
  const last = poisson.length - 1;
  return lawOf(
    (z) => poisson.reduce((sum, probability, k) => sum + probability * (poisson[k + Math.abs(z)] ?? 0), 0),
    -last,
    last,
  );
}

/** The mean square of integers. */
export function meanSquare(samples: ArrayLike<number>): number {
  return Array.from(samples).reduce((sum, value) => sum + value * value, 0) / samples.length;
}
