import { FEATURE_COUNT } from './list.js';

/** Public constants of standardisation. */
const MEANS: readonly number[] = Array.from({ length: FEATURE_COUNT }, () => 0);
const DEVIATIONS: readonly number[] = Array.from({ length: FEATURE_COUNT }, () => 1);

/** Standardises rows of features in place: (x − mean) / deviation. */
export function standardise(features: Float32Array): void {
  for (let index = 0; index < features.length; index += 1) {
    const feature = index % FEATURE_COUNT;
    features[index] = ((features[index] ?? 0) - (MEANS[feature] ?? 0)) / (DEVIATIONS[feature] ?? 1);
  }
}
