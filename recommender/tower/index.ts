/**
 * The text tower: a small causal transformer over frozen text features, beside the raw texts' own similarity.
 *
 * Imports engine/, metrics/ and random. Never knows files, contracts or noise: it gives gradients, clipped one shopper at a time
 * where that is asked for, and scores.
 */
export { DEFAULT_TOWER, parameterCount, parametersOf, trainedCount, trainedParts } from './shape.js';
export type { Part, TowerForm, TowerShape } from './shape.js';
export { TEMPERATURE, trainedStart, untrainedTower, withTrained } from './model.js';
export type { TowerModel } from './model.js';
export { drawNegatives, packTower } from './batch.js';
export type { Dropout, TowerBatch, TowerExample } from './batch.js';
export { inBlocks } from './coins.js';
export { plainGradient } from './gradients.js';
export type { PlainGradient, TowerTensors } from './gradients.js';
export { clippedGradient } from './clipped.js';
export type { ClippedGradient } from './clipped.js';
export { TowerClipping } from './clipping.js';
export type { ClippedPass, ClippingPoint } from './clipping.js';
export { checkTraining } from './self-check.js';
export type { TrainingCheck } from './self-check.js';
export { augmented, DEFAULT_AUGMENTATION, newestExample } from './augmentation.js';
export type { Augmentation } from './augmentation.js';
export { featureTable, TowerScorer } from './scoring.js';
export type { TowerTexts } from './scoring.js';
export { trainedTower, TRAINING_DEFAULTS, trainTower } from './training.js';
export type { TowerData, TowerProgress, TowerTraining, TrainedTower } from './training.js';
