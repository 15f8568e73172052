/**
 * From a merchant's real sum to integers, once a merchant: scale, round, clamp; and what that does to sensitivity.
 *
 * The order is clip → sum → round → clamp → noise → mask. Rounding each shopper instead would add √d quanta for every
 * one of them; clamping after noise would let the clamp see it.
 */
import { GuildhallError } from '../../errors/index.js';
import { honestSurvivors, MINIMUM_SHARE_DEVIATION } from '../noise/noise-share.js';
import type { SurvivalTerms } from '../noise/noise-share.js';
import { powerOfTwoBelow } from '../noise/powers.js';

/** The rounding term √d may be at most this share of s·C, so that rounding costs at most one per cent more noise. */
const ROUNDING_SHARE = 0.01;

/**
 * Scales and rounds a sum to whole quanta, ties upward. Two sums that differ by v round to integers that differ from s·v
 * by at most 1 a coordinate.
 * @param sum d finite numbers
 * @param scale s > 0, quanta per unit; a power of two multiplies exactly
 * @returns d integers as doubles
 */
export function roundOnce(sum: Float64Array, scale: number): Float64Array {
  if (!(scale > 0 && Number.isFinite(scale))) throw new RangeError(`a scale must be positive and finite, got ${scale}`);
  return sum.map((value) => Math.round(value * scale));
}

/**
 * Clamps each coordinate to ±B. A projection: it never makes two neighbouring sums differ by more.
 * @param values integers as doubles
 * @param bound B, an integer in 1..2^31 − 1
 */
export function clampTo(values: Float64Array, bound: number): Int32Array {
  if (!Number.isInteger(bound) || bound < 1 || bound >= 2 ** 31)
    throw new RangeError(`a clamp bound must be an integer in [1, 2^31), got ${bound}`);
  return Int32Array.from(values, (value) => Math.max(-bound, Math.min(bound, value)));
}

/** What determines the sensitivity of a rounded sum. */
export interface GaussianSensitivityTerms {
  /** s: quanta per unit. */
  readonly scale: number;
  /** C: L2 clip norm of a shopper at one merchant. */
  readonly clipNorm: number;
  /** d ≥ 1. */
  readonly dimension: number;
  /** m: at how many merchants of the round one shopper may appear. @default 1 */
  readonly merchantsPerShopper?: number;
}

/**
 * Δ = m·(s·C + √d) quanta: how far adding or removing one shopper (its whole history) moves the integer sum, each of its m
 * merchants rounding once. Replacing a shopper by another moves it up to twice as far and is not what is accounted.
 */
export function gaussianSensitivity(terms: GaussianSensitivityTerms): number {
  const { scale, clipNorm, dimension, merchantsPerShopper = 1 } = terms;
  return merchantsPerShopper * (scale * clipNorm + Math.sqrt(dimension));
}

/** Δ = m·K: how far one shopper moves a sum of counts in L1 norm. */
export function countSensitivity(terms: { readonly l1Bound: number; readonly merchantsPerShopper?: number }): number {
  return terms.l1Bound * (terms.merchantsPerShopper ?? 1);
}

/** What the scale must suit. */
export interface ScaleTerms extends SurvivalTerms {
  readonly clipNorm: number;
  readonly dimension: number;
  readonly noiseMultiplier: number;
  /** @default 1 */
  readonly merchantsPerShopper?: number;
  /** Into how many parts like the narrowest one that is drawn the noise is cut. @default U_min − c */
  readonly finestParts?: number;
}

/**
 * The least power of two s with √d ≤ 1 % of s·C and every noise share at least 3 quanta wide. The least, because the ring
 * is finite: what the scale does not use is left for the clamp.
 * @throws GuildhallError NOISE_TERMS_INVALID for terms that admit no scale
 */
export function chooseScale(terms: ScaleTerms): number {
  const { clipNorm, dimension, noiseMultiplier, merchantsPerShopper = 1 } = terms;
  const parts = terms.finestParts ?? honestSurvivors(terms);
  const forRounding = Math.sqrt(dimension) / (ROUNDING_SHARE * clipNorm);
  const neededSensitivity = (MINIMUM_SHARE_DEVIATION * Math.sqrt(parts)) / noiseMultiplier;
  const forNoise = (neededSensitivity / merchantsPerShopper - Math.sqrt(dimension)) / clipNorm;
  const least = Math.max(forRounding, forNoise);
  if (!(least > 2 ** -1000 && least < 2 ** 1000)) {
    throw new GuildhallError(
      'NOISE_TERMS_INVALID',
      `No scale suits clip norm ${clipNorm}, dimension ${dimension} and noise multiplier ${noiseMultiplier}.`,
      { details: { clipNorm, dimension, noiseMultiplier } },
    );
  }
  const scale = powerOfTwoBelow(least);
  return scale === least ? scale : 2 * scale;
}
