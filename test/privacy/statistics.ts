import { createCipheriv } from 'node:crypto';
import type { RandomSource } from '../../privacy/index.js';

/** A deterministic source for tests: the AES-256-CTR key stream of a fixed key. */
export function fixedKeyRandom(key: number): RandomSource {
  const cipher = createCipheriv('aes-256-ctr', Buffer.alloc(32, key), Buffer.alloc(16));
  return { bytes: (n) => new Uint8Array(cipher.update(Buffer.alloc(n))) };
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

/** The mean square of integers. */
export function meanSquare(samples: ArrayLike<number>): number {
  return Array.from(samples).reduce((sum, value) => sum + value * value, 0) / samples.length;
}
