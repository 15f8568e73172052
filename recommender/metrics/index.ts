/**
 * Ranking metrics with one definition each, expectations over ties, bootstrap intervals over shoppers, and estimates from
 * logs of explored lists.
 *
 * Imports only the source of coins. Never knows models or catalogues: it takes ranks, relevances and numbers.
 */
export { discount, leaveOneOut, meanLeaveOneOut } from './leave-one-out.js';
export type { LeaveOneOutMetrics, TieRule } from './leave-one-out.js';
export { averagePrecisionAt, hitAt, ndcgAt, precisionAt, recallAt, reciprocalRankAt } from './lists.js';
export type { Relevances } from './lists.js';
export { expectedGain, expectedRank, gainAtExpectedRank, tiedRankOf } from './tied-rank.js';
export type { TiedRank } from './tied-rank.js';
export { auc, groupAuc } from './auc.js';
export type { ScoredOutcome } from './auc.js';
export { coverage, gini, HEAD_SHARE, longTail, shareOf } from './exposure.js';
export { bootstrapMean, pairedBootstrap } from './bootstrap.js';
export type { BootstrapOptions, Interval } from './bootstrap.js';
export { inversePropensity } from './off-policy.js';
export type { LoggedPlace, OffPolicyEstimate } from './off-policy.js';
