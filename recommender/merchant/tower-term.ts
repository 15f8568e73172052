import { ItemVectors } from '../compression/index.js';
import type { Precision } from '../compression/index.js';
import { similarityBlocks } from '../engine/index.js';
import type { Engine } from '../engine/index.js';
import { topOf } from '../mix/index.js';
import type { ItemOrText, ModelAnswer, ModelTerm, ScoreBlock } from '../mix/index.js';
import type { RandomSource } from '../random.js';
import { IvfIndex } from '../search/index.js';
import { dot } from '../text/index.js';
import type { TextIndex } from '../text/index.js';
import { itemVectors, TowerEncoder } from '../tower/index.js';
import type { TowerModel } from '../tower/index.js';

/** A released tower and the precision in which its item vectors are kept. */
export interface ReleasedTower {
  readonly model: TowerModel;
  /** What its training started from, to be measured beside it. */
  readonly start: TowerModel;
  /** @default 'float32' */
  readonly precision?: Precision;
  /** SHA-256 of the release, 32 bytes: what a compressed form of it is told by. */
  readonly source?: Uint8Array;
}

/** What a {@link TowerTerm} is built from. */
export interface TowerTermParts {
  readonly engine: Engine;
  readonly text: Pick<TextIndex, 'items' | 'dimensions' | 'vectors' | 'transposed'>;
  readonly tower: Pick<ReleasedTower, 'model' | 'precision'>;
  /** Coins of the index over a large catalogue; without them the nearest items are found among all. */
  readonly random?: RandomSource;
}

/** Up to so many items a state is compared with every item; above, with those of the nearest lists of an index. */
export const EXACT_ITEMS = 50_000;
/** One in so many lists of the index is looked at. */
const LISTS_A_PROBE = 8;
/** Histories that are encoded at once. */
const BATCH = 128;

/**
 * The tower as a term of the mix: (state·v/τ + g₁·cos(x_last, x) + g₂·cos(x̄, x)) / (1/τ + |g₁| + |g₂|). Of every item it
 * keeps v alone, in the precision asked for; texts are read from the catalogue's index. Its nearest items are those by
 * state·v, for text neighbours are candidates already.
 */
export class TowerTerm implements ModelTerm {
  readonly #engine: Engine;
  readonly #model: TowerModel;
  readonly #text: TowerTermParts['text'];
  readonly #encoder: TowerEncoder;
  readonly #learnt: ItemVectors;
  readonly #index: IvfIndex | undefined;

  /** @throws RangeError when the texts are of another width than the model's features */
  constructor({ engine, text, tower: { model, precision = 'float32' }, random }: TowerTermParts) {
    this.#engine = engine;
    this.#model = model;
    this.#text = text;
    this.#encoder = new TowerEncoder(engine, model, text);
    const vectors = itemVectors(engine, model, text);
    const { width } = model.shape;
    this.#learnt = new ItemVectors(vectors, width, precision);
    this.#index =
      random === undefined || text.items <= EXACT_ITEMS
        ? undefined
        : IvfIndex.build(engine, vectors, { dimensions: width, random });
  }

  *blocks(histories: readonly Int32Array[]): Generator<ScoreBlock, void, undefined> {
    for (let first = 0; first < histories.length; first += BATCH) {
      const part = this.#queries(histories.slice(first, first + BATCH));
      for (const { start, rows, scores } of similarityBlocks(this.#engine, part.texts, this.#text.transposed)) {
        for (let row = 0; row < rows; row += 1) {
          const learnt = this.#learnt.scores(part.state(start + row));
          const own = scores.subarray(row * learnt.length, (row + 1) * learnt.length);
          learnt.forEach((score, item) => (own[item] = ((own[item] ?? 0) + score) / this.#encoder.scale));
        }
        yield { start: first + start, rows, scores };
      }
    }
  }

  ask(history: Int32Array): ModelAnswer {
    const queries = this.#queries([history]);
    const state = queries.state(0);
    const { vectors, dimensions } = this.#text;
    return {
      nearest: (count) =>
        this.#index === undefined
          ? topOf(this.#learnt.scores(state), count).items
          : this.#index.search(state, count, Math.ceil(this.#index.size / LISTS_A_PROBE)).items,
      scoresOf: (items) =>
        this.#learnt
          .scoresOf(state, items)
          .map(
            (score, at) =>
              (score + dot(vectors, (items[at] ?? 0) * dimensions, queries.texts, 0, dimensions)) / this.#encoder.scale,
          ),
    };
  }

  towards(target: ItemOrText, histories: readonly Int32Array[]): Float32Array {
    const { dimensions } = this.#text;
    const [learnt, texts, place] =
      'item' in target
        ? [this.#learnt, this.#text.vectors, target.item]
        : [this.#learntOf(target.vector), target.vector, 0];
    const scores = new Float32Array(histories.length);
    for (let first = 0; first < histories.length; first += BATCH) {
      const part = histories.slice(first, first + BATCH);
      const queries = this.#queries(part);
      part.forEach((_, row) => {
        const [score = 0] = learnt.scoresOf(queries.state(row), Int32Array.of(place));
        const byText = dot(texts, place * dimensions, queries.texts, row * dimensions, dimensions);
        scores[first + row] = (score + byText) / this.#encoder.scale;
      });
    }
    return scores;
  }

  /** Gives the engine's memory back. */
  dispose(): void {
    this.#encoder.dispose();
  }

  /** v of one new text, in the precision of the others. */
  #learntOf(vector: Float32Array): ItemVectors {
    const { dimensions, precision } = this.#learnt;
    const text = { items: 1, dimensions: this.#text.dimensions, vectors: vector };
    return new ItemVectors(itemVectors(this.#engine, this.#model, text), dimensions, precision);
  }

  /** The encoder's queries, taken apart. */
  #queries(histories: readonly Int32Array[]): {
    readonly state: (row: number) => Float32Array;
    /** histories × features. */
    readonly texts: Float32Array;
  } {
    const encoded = this.#encoder.encode(histories);
    const { dimensions: width } = this.#learnt;
    const { dimensions: features } = this.#text;
    const texts = new Float32Array(histories.length * features);
    histories.forEach((_, row) => {
      const at = row * (width + features);
      texts.set(encoded.subarray(at + width, at + width + features), row * features);
    });
    return { texts, state: (row) => encoded.subarray(row * (width + features), row * (width + features) + width) };
  }
}
