/**
 * The one ranker behind every use: which weights it has, what it offers for a context, and why.
 *
 * Imports mix/, text/, gate/ and metrics/. Never knows where events or releases come from, nor what time it is.
 */
export { FEWEST_CASES, GAIN_LEVEL, validateWeights } from './weights.js';
export type { ValidatedWeights } from './weights.js';
