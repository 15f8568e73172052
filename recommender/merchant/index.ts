/**
 * One merchant's view: which of its events releases may see, and what it has alone and together on events that none saw.
 *
 * Imports the other recommender folders. Never knows contracts, noise or other merchants; what it measures is the merchant's own.
 */
export {
  eventsBeforeTest,
  isEvaluated,
  lessons,
  MOST_LESSONS,
  testCase,
  trainingEvents,
  validationCase,
} from './conventions.js';
export type { NextItem } from './conventions.js';
export { contributedHistories, contributedLists, openMerchant, trainingLists } from './merchant.js';
export type { Merchant, MerchantParts } from './merchant.js';
export { measuredLists, performanceOfMix, performanceOfReranker } from './ranking.js';
export type { Performance } from './ranking.js';
export { evaluateMerchant, judge, MOST_EVALUATED, servedWeights } from './evaluate.js';
export type { MerchantEvaluation, Released } from './evaluate.js';
export type { Gain } from './gain.js';
export type { TowerFigures } from './tower-figures.js';
export { EXACT_ITEMS, TowerTerm } from './tower-term.js';
export type { ReleasedTower, TowerTermParts } from './tower-term.js';
