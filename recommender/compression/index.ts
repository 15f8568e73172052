/**
 * Smaller towers and smaller item vectors: float16, int8 with a scale a row, files of them, scoring without widening, and
 * distillation into a smaller tower.
 *
 * Imports tower/, engine/, metrics/, random and errors. Never knows where a tower comes from nor where a file is kept.
 */
export { fromFloat16, toFloat16 } from './float16.js';
export { fromInt8, toInt8 } from './int8.js';
export type { Int8Rows } from './int8.js';
export { ItemVectors, PRECISIONS } from './item-vectors.js';
export type { Precision } from './item-vectors.js';
export { packedLength, packParameters, roundedTower, unpackParameters } from './parameters.js';
export { decodeTowerFile, encodeTowerFile } from './tower-file.js';
export type { TowerFile, TowerOrigin } from './tower-file.js';
export { CompactScorer } from './scorer.js';
export { DISTILLATION_DEFAULTS, distilTower } from './distillation.js';
export type { DistillationOptions } from './distillation.js';
