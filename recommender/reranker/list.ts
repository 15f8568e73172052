/** How many candidates of the mix a list holds at most. */
export const LIST_SIZE = 60;

/** How many features a (history, candidate) pair has; the order is that of {@link FEATURE_NAMES}. */
export const FEATURE_COUNT = 39;

/**
 * The merchant's own evidence among the features: directed count, window count, popularity, row sum, two indicators,
 * affinity of categories and of brands, two likenesses to what was bought around, lateness, late purchases, popularity of
 * the brand, and windows of neighbours. Another shopper's data enters them, so a strict list has them at zero.
 */
export const OWN_FEATURES: readonly number[] = [2, 3, 4, 21, 24, 25, 26, 27, 28, 29, 35, 36, 37, 38];

/** The features that depend on one shopper and on public data only, in ascending order: those a strict model reads. */
export const STRICT_FEATURES: readonly number[] = Array.from({ length: FEATURE_COUNT }, (_, index) => index).filter(
  (index) => !OWN_FEATURES.includes(index),
);

interface ListFields {
  /** Item indices in the order of the mix, best first; at most {@link LIST_SIZE}. */
  readonly items: Int32Array;
  /** items.length × {@link FEATURE_COUNT}, row-major, standardised by public constants. */
  readonly features: Float32Array;
  /** Where in `items` the shopper's next item stands; −1 when it is not in the list. */
  readonly target: number;
}

/**
 * A list built from one shopper's events and public data alone (mix of text terms, own features zero), so that
 * a function of it depends on no other shopper: what shopper-level clipping needs.
 */
export interface StrictList extends ListFields {
  readonly form: 'strict';
}

/** A list that the merchant's own evidence entered. Its gradients must not be released under a per-shopper clip. */
export interface FullList extends ListFields {
  readonly form: 'full';
  /** What released counts say of each candidate, Σ .7^age · ĉ[item of that age, candidate]; absent where the mix has none. */
  readonly released?: Float32Array;
}

export type CandidateList = StrictList | FullList;

const BASE_SLOPE = 0.8;

/** The logit of a position before any correction: −0.8 · ln(1 + rank), rank from 0. */
export function baseLogit(rank: number): number {
  return -BASE_SLOPE * Math.log1p(rank);
}
