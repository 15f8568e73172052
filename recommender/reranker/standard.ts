import { FEATURE_COUNT } from './list.js';

/**
 * Means and standard deviations of the strict features over 1,200,000 candidates: the strict lists of 5,000 shoppers of
 * each of four public catalogues (Amazon Beauty, Sports, Toys, Pantry), averaged over the catalogues. They describe which
 * candidates text brings up, not what shoppers chose. Constants of the code, so that every merchant's features
 * mean the same and no merchant's data enters them. Own features stay as they are: absence must stay 0.
 */
// prettier-ignore
export const FEATURE_MEANS: readonly number[] = [
  0.342, 0.304, 0, 0, 0, 0.127, 0.113, 0.07, 0.476, 0.29, 0.147, 0.168, 0.683,
  0.538, 0.506, 0.329, 0.34, 0.151, 0.695, 0.629, 0.599, 0, 1.126, 1.133, 0, 0,
  0, 0, 0, 0, 0.108, 0.069, 0.585, 0.142, 0.629, 0, 0, 0, 0,
];
/** See {@link FEATURE_MEANS}. */
// prettier-ignore
export const FEATURE_DEVIATIONS: readonly number[] = [
  0.21, 0.152, 1, 1, 1, 0.217, 0.211, 0.174, 0.192, 0.447, 0.2, 0.304, 0.154,
  0.327, 0.34, 0.372, 0.215, 0.165, 0.236, 0.179, 0.124, 1, 0.255, 0.179, 1, 1,
  1, 1, 1, 1, 0.126, 0.064, 0.975, 0.404, 0.179, 1, 1, 1, 1,
];

/** Standardises rows of features in place: (x − mean) / deviation. */
export function standardise(features: Float32Array): void {
  for (let index = 0; index < features.length; index += 1) {
    const feature = index % FEATURE_COUNT;
    features[index] = ((features[index] ?? 0) - (FEATURE_MEANS[feature] ?? 0)) / (FEATURE_DEVIATIONS[feature] ?? 1);
  }
}
