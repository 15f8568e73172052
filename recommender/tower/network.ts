import type { Rank, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { gelu, normalise } from '../engine/index.js';
import type { TensorOperations } from '../engine/index.js';
import { attentionMask, dropoutMask } from './batch.js';
import type { Dropout, TowerBatch } from './batch.js';
import { frozenFactor, TEMPERATURE } from './model.js';
import type { TowerShape } from './shape.js';

/** Parameters by name; corrections of low rank, where there are any, as `<name>.correction`. */
export type Weights = Readonly<Record<string, Tensor>>;

/** Sees a layer's input and output, and may put itself between the output and what follows. */
export type Tap = (name: string, input: Tensor, output: Tensor) => Tensor;

/** What a pass runs on. */
export interface Pass {
  readonly tf: TensorOperations;
  readonly shape: TowerShape;
  readonly weights: Weights;
  readonly tap?: Tap;
  readonly dropout?: Dropout;
}

/** Text features of the items of a batch, read from the frozen table. */
export interface BatchFeatures {
  /** (size · length) × features; zeros before the first event. */
  readonly history: Tensor2D;
  /** size × features. */
  readonly last: Tensor2D;
  /** size × features, of unit length. */
  readonly mean: Tensor2D;
  readonly target: Tensor2D;
  /** negatives × features. */
  readonly negative: Tensor2D;
}

/** @param table (items + 1) × features, rows of unit length, the last one zero */
export function featuresOf(tf: TensorOperations, table: Tensor2D, shape: TowerShape, batch: TowerBatch): BatchFeatures {
  const rows = (indices: Int32Array): Tensor2D => tf.gather(table, tf.tensor1d(indices, 'int32'));
  const { length } = shape;
  const history = rows(batch.items);
  const sums = tf.sum<Tensor2D>(tf.reshape(history, [batch.size, length, shape.features]), 1);
  return {
    history,
    last: rows(batch.items.filter((_, at) => at % length === length - 1)),
    mean: unit(tf, sums),
    target: rows(batch.targets),
    negative: rows(batch.negatives),
  };
}

const TINY = 1e-12;

/** Rows of Euclidean length 1. */
export function unit(tf: TensorOperations, x: Tensor): Tensor2D {
  return tf.mul(x, inverseLength(tf, x));
}

/** 1 / length of each row, rows × 1. */
export function inverseLength(tf: TensorOperations, x: Tensor): Tensor2D {
  return tf.rsqrt(tf.add(tf.sum<Tensor2D>(tf.square(x), -1, true), TINY));
}

function weightsNamed({ weights }: Pass, name: string): Tensor {
  const found = weights[name];
  if (found === undefined) throw new TypeError(`the tower has no parameter ${name}`);
  return found;
}

/** x·W + b, with a low-rank correction x·A·B where the weights hold one. */
function linear(pass: Pass, name: string, x: Tensor): Tensor {
  const { tf, shape, weights, tap } = pass;
  const product = tf.matMul<Tensor>(x, weightsNamed(pass, `${name}.weights`));
  const output = tf.add(product, weightsNamed(pass, `${name}.bias`));
  const seen = tap === undefined ? output : tap(name, x, output);
  const correction = weights[`${name}.correction`];
  if (correction === undefined) return seen;
  const [rank] = correction.shape as [number, number];
  const left = tf.tensor2d(frozenFactor(name, shape.width, rank), [shape.width, rank]);
  const inner = tf.matMul<Tensor>(x, left);
  const change = tf.matMul<Tensor>(inner, correction);
  return tf.add(seen, tap === undefined ? change : tap(`${name}.correction`, inner, change));
}

/** Layer normalisation with gain and bias. */
function normalisation(pass: Pass, name: string, x: Tensor): Tensor {
  const { tf, tap } = pass;
  const plain = normalise(tf, x);
  const output = tf.add(tf.mul(plain, weightsNamed(pass, `${name}.gain`)), weightsNamed(pass, `${name}.bias`));
  return tap === undefined ? output : tap(name, plain, output);
}

function dropped({ tf, dropout }: Pass, x: Tensor): Tensor {
  return dropout === undefined || dropout.rate === 0 ? x : tf.mul(x, tf.tensor(dropoutMask(x.size, dropout), x.shape));
}

/** Units that dropout decides on in one pass over `size` examples: the embedded events, and what every block adds to them. */
export function droppedUnits({ width, blocks, length }: TowerShape, size: number): number {
  // The last block adds to the newest position alone.
  const positions = length + 2 * length * (blocks - 1) + 2;
  return size * positions * width;
}

/**
 * The transformer: embedded events to one state a shopper, before it is normalised to unit length. Only the newest
 * position's state is used, so the last block computes its queries and all that follows for that position alone.
 *
 * @param embedded (size · length) × width: the adapter's output for every event
 * @returns size × width
 */
export function stateOf(pass: Pass, embedded: Tensor, batch: Pick<TowerBatch, 'size' | 'events'>): Tensor2D {
  const { tf, shape } = pass;
  const { size } = batch;
  const { length, width, blocks } = shape;
  const positions = weightsNamed(pass, 'positions');
  let x = dropped(
    pass,
    tf.reshape(tf.add(tf.reshape(embedded, [size, length, width]), positions), [size * length, width]),
  );
  const newest = tf.tensor1d(
    Int32Array.from({ length: size }, (_, row) => (row + 1) * length - 1),
    'int32',
  );
  const allowed = attentionMask(batch.events, length);
  const mask = tf.tensor(allowed, [1, size, length, length]);
  const newestMask = tf.tensor(
    allowed.filter((_, at) => Math.floor(at / length) % length === length - 1),
    [1, size, 1, length],
  );
  for (let block = 0; block < blocks; block += 1) {
    const isLast = block === blocks - 1;
    const input = normalisation(pass, `${block}.before-attention`, x);
    const asking = isLast ? tf.gather(input, newest) : input;
    const attended = attention(pass, block, { asking, input, mask: isLast ? newestMask : mask, size });
    x = tf.add(isLast ? tf.gather(x, newest) : x, dropped(pass, attended));
    const wide = gelu(tf, linear(pass, `${block}.up`, normalisation(pass, `${block}.before-feed-forward`, x)));
    x = tf.add(x, dropped(pass, linear(pass, `${block}.down`, wide)));
  }
  return normalisation(pass, 'last', x) as Tensor2D;
}

interface AttentionInput {
  /** (size · n) × width: the positions that ask. */
  readonly asking: Tensor;
  /** (size · length) × width: the positions that answer. */
  readonly input: Tensor;
  /** 1 × size × n × length. */
  readonly mask: Tensor;
  readonly size: number;
}

function attention(pass: Pass, block: number, { asking, input, mask, size }: AttentionInput): Tensor {
  const { tf, shape } = pass;
  const { heads, width } = shape;
  const each = width / heads;
  // Heads first: a mask that all heads share then repeats whole.
  const split = (x: Tensor): Tensor => tf.transpose(tf.reshape(x, [size, -1, heads, each]), [2, 0, 1, 3]);
  const query = split(tf.mul(linear(pass, `${block}.query`, asking), 1 / Math.sqrt(each)));
  const key = split(linear(pass, `${block}.key`, input));
  const value = split(linear(pass, `${block}.value`, input));
  const scores = tf.add(tf.matMul<Tensor>(query, key, false, true), mask);
  const mixed = tf.matMul<Tensor>(tf.softmax(scores), value);
  const joined = tf.reshape(tf.transpose(mixed, [1, 2, 0, 3]), [-1, width]);
  return linear(pass, `${block}.output`, joined);
}

/** The pieces of a batch's logits; column 0 is the target. */
export interface Logits {
  /** size × (1 + negatives). */
  readonly logits: Tensor2D;
  /** size × (1 + negatives): what the first and the second residual weight multiply. */
  readonly residual: readonly [last: Tensor2D, mean: Tensor2D];
}

/**
 * cos(state, v)/τ + g₁·cos(x_last, x) + g₂·cos(x̄, x), for the target and every negative, where v is an item's adapter
 * output and x its text.
 *
 * @param state size × width, of unit length
 * @param target size × width, of unit length
 * @param negative negatives × width, of unit length
 */
export function logitsOf(
  pass: Pass,
  vectors: { readonly state: Tensor2D; readonly target: Tensor2D; readonly negative: Tensor2D },
  features: BatchFeatures,
  batch: TowerBatch,
): Logits {
  const { tf } = pass;
  const against = (query: Tensor2D, target: Tensor2D, negative: Tensor2D): Tensor2D => {
    const own = tf.sum<Tensor2D>(tf.mul(query, target), -1, true);
    return tf.concat([own, tf.matMul(query, negative, false, true)], 1);
  };
  const last = against(features.last, features.target, features.negative);
  const mean = against(features.mean, features.target, features.negative);
  const weights = weightsNamed(pass, 'residual');
  const [g1, g2] = [tf.slice(weights, [0], [1]), tf.slice(weights, [1], [1])];
  const learned = tf.mul(against(vectors.state, vectors.target, vectors.negative), 1 / TEMPERATURE);
  const sum = tf.add<Tensor2D>(learned, tf.add(tf.mul(last, g1), tf.mul(mean, g2)));
  const logits = batch.hits === undefined ? sum : tf.add<Tensor2D>(sum, hitsTensor(tf, batch, batch.hits));
  return { logits, residual: [last, mean] };
}

function hitsTensor(tf: TensorOperations, { size, negatives }: TowerBatch, hits: Float32Array): Tensor2D {
  return tf.concat([tf.zeros<Rank.R2>([size, 1]), tf.tensor2d(hits, [size, negatives.length])], 1);
}

/** −log softmax(logits)[0] of every row, with p − (1, 0, …) as its derivative. @returns size */
export function firstClassLoss(tf: TensorOperations, logits: Tensor2D): Tensor1D {
  const loss = tf.customGrad((...args) => {
    const [x, save] = args as unknown as [Tensor2D, (tensors: Tensor[]) => void];
    const logs = tf.logSoftmax(x);
    save([logs]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor => {
      const [kept] = saved;
      if (kept === undefined) throw new TypeError('the log-probabilities were not kept');
      return tf.mul(excess(tf, kept), tf.reshape(dy, [-1, 1]));
    };
    return { value: tf.reshape(tf.neg(tf.slice(logs, [0, 0], [-1, 1])), [-1]), gradFunc };
  });
  return loss(logits) as Tensor1D;
}

/** p − (1, 0, …): the derivative of {@link firstClassLoss} by the logits, from log-probabilities. */
export function excess(tf: TensorOperations, logs: Tensor): Tensor2D {
  const classes = logs.shape[1] ?? 0;
  const first = tf.tensor2d(
    Float32Array.from({ length: classes }, (_, at) => (at === 0 ? -1 : 0)),
    [1, classes],
  );
  return tf.add<Tensor2D>(tf.exp(logs), first);
}
