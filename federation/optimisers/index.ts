export { optimiserNamed } from './registry.js';
export { initialState, optimiserStep, servedParameters } from './optimiser.js';
export type { Moments, OptimiserState, ServerOptimiser } from './optimiser.js';
export { serverStep } from './server-step.js';
export type { ServerStepTerms } from './server-step.js';
export { stateFromWire, stateToWire } from './wire.js';
