import type { Rank, Tensor2D } from '@tensorflow/tfjs-core';
import type { Engine, TensorOperations } from '../engine/index.js';
import { releasedLogit } from './evidence.js';
import { baseLogit, FEATURE_COUNT, LIST_SIZE } from './list.js';
import type { CandidateList, FullList, StrictList } from './list.js';
import { MLP_HIDDEN, MLP_LAYOUT, MLP_LENGTH, STRICT_PARAMETERS } from './mlp.js';
import type { MlpReranker } from './mlp.js';

const HIDDEN_LOGIT = -1e9;
const BASE = Float32Array.from({ length: LIST_SIZE }, (_, rank) => baseLogit(rank));
/** Lists a pass, so that memory stays in the tens of megabytes. */
const BATCH = 128;

/** Lists as one padded batch: places past a list's end have features 0 and no probability. */
interface Batch {
  readonly size: number;
  readonly features: Float32Array;
  /** 0 on places of the list, a very negative number past its end. */
  readonly mask: Float32Array;
  /** 1 on the target's place. */
  readonly target: Float32Array;
  /** 1 where the list has its target, else 0. */
  readonly counts: Float32Array;
}

function pack(lists: readonly CandidateList[]): Batch {
  const size = lists.length;
  const features = new Float32Array(size * LIST_SIZE * FEATURE_COUNT);
  const mask = new Float32Array(size * LIST_SIZE).fill(HIDDEN_LOGIT);
  const target = new Float32Array(size * LIST_SIZE);
  const counts = new Float32Array(size);
  lists.forEach((list, row) => {
    features.set(list.features, row * LIST_SIZE * FEATURE_COUNT);
    mask.fill(0, row * LIST_SIZE, row * LIST_SIZE + list.items.length);
    if (list.target < 0) return;
    target[row * LIST_SIZE + list.target] = 1;
    counts[row] = 1;
  });
  return { size, features, mask, target, counts };
}

function* batches<T>(values: readonly T[]): Generator<readonly T[], void, undefined> {
  for (let start = 0; start < values.length; start += BATCH) yield values.slice(start, start + BATCH);
}

interface Network {
  readonly linear: Tensor2D;
  readonly hiddenWeights: Tensor2D;
  readonly hiddenBias: Tensor2D;
  readonly outputWeights: Tensor2D;
  readonly scale: number;
}

function network(tf: TensorOperations, parameters: Float32Array): Network {
  if (parameters.length !== MLP_LENGTH) throw new RangeError(`parameters must have ${MLP_LENGTH} entries`);
  const part = (start: number, rows: number, columns: number): Tensor2D =>
    tf.tensor2d(parameters.subarray(start, start + rows * columns), [rows, columns]);
  return {
    linear: part(MLP_LAYOUT.linear, FEATURE_COUNT, 1),
    hiddenWeights: part(MLP_LAYOUT.hiddenWeights, FEATURE_COUNT, MLP_HIDDEN),
    hiddenBias: part(MLP_LAYOUT.hiddenBias, 1, MLP_HIDDEN),
    outputWeights: part(MLP_LAYOUT.outputWeights, MLP_HIDDEN, 1),
    scale: parameters[MLP_LAYOUT.scale] ?? 1,
  };
}

interface Forward {
  /** (size · 60) × 39. */
  readonly rows: Tensor2D;
  /** (size · 60) × 24, after relu. */
  readonly hidden: Tensor2D;
  /** size × 60. */
  readonly correction: Tensor2D;
}

function forward(tf: TensorOperations, net: Network, batch: Batch): Forward {
  const rows = tf.tensor2d(batch.features, [batch.size * LIST_SIZE, FEATURE_COUNT]);
  const hidden = tf.relu(tf.add<Tensor2D>(tf.matMul(rows, net.hiddenWeights), net.hiddenBias));
  const sum = tf.add(tf.matMul(rows, net.linear), tf.matMul(hidden, net.outputWeights));
  return { rows, hidden, correction: tf.reshape(sum, [batch.size, LIST_SIZE]) };
}

function logits(tf: TensorOperations, batch: Batch, correction: Tensor2D, scale: number): Tensor2D {
  const base = tf.tensor2d(
    BASE.map((value) => scale * value),
    [1, LIST_SIZE],
  );
  return tf.add(tf.add(correction, base), tf.tensor2d(batch.mask, [batch.size, LIST_SIZE]));
}

