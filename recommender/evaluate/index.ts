/**
 * Full-ranking leave-one-out evaluation of the baselines, by the one protocol that every published figure here follows.
 *
 * Imports baselines/, engine/, text/ and metrics/. Never knows files, merchants or releases.
 */
export { evaluate, EVALUATION_CUTOFF } from './evaluate.js';
export type { EvaluateOptions, Evaluation, ModelFigures } from './evaluate.js';
