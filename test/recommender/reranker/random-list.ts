import { standardNormal } from '../../../recommender/random.js';
import { FEATURE_COUNT, OWN_FEATURES } from '../../../recommender/reranker/index.js';
import type { FullList, StrictList } from '../../../recommender/reranker/index.js';
import { seeded } from '../support/coins.js';

/** A list with normal features, own ones zero. */
export function randomList(seed: string, shape: { readonly length: number; readonly target: number }): StrictList {
  const random = seeded(seed);
  const features = Float32Array.from({ length: shape.length * FEATURE_COUNT }, (_, index) =>
    OWN_FEATURES.includes(index % FEATURE_COUNT) ? 0 : standardNormal(random),
  );
  return {
    form: 'strict',
    items: Int32Array.from({ length: shape.length }, (_, item) => item),
    features,
    target: shape.target,
  };
}

/** The same with normal own features too. */
export function randomFullList(seed: string, shape: { readonly length: number; readonly target: number }): FullList {
  const random = seeded(`${seed} own`);
  const strict = randomList(seed, shape);
  const features = strict.features.map((value, index) =>
    OWN_FEATURES.includes(index % FEATURE_COUNT) ? standardNormal(random) : value,
  );
  return { ...strict, form: 'full', features };
}
