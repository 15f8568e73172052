/**
 * The counts statistic: public cells of text-neighbour pairs, one shopper's integer units on them, and what a noisy sum of
 * such units says about every pair.
 *
 * Imports text/, mix/ (its sparse matrix), reranker/ (a catalogue's attributes) and random. Never adds noise: it is told what noise a release carries.
 */
export { cellOf, lowerItems, SUPPORT_NEIGHBOURS, supportFromPairs, textNeighbourPairs } from './support.js';
export type { PairSupport } from './support.js';
export { addContribution, PAIR_DEFAULTS, pairContribution } from './contribution.js';
export type { PairContribution, PairTerms } from './contribution.js';
export { noiseMasses } from './noise.js';
export type { CountNoise } from './noise.js';
export { meanUnits, posteriorMean, posteriorMeans, publicUnitMix } from './posterior.js';
export { cellFeatures } from './cell-features.js';
export { poissonRates } from './poisson-regression.js';
export type { FeatureRows } from './poisson-regression.js';
export { estimateCounts } from './estimate.js';
export type { CountsRelease, PublicCatalogue } from './estimate.js';
