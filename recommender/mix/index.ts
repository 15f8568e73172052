/**
 * The mix: the merchant's own evidence, the federated statistic and item texts as one score, and the best of it.
 *
 * Imports engine/, text/ and metrics/. Never knows where a federated statistic came from, nor what was done to keep it private.
 */
export { DEFAULT_WEIGHTS, HISTORY_DECAY, historyMeans, Mix } from './mix.js';
export type { ItemOrText, MixParts, MixWeights, ModelAnswer, ModelTerm, ScoreBlock } from './mix.js';
export { directedCounts, ownEvidence, WINDOW_DECAY, WINDOW_LAG, windowedCounts } from './evidence.js';
export type { OwnEvidence } from './evidence.js';
export { addScaledRow, mapValues, rowSums, SparseBuilder, valueAt } from './sparse.js';
export type { SparseMatrix } from './sparse.js';
export { CandidateFinder, MIX_TERMS, weigh } from './candidates.js';
export type { MixTerm, TermTable } from './candidates.js';
export { ndcgOfTables, tuneWeights, tuningTables, WEIGHT_GRID } from './tuning.js';
export type { TunedWeights, TuningCase, TuningTable } from './tuning.js';
export { topOf } from './top.js';
export type { RankedItems } from './top.js';
