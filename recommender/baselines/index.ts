/**
 * What has to be beaten: popularity, text neighbours and counting, each with the one definition behind its figure.
 *
 * Imports mix/ for sparse counts. Never knows how models are evaluated.
 */
export { BASELINE_NAMES, BASELINES, isBaselineName } from './models.js';
export type { BaselineName } from './models.js';
export type { Baseline, CountingScorer, FittedBaseline } from './scorer.js';
export { shopperCosine, transitionCounts } from './co-purchase.js';
