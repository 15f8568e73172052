import { similarityBlocks, transposeItems } from '../engine/index.js';
import type { Engine, SimilarityBlock, TransposedItems } from '../engine/index.js';
import { itemVectors, TowerEncoder } from './encoder.js';
import type { TowerTexts } from './encoder.js';
import type { TowerModel } from './model.js';

export { featureTable } from './encoder.js';
export type { TowerTexts } from './encoder.js';

/** Histories that are scored between two visits to the encoder. */
const BATCH = 128;

/** A tower over a catalogue, ready to score; holds one matrix of items × (width + features). */
export class TowerScorer {
  readonly #engine: Engine;
  readonly #encoder: TowerEncoder;
  readonly #items: TransposedItems;

  /** @throws RangeError when the texts are of another width than the model's features */
  constructor(engine: Engine, model: TowerModel, texts: TowerTexts) {
    this.#engine = engine;
    this.#encoder = new TowerEncoder(engine, model, texts);
    this.#items = itemSide(engine, model, texts);
  }

  /**
   * Scores of the whole catalogue for some histories: cos(state, v)/τ + g₁·cos(x_last, x) + g₂·cos(x̄, x), block by
   * block. An empty history scores every item 0.
   */
  *blocks(histories: readonly Int32Array[]): Generator<SimilarityBlock, void, undefined> {
    for (let start = 0; start < histories.length; start += BATCH) {
      const queries = this.#encoder.encode(histories.slice(start, start + BATCH));
      for (const block of similarityBlocks(this.#engine, queries, this.#items)) {
        yield { ...block, start: start + block.start };
      }
    }
  }

  /** What a score is at most: 1/τ + |g₁| + |g₂|. */
  get scale(): number {
    return this.#encoder.scale;
  }

  /** Gives the engine's memory back. */
  dispose(): void {
    this.#encoder.dispose();
  }
}

/** Of each item [v, x], by column. */
function itemSide(engine: Engine, model: TowerModel, { items, dimensions, vectors }: TowerTexts): TransposedItems {
  const { width } = model.shape;
  const learnt = itemVectors(engine, model, { items, dimensions, vectors });
  const joined = new Float32Array(items * (width + dimensions));
  for (let item = 0; item < items; item += 1) {
    const at = item * (width + dimensions);
    joined.set(learnt.subarray(item * width, (item + 1) * width), at);
    joined.set(vectors.subarray(item * dimensions, (item + 1) * dimensions), at + width);
  }
  return transposeItems(joined, width + dimensions);
}
