import type { Rank, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { similarityBlocks, transposeItems } from '../engine/index.js';
import type { Engine, SimilarityBlock, TransposedItems } from '../engine/index.js';
import { packTower } from './batch.js';
import { partsOf } from './gradients.js';
import { TEMPERATURE } from './model.js';
import type { TowerModel } from './model.js';
import { featuresOf, stateOf, unit } from './network.js';
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

/** A tower over a catalogue, ready to score; holds one matrix of items × (width + features). */
export class TowerScorer {
  readonly #engine: Engine;
  readonly #model: TowerModel;
  readonly #table: Tensor2D;
  readonly #items: TransposedItems;

  /** @throws RangeError when the texts are of another width than the model's features */
  constructor(engine: Engine, model: TowerModel, texts: TowerTexts) {
    const { shape } = model;
    if (texts.dimensions !== shape.features) {
      throw new RangeError(`the tower reads ${shape.features} features, the texts have ${texts.dimensions}`);
    }
    this.#engine = engine;
    this.#model = model;
    this.#table = featureTable(engine, texts);
    this.#items = itemSide(engine, model, texts);
  }

  /**
   * Scores of the whole catalogue for some histories: cos(state, v)/τ + g₁·cos(x_last, x) + g₂·cos(x̄, x), block by
   * block. An empty history scores every item 0.
   */
  *blocks(histories: readonly Int32Array[]): Generator<SimilarityBlock, void, undefined> {
    const { shape } = this.#model;
    const wide = shape.width + shape.features;
    for (let start = 0; start < histories.length; start += BATCH) {
      const part = histories.slice(start, start + BATCH);
      const known = part.flatMap((history, row) => (history.length > 0 ? [row] : []));
      const queries = new Float32Array(part.length * wide);
      const encoded = this.#encode(known.flatMap((row) => part[row] ?? []));
      known.forEach((row, at) => queries.set(encoded.subarray(at * wide, (at + 1) * wide), row * wide));
      for (const block of similarityBlocks(this.#engine, queries, this.#items)) {
        yield { ...block, start: start + block.start };
      }
    }
  }

  /** What a score is at most: 1/τ + |g₁| + |g₂|. */
  get scale(): number {
    const [g1 = 0, g2 = 0] = this.#model.parameters.slice(-2);
    return 1 / TEMPERATURE + Math.abs(g1) + Math.abs(g2);
  }

  /** Gives the engine's memory back. */
  dispose(): void {
    this.#table.dispose();
  }

  /** Of each history [state/τ, g₁·x_last + g₂·x̄]: rows × (width + features). */
  #encode(histories: readonly Int32Array[]): Float32Array {
    if (histories.length === 0) return new Float32Array(0);
    const { tf } = this.#engine;
    const { shape, parameters } = this.#model;
    const examples = histories.map((history) => ({ history, target: 0 }));
    const batch = packTower(examples, new Int32Array(1), { length: shape.length, padding: this.#table.shape[0] - 1 });
    const result = tf.tidy(() => {
      const weights = partsOf(tf, tf.tensor1d(parameters), parametersOf(shape));
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

/** Of each item [v, x], by column. */
function itemSide({ tf }: Engine, { shape, parameters }: TowerModel, texts: TowerTexts): TransposedItems {
  const joined = tf.tidy(() => {
    const { adapter } = partsOf(tf, tf.tensor1d(parameters), parametersOf(shape));
    if (adapter === undefined) throw new TypeError('a tower has an adapter');
    const x = tf.tensor2d(texts.vectors, [texts.items, texts.dimensions]);
    return tf.concat<Tensor>([unit(tf, tf.matMul(x, adapter)), x], 1);
  });
  const values = Float32Array.from(joined.dataSync<'float32'>());
  joined.dispose();
  return transposeItems(values, shape.width + shape.features);
}
