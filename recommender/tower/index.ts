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
export type { PlainGradient } from './gradients.js';
export type { TowerTensors } from './tensors.js';
export { distilledGradient } from './distilled.js';
export type { Distillation } from './distilled.js';
export { clippedGradient } from './clipped.js';
export type { ClippedGradient } from './clipped.js';
export { TowerClipping } from './clipping.js';
export type { ClippedPass, ClippingPoint } from './clipping.js';
export { checkTraining } from './self-check.js';
export type { TrainingCheck } from './self-check.js';
export { augmented, DEFAULT_AUGMENTATION, newestExample } from './augmentation.js';
export type { Augmentation } from './augmentation.js';
export { featureTable, itemVectors, TowerEncoder } from './encoder.js';
export type { TowerTexts } from './encoder.js';
export { TowerScorer } from './scoring.js';
export { computePart, PART } from './parts.js';
export type { PartRequest, PartSum, TowerThreads } from './parts.js';
export type { TrainedTower } from './steps.js';
export { trainedTower, trainedTowerOn, TRAINING_DEFAULTS, trainTower, trainTowerOn } from './training.js';
export type { TowerData, TowerProgress, TowerTraining, TrainingArguments } from './training.js';
