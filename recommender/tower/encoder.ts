import type { Rank, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/index.js';
import { packTower } from './batch.js';
import { partsOf } from './gradients.js';
import { TEMPERATURE } from './model.js';
import type { TowerModel } from './model.js';
import { featuresOf, stateOf, unit } from './network.js';
import type { Weights } from './network.js';
import { parametersOf } from './shape.js';

/** A catalogue's texts, as `TextIndex` has them. */
export interface TowerTexts {
  readonly items: number;
  readonly dimensions: number;
  /** items × dimensions, rows of unit length. */
  readonly vectors: Float32Array;
}

/** Histories that are encoded at once. */
const BATCH = 128;

/** A tower's side of shoppers: histories in, queries out. Holds the texts and the weights in the engine. */
export class TowerEncoder {
  readonly #engine: Engine;
  readonly #model: TowerModel;
  readonly #table: Tensor2D;
  readonly #weights: Weights;

  /** @throws RangeError when the texts are of another width than the model's features */
  constructor(engine: Engine, model: TowerModel, texts: TowerTexts) {
    const { shape } = model;
    if (texts.dimensions !== shape.features) {
      throw new RangeError(`the tower reads ${shape.features} features, the texts have ${texts.dimensions}`);
    }
    this.#engine = engine;
    this.#model = model;
    this.#table = featureTable(engine, texts);
    this.#weights = weightsIn(engine, model);
  }

  /**
   * Of each history [state/τ, g₁·x_last + g₂·x̄], whose inner product with an item's [v, x] is its score:
   * histories × (width + features); zeros for an empty history.
   */
  encode(histories: readonly Int32Array[]): Float32Array {
    const { shape } = this.#model;
    const wide = shape.width + shape.features;
    const queries = new Float32Array(histories.length * wide);
    const known = histories.flatMap((history, row) => (history.length > 0 ? [row] : []));
    for (let start = 0; start < known.length; start += BATCH) {
      const rows = known.slice(start, start + BATCH);
      const encoded = this.#encode(rows.flatMap((row) => histories[row] ?? []));
      rows.forEach((row, at) => queries.set(encoded.subarray(at * wide, (at + 1) * wide), row * wide));
    }
    return queries;
  }

  /** What a score is at most: 1/τ + |g₁| + |g₂|. */
  get scale(): number {
    const [g1 = 0, g2 = 0] = this.#model.parameters.slice(-2);
    return 1 / TEMPERATURE + Math.abs(g1) + Math.abs(g2);
  }

  /** Gives the engine's memory back. */
  dispose(): void {
    this.#engine.tf.dispose([this.#table, ...Object.values(this.#weights)]);
  }

  #encode(histories: readonly Int32Array[]): Float32Array {
    const { tf } = this.#engine;
    const { shape } = this.#model;
    const weights = this.#weights;
    const examples = histories.map((history) => ({ history, target: 0 }));
    const batch = packTower(examples, new Int32Array(1), { length: shape.length, padding: this.#table.shape[0] - 1 });
    const result = tf.tidy(() => {
      const features = featuresOf(tf, this.#table, shape, batch);
      const { adapter, residual } = weights;
      if (adapter === undefined || residual === undefined) throw new TypeError('a tower has an adapter and residual');
      const embedded = tf.matMul<Tensor2D>(features.history, adapter);
      const state = unit(tf, stateOf({ tf, shape, weights }, embedded, batch));
      const text = tf.add(
        tf.mul(features.last, tf.slice(residual, [0], [1])),
        tf.mul(features.mean, tf.slice(residual, [1], [1])),
      );
      return tf.concat<Tensor>([tf.mul(state, 1 / TEMPERATURE), text], 1);
    });
    const values = Float32Array.from(result.dataSync<'float32'>());
    result.dispose();
    return values;
  }
}

/** The texts as a table with a zero row at its end, which stands for no item. The caller disposes it. */
export function featureTable({ tf }: Engine, { items, dimensions, vectors }: TowerTexts): Tensor2D {
  return tf.tidy(() => tf.concat([tf.tensor2d(vectors, [items, dimensions]), tf.zeros<Rank.R2>([1, dimensions])], 0));
}

/** Of each item v, its text through the adapter at unit length: items × width. */
export function itemVectors({ tf }: Engine, { shape, parameters }: TowerModel, texts: TowerTexts): Float32Array {
  const vectors = tf.tidy(() => {
    const { adapter } = partsOf(tf, tf.tensor1d(parameters), parametersOf(shape));
    if (adapter === undefined) throw new TypeError('a tower has an adapter');
    return unit(tf, tf.matMul(tf.tensor2d(texts.vectors, [texts.items, texts.dimensions]), adapter));
  });
  const values = Float32Array.from(vectors.dataSync<'float32'>());
  vectors.dispose();
  return values;
}

/** All parameters as tensors that stay. */
function weightsIn({ tf }: Engine, { shape, parameters }: TowerModel): Weights {
  return tf.tidy(() => {
    const parts = partsOf(tf, tf.tensor1d(parameters), parametersOf(shape));
    for (const part of Object.values(parts)) tf.keep(part);
    return parts;
  });
}
