/**
 * Full-ranking leave-one-out evaluation of baselines and models, by the one protocol that every figure here follows.
 *
 * Imports baselines/, ranker/, tower/, compression/, mix/, engine/, text/ and metrics/. Never knows files, merchants or releases.
 */
export { evaluate, EVALUATION_CUTOFF } from './evaluate.js';
export type { EvaluateOptions, Evaluation, ModelFigures, UnavailableModel } from './evaluate.js';
export type { FitContext } from './context.js';
export type { CompressedFigures, CompressionRequest } from './compression.js';
export { EVALUATED_MODEL_NAMES, EVALUATED_MODELS, isEvaluatedModelName } from './models.js';
export type { EvaluatedModel, EvaluatedModelName, FittedModel, ScoredHistory } from './models.js';
export { NEW_SHOPPER_EVENTS } from './new-shoppers.js';
export type { NewShopperFigures } from './new-shoppers.js';
export type { Bucket } from './buckets.js';
export { leaveOneOutOf } from './protocol.js';
export type { LeaveOneOut, Split, Task } from './protocol.js';
