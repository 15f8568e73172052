import type { Rank, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { TowerBatch } from './batch.js';
import { embed, flat, partsOf, weightsOf } from './gradients.js';
import type { PlainGradient } from './gradients.js';
import { featuresOf, firstClassLoss, logitsOf, stateOf, unit } from './network.js';
import type { BatchFeatures, Pass } from './network.js';
import { parametersOf } from './shape.js';
import type { TowerShape } from './shape.js';
import type { TowerTensors } from './tensors.js';

/** What a student learns from besides the targets. */
export interface Distillation {
  /** The teacher's sizes and its parameters, flat; it reads the student's texts. */
  readonly teacher: { readonly shape: TowerShape; readonly parameters: Tensor1D };
  /** T: both sides' scores are divided by it before the softmax. */
  readonly temperature: number;
  /** α in [0, 1]: how much the teacher's list weighs against the target. */
  readonly share: number;
}

/**
 * The gradient of (1 − α) · −ln p(target) + α · T² · KL(teacher ‖ student) over the list of the target and the batch's
 * negatives, both sides softened by T (Hinton, Vinyals and Dean 2015, section 2). The caller disposes the result.
 * @param batch packed for the length of both towers, which is the same
 */
export function distilledGradient(
  student: TowerTensors,
  batch: TowerBatch,
  { teacher, temperature, share }: Distillation,
): PlainGradient {
  const { tf, shape } = student;
  return tf.tidy(() => {
    const features = featuresOf(tf, student.table, shape, batch);
    const taught: Pass = {
      tf,
      shape: teacher.shape,
      weights: partsOf(tf, teacher.parameters, parametersOf(teacher.shape)),
    };
    const soft = tf.softmax(tf.div<Tensor2D>(listLogits(taught, features, batch), temperature));
    const { weights, trained } = weightsOf(student);
    const loss = (): Tensor => {
      const logits = listLogits({ tf, shape, weights }, features, batch);
      const own = tf.mean(firstClassLoss(tf, logits));
      const logs = tf.logSoftmax(tf.div<Tensor2D>(logits, temperature));
      const likeTeacher = tf.neg(tf.mean(tf.sum(tf.mul(soft, logs), -1)));
      return tf.add(tf.mul(own, 1 - share), tf.mul(likeTeacher, share * temperature ** 2));
    };
    const { value, grads } = tf.valueAndGrads(loss)(Object.values(trained));
    return { loss: tf.reshape<Rank.R1>(value, [1]), gradient: flat(tf, grads) };
  });
}

/** Scores of each example's list: the target, then the negatives. */
function listLogits(pass: Pass, features: BatchFeatures, batch: TowerBatch): Tensor2D {
  const { tf } = pass;
  const embedded = embed(pass, features);
  const state = unit(tf, stateOf(pass, embedded.history, batch));
  const vectors = { state, target: unit(tf, embedded.target), negative: unit(tf, embedded.negative) };
  return logitsOf(pass, vectors, features, batch).logits;
}
