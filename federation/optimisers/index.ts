export { optimiserNamed } from './registry.js';
export { initialState, optimiserStep, servedParameters } from './optimiser.js';
export type { Moments, OptimiserState, ServerOptimiser } from './optimiser.js';
export { stateFromWire, stateToWire } from './wire.js';
