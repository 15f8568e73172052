/**
 * What has to be beaten: popularity, text neighbours, counting and EASE, each with the one definition behind its figure.
 *
 * Imports errors and mix/ for sparse counts. Never knows how models are evaluated.
 */
export { BASELINE_NAMES, BASELINES } from './models.js';
export type { BaselineName } from './models.js';
export type { Baseline, CountingScorer, FittedBaseline } from './scorer.js';
export { EASE_MOST_ITEMS, EASE_PENALTY, ridgeInverse } from './ease.js';
export { shopperCosine, transitionCounts } from './co-purchase.js';
