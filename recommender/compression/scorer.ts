import type { Engine } from '../engine/index.js';
import { itemVectors, TowerEncoder } from '../tower/index.js';
import type { TowerModel, TowerTexts } from '../tower/index.js';
import { ItemVectors } from './item-vectors.js';
import type { Precision } from './item-vectors.js';

/** Histories that are encoded at once. */
const BATCH = 128;

/**
 * A tower over a catalogue whose item vectors are kept and compared in one precision: ranks the whole catalogue for one
 * history at a time. What an item says through the adapter and what its text says are two matrices, each with scales of its own.
 */
export class CompactScorer {
  readonly #encoder: TowerEncoder;
  readonly #learnt: ItemVectors;
  readonly #text: ItemVectors;

  /** @throws RangeError when the texts are of another width than the model's features */
  constructor(engine: Engine, model: TowerModel, texts: TowerTexts, precision: Precision) {
    this.#encoder = new TowerEncoder(engine, model, texts);
    this.#learnt = new ItemVectors(itemVectors(engine, model, texts), model.shape.width, precision);
    this.#text = new ItemVectors(texts.vectors, texts.dimensions, precision);
  }

  /** What all item vectors take. */
  get bytes(): number {
    return this.#learnt.bytes + this.#text.bytes;
  }

  /** Scores of the whole catalogue, up to the precision those of `TowerScorer`. */
  scores(history: Int32Array): Float32Array {
    return this.#compared(this.#encoder.encode([history]));
  }

  /** The same for many histories, in their order; encoded together. */
  *each(histories: readonly Int32Array[]): Generator<Float32Array, void, undefined> {
    const wide = this.#learnt.dimensions + this.#text.dimensions;
    for (let start = 0; start < histories.length; start += BATCH) {
      const part = histories.slice(start, start + BATCH);
      const queries = this.#encoder.encode(part);
      for (let row = 0; row < part.length; row += 1) {
        yield this.#compared(queries.subarray(row * wide, (row + 1) * wide));
      }
    }
  }

  /** Gives the engine's memory back. */
  dispose(): void {
    this.#encoder.dispose();
  }

  #compared(query: Float32Array): Float32Array {
    const { dimensions } = this.#learnt;
    const scores = this.#learnt.scores(query.subarray(0, dimensions));
    const text = this.#text.scores(query.subarray(dimensions));
    for (let item = 0; item < scores.length; item += 1) scores[item] = (scores[item] ?? 0) + (text[item] ?? 0);
    return scores;
  }
}