/** Whether training has moved a model from where it is exactly the mix. */
function isTrained({ parameters }: MlpReranker): boolean {
  const { linear, hiddenWeights, outputWeights, scale } = MLP_LAYOUT;
  const moved = (start: number, end: number): boolean => parameters.subarray(start, end).some((value) => value !== 0);
  return moved(linear, hiddenWeights) || moved(outputWeights, scale);
}

/** Served logits of lists, position by position, one array a list; what released counts say is added to a trained model's. */
export function scoreMlp(engine: Engine, model: MlpReranker, lists: readonly CandidateList[]): Float32Array[] {
  const { tf } = engine;
  const released = isTrained(model) ? releasedLogit : (): number => 0;
  const scored: Float32Array[] = [];
  for (const part of batches(lists)) {
    const batch = pack(part);
    const all = tf.tidy(() => {
      const net = network(tf, model.parameters);
      const correction = tf.mul<Tensor2D>(forward(tf, net, batch).correction, model.servingWeight);
      return logits(tf, batch, correction, net.scale);
    });
    const values = all.dataSync<'float32'>();
    part.forEach((list, row) => {
      const own = values.subarray(row * LIST_SIZE, row * LIST_SIZE + list.items.length);
      scored.push(own.map((logit, place) => logit + released(list, place)));
    });
    all.dispose();
  }
  return scored;
}

/** Gradients of a batch, size × {@link MLP_LENGTH}, for one loss a list: −log softmax(logits)[target]. */
function gradientBatch(tf: TensorOperations, parameters: Float32Array, batch: Batch): Float32Array {
  const { size } = batch;
  const result = tf.tidy(() => {
    const net = network(tf, parameters);
    const { rows, hidden, correction } = forward(tf, net, batch);
    const policy = tf.softmax(logits(tf, batch, correction, net.scale));
    const excess = tf.sub(policy, tf.tensor2d(batch.target, [size, LIST_SIZE]));
    const error = tf.mul<Tensor2D>(excess, tf.tensor2d(batch.counts, [size, 1]));
    const across = tf.reshape(error, [size, 1, LIST_SIZE]);
    const features = tf.reshape(rows, [size, LIST_SIZE, FEATURE_COUNT]);
    const units = tf.reshape(hidden, [size, LIST_SIZE, MLP_HIDDEN]);
    const backward = tf.mul(
      tf.matMul(tf.reshape(error, [size * LIST_SIZE, 1]), net.outputWeights, false, true),
      tf.step(hidden),
    );
    const perUnit = tf.reshape<Rank.R3>(backward, [size, LIST_SIZE, MLP_HIDDEN]);
    const base = tf.tensor2d(BASE, [LIST_SIZE, 1]);
    return tf.concat(
      [
        tf.reshape(tf.matMul(across, features), [size, FEATURE_COUNT]),
        tf.reshape(tf.matMul(features, perUnit, true, false), [size, FEATURE_COUNT * MLP_HIDDEN]),
        tf.sum(perUnit, 1),
        tf.reshape(tf.matMul(across, units), [size, MLP_HIDDEN]),
        tf.matMul(error, base),
      ],
      1,
    );
  });
  const values = Float32Array.from(result.dataSync<'float32'>());
  result.dispose();
  return values;
}

/**
 * Every list's own gradient of the loss −log softmax(logits)[target] at `parameters`, in one forward and one backward
 * pass over the batch: nothing is summed over lists, so that a caller can sum and clip by shopper. Unclipped; a list without its target has gradient 0.
 * Subtract to lower the loss.
 * @returns of strict lists lists.length × {@link STRICT_PARAMETERS}.length, in that order; of full ones
 *   lists.length × {@link MLP_LENGTH}
 */
export function listGradients(
  engine: Engine,
  parameters: Float32Array,
  lists: readonly StrictList[] | readonly FullList[],
): Float32Array {
  const chosen = lists[0]?.form === 'strict' ? STRICT_PARAMETERS : undefined;
  const width = chosen?.length ?? MLP_LENGTH;
  const gradients = new Float32Array(lists.length * width);
  let row = 0;
  for (const part of batches<CandidateList>(lists)) {
    const values = gradientBatch(engine.tf, parameters, pack(part));
    if (chosen === undefined) gradients.set(values, row * width);
    else
      for (let index = 0; index < part.length * width; index += 1) {
        const list = Math.floor(index / width);
        gradients[row * width + index] = values[list * MLP_LENGTH + (chosen[index % width] ?? 0)] ?? 0;
      }
    row += part.length;
  }
  return gradients;
}
