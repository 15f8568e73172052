/**
 * The one seam to TF.js: which engine runs here and why, derivatives, the fused operations that models add to those of
 * TF.js, and the two products that catalogues are searched with.
 *
 * Imports errors and TF.js. Never knows shoppers, text or models; every model gets its operations from loadEngine.
 */
export { loadEngine, startEngine } from './load.js';
export type { EngineOptions } from './load.js';
export { ENGINE_NAMES } from './types.js';
export type { Engine, EngineAttempt, EngineName, TensorOperations } from './types.js';
export { adamW, gelu, normalise } from './operations.js';
export type { AdamWState, AdamWStep } from './operations.js';
export { similarityBlocks, transposeItems } from './similarity.js';
export type { SimilarityBlock, TransposedItems } from './similarity.js';
export { hubness, neighbours } from './neighbours.js';
export type { Neighbours } from './neighbours.js';
export { directAccess } from './portable.js';
export type { DirectAccess, Kernels, Pointer, TensorMemory } from './wasm/kernels.js';
