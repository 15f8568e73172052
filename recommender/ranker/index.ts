/**
 * The one ranker behind every use: which weights it has, what it offers for a context, and why.
 *
 * Imports mix/, text/ and gate/ and metrics/ for the choice of weights. Never knows where events or releases come from, nor
 * what time it is.
 */
export { Ranker } from './ranker.js';
export type { RankerParts } from './ranker.js';
export type { Arrangement, RankedItem, RankRequest, Reason, ReasonTerm } from './request.js';
export { reasonInWords } from './reasons.js';
export { compileFilter } from './filters.js';
export type { ItemFilter, ItemPredicate } from './filters.js';
export { campaignShoppers } from './campaign.js';
export type { CampaignShopper } from './campaign.js';
export { diversify } from './diversity.js';
export { explore } from './exploration.js';
export type { ArmFeedback, ExplorationOptions, ExploredPlace } from './exploration.js';
export { placeProbabilities } from './place-probabilities.js';
export type { Beta } from './place-probabilities.js';
export { RepeatModel } from './repeats.js';
export type { TimedHistory } from './repeats.js';
export { REPEAT_WEIGHTS, validateRepeatWeight } from './repeat-weight.js';
export type { NextBasket } from './repeat-weight.js';
export { FEWEST_CASES, GAIN_LEVEL, validateWeights } from './weights.js';
export type { ValidatedWeights } from './weights.js';
