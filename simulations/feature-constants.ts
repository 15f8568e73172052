import { validationCase } from '../recommender/merchant/index.js';
import { FEATURE_COUNT, FEATURE_DEVIATIONS, FEATURE_MEANS, strictLists } from '../recommender/reranker/index.js';
import { cutCatalogue } from './offline-data.js';

/**
 * Where the constants of recommender/reranker/standard come from: mean and standard deviation of every feature over the
 * candidates of 5,000 shoppers' strict lists, averaged over catalogues. Prints what they would be on the catalogues given.
 *
 *   npx tsx simulations/feature-constants.ts DATA beauty sports toys pantry
 */
const [folder = '', ...names] = process.argv.slice(2);
const means = new Float64Array(FEATURE_COUNT);
const deviations = new Float64Array(FEATURE_COUNT);
for (const name of names) {
  const cut = { folder, merchants: 1, shoppers: 5000, seed: '7', last: 'kept' } as const;
  const sums = new Float64Array(FEATURE_COUNT);
  const squares = new Float64Array(FEATURE_COUNT);
  let candidates = 0;
  for (const { engine, text, attributes, split } of await cutCatalogue(name, cut))
    for (const { features, items } of strictLists(engine, text, attributes, split.contributors.map(validationCase))) {
      candidates += items.length;
      features.forEach((value, index) => {
        const feature = index % FEATURE_COUNT;
        const raw = value * (FEATURE_DEVIATIONS[feature] ?? 1) + (FEATURE_MEANS[feature] ?? 0);
        sums[feature] = (sums[feature] ?? 0) + raw;
        squares[feature] = (squares[feature] ?? 0) + raw * raw;
      });
    }
  sums.forEach((sum, feature) => {
    const mean = sum / candidates;
    const variance = Math.max(0, (squares[feature] ?? 0) / candidates - mean * mean);
    means[feature] = (means[feature] ?? 0) + mean / names.length;
    deviations[feature] = (deviations[feature] ?? 0) + Math.sqrt(variance) / names.length;
  });
}
const rounded = (values: Float64Array): number[] => Array.from(values, (value) => Number(value.toFixed(3)));
process.stdout.write(`${JSON.stringify({ means: rounded(means), deviations: rounded(deviations) })}\n`);
