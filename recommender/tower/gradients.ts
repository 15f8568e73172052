import type { Rank, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { TensorOperations } from '../engine/index.js';
import type { Dropout, TowerBatch } from './batch.js';
import { directGradient, directTraining } from './direct/index.js';
import { featuresOf, firstClassLoss, logitsOf, stateOf, unit } from './network.js';
import type { BatchFeatures, Pass, Weights } from './network.js';
import { parametersOf, trainedParts } from './shape.js';
import type { TowerTensors } from './tensors.js';
import type { Part } from './shape.js';

/** A flat vector as its named tensors. */
export function partsOf(tf: TensorOperations, flat: Tensor1D, parts: readonly Part[]): Record<string, Tensor> {
  return Object.fromEntries(
    parts.map(({ name, shape, start, size }) => [name, tf.reshape(tf.slice(flat, [start], [size]), [...shape])]),
  );
}

/** The weights of a pass: parameters with the trained values in their places, and which of the tensors are trained. */
export function weightsOf({ tf, shape, form, parameters, trained }: TowerTensors): {
  readonly weights: Weights;
  readonly trained: Readonly<Record<string, Tensor>>;
} {
  const parts = trainedParts(shape, form);
  let start = 0;
  const placed = parts.map((part) => {
    const at = { ...part, start };
    start += part.size;
    return at;
  });
  const own = partsOf(tf, trained, placed);
  if (form.kind === 'full') return { weights: own, trained: own };
  return { weights: { ...partsOf(tf, parameters, parametersOf(shape)), ...own }, trained: own };
}

/** Adapter outputs of a batch's texts. */
export interface Embedded {
  /** (size · length) × width. */
  readonly history: Tensor2D;
  /** size × width. */
  readonly target: Tensor2D;
  /** negatives × width. */
  readonly negative: Tensor2D;
}

/** The adapter's outputs for a batch. */
export function embed(pass: Pass, features: BatchFeatures): Embedded {
  const { tf, weights } = pass;
  const { adapter } = weights;
  if (adapter === undefined) throw new TypeError('the tower has no adapter');
  const project = (x: Tensor2D): Tensor2D => tf.matMul(x, adapter);
  return {
    history: project(features.history),
    target: project(features.target),
    negative: project(features.negative),
  };
}

/** The loss of every example: −log of the target's share of the softmax over itself and the negatives. */
export function lossesOf(pass: Pass, embedded: Embedded, features: BatchFeatures, batch: TowerBatch): Tensor1D {
  const { tf } = pass;
  const state = unit(tf, stateOf(pass, embedded.history, batch));
  const vectors = { state, target: unit(tf, embedded.target), negative: unit(tf, embedded.negative) };
  return firstClassLoss(tf, logitsOf(pass, vectors, features, batch).logits);
}

/** One step's gradient, or a part of it. */
export interface PlainGradient {
  /** Mean loss. */
  readonly loss: Tensor1D;
  /** Of the mean loss, flat, by what the form trains. */
  readonly gradient: Tensor1D;
}

/**
 * The gradient of a batch's mean loss. The caller disposes the result.
 * @param shoppers how many the mean is over, where the batch is a part of a larger one: the parts' results then add up
 */
export function plainGradient(
  tensors: TowerTensors,
  batch: TowerBatch,
  dropout?: Dropout,
  shoppers = batch.size,
): PlainGradient {
  const { tf, shape } = tensors;
  const access = directTraining(tensors);
  if (access !== undefined) {
    const reduction = { kind: 'weighted', weight: 1 / shoppers } as const;
    const { sum, losses } = directGradient(access, tensors, batch, reduction, dropout);
    return { loss: tf.tensor1d([losses.reduce((a, b) => a + b, 0) / shoppers]), gradient: sum };
  }
  return tf.tidy(() => {
    const { weights, trained } = weightsOf(tensors);
    const pass: Pass = { tf, shape, weights, ...(dropout === undefined ? {} : { dropout }) };
    const features = featuresOf(tf, tensors.table, shape, batch);
    const loss = (): Tensor => tf.div(tf.sum(lossesOf(pass, embed(pass, features), features, batch)), shoppers);
    const { value, grads } = tf.valueAndGrads(loss)(Object.values(trained));
    return { loss: tf.reshape<Rank.R1>(value, [1]), gradient: flat(tf, grads) };
  });
}

/** Tensors end to end. */
export function flat(tf: TensorOperations, parts: readonly Tensor[]): Tensor1D {
  return tf.concat(parts.map((part) => tf.reshape<Rank.R1>(part, [part.size])));
}
