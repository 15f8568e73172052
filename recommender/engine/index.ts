/**
 * The one seam to TF.js: which engine runs here, derivatives, and the two products that catalogues are searched with.
 *
 * Imports errors and TF.js. Never knows shoppers, text or models; every model gets its operations from loadEngine.
 */
export { loadEngine } from './load.js';
export type { Engine, EngineName, TensorOperations } from './load.js';
export { similarityBlocks, transposeItems } from './similarity.js';
export type { SimilarityBlock, TransposedItems } from './similarity.js';
export { hubness, neighbours } from './neighbours.js';
export type { Neighbours } from './neighbours.js';
