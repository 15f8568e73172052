/**
 * Catalogue and events, text encoding, models, training, ranking, metrics and baselines, pure.
 *
 * Imports errors only; training engines stand behind engine/. Never knows keys, noise, contracts or files.
 */
export type { Catalogue, Item, Shop, Shopper } from './types.js';
export type { RandomSource } from './random.js';
export * from './data/index.js';
export * from './engine/index.js';
export * from './mix/index.js';
export * from './text/index.js';
export * from './reranker/index.js';
export * from './statistics/index.js';
export * from './tower/index.js';
export * from './compression/index.js';
export * from './gate/index.js';
export * from './metrics/index.js';
export * from './merchant/index.js';
export * from './baselines/index.js';
export * from './ranker/index.js';
export * from './search/index.js';
export * from './evaluate/index.js';
