import { similarityBlocks } from '../engine/index.js';
import type { Engine } from '../engine/index.js';
import { normaliseRows } from '../text/index.js';
import type { TextIndex } from '../text/index.js';
import { ownEvidence } from './evidence.js';
import type { OwnEvidence } from './evidence.js';
import { addScaledRow } from './sparse.js';
import type { SparseMatrix } from './sparse.js';

/** Weights of the terms of the mix. */
export interface MixWeights {
  /** Text similarity to the last item. */
  readonly textLast: number;
  /** Text similarity to the mean of the history. */
  readonly textHistory: number;
  /** The merchant's own directed counts. */
  readonly directed: number;
  /** The merchant's own windowed counts. */
  readonly window: number;
  /** ln(1 + purchases) at the merchant. */
  readonly popularity: number;
  /** The federated statistic, where there is one. */
  readonly federated: number;
  /** A released model's score, where there is one. */
  readonly tower: number;
}

/** Public defaults, chosen on validation items of four catalogues (federated text-neighbour counts included); the tower's is not tuned. */
export const DEFAULT_WEIGHTS: MixWeights = {
  textLast: 1,
  textHistory: 1,
  directed: 0.8,
  window: 0.4,
  popularity: 0.03,
  federated: 0.6,
  tower: 0.5,
};

/** How much less each older event of a history counts for the count terms: weight .7^age, age 0 for the last event. */
export const HISTORY_DECAY = 0.7;
/** Below this share of the newest event's weight an older event is not looked up any more: 60 events back. */
const NEGLIGIBLE = HISTORY_DECAY ** 60;

/** Scores of the whole catalogue for some shoppers. */
export interface ScoreBlock {
  /** Index of the first history of the block. */
  readonly start: number;
  readonly rows: number;
  /** rows × items. */
  readonly scores: Float32Array;
}

/** A model that scores a catalogue from −1 to 1, as one more term. */
export interface ModelTerm {
  /** histories × items, block by block. */
  blocks(histories: readonly Int32Array[]): Iterable<ScoreBlock>;
  /** The same for one history at a time, without scoring what is not asked for. */
  ask(history: Int32Array): ModelAnswer;
  /** What it says of one item to each history. */
  towards(target: ItemOrText, histories: readonly Int32Array[]): Float32Array;
}

/** An item of the catalogue, or one that is not in it yet, by the unit vector of its text. */
export type ItemOrText = { readonly item: number } | { readonly vector: Float32Array };

/** What a model says for one history; valid until the next is asked for. */
export interface ModelAnswer {
  /** Items that it likes best, in no order. */
  nearest(count: number): Int32Array;
  scoresOf(items: Int32Array): Float32Array;
}

/** What a mix is built from. */
export interface MixParts {
  readonly engine: Engine;
  readonly text: TextIndex;
  /** The merchant's own shoppers, only events that the mix may know. */
  readonly histories: readonly Int32Array[];
  /** Default {@link DEFAULT_WEIGHTS}. */
  readonly weights?: MixWeights;
  /** The released statistic ĉ, items × items, symmetric. */
  readonly federated?: SparseMatrix;
  /** A released model of another kind, where there is one. */
  readonly model?: ModelTerm;
}

/**
 * The ranker of everything: a weighted sum of what item texts say, what the merchant alone has counted, and what
 * merchants have released together. Linear in its terms, so a result can be explained by its largest ones.
 */
export class Mix {
  readonly text: TextIndex;
  readonly own: OwnEvidence;
  readonly weights: MixWeights;
  readonly federated: SparseMatrix | undefined;
  readonly model: ModelTerm | undefined;
  private readonly engine: Engine;

  private constructor(parts: MixParts, own: OwnEvidence) {
    this.engine = parts.engine;
    this.text = parts.text;
    this.own = own;
    this.weights = parts.weights ?? DEFAULT_WEIGHTS;
    this.federated = parts.federated;
    this.model = parts.model;
  }

  /** Counts the merchant's own evidence and puts the terms together. */
  static build(parts: MixParts): Mix {
    return new Mix(parts, ownEvidence(parts.histories, parts.text.items));
  }

  /** The same evidence under other weights or with other released components, without counting again. */
  with(change: Pick<MixParts, 'weights' | 'federated' | 'model'>): Mix {
    return new Mix({ engine: this.engine, text: this.text, histories: [], ...this.optional(), ...change }, this.own);
  }

  /**
   * The weights for a history: for someone without one nothing but popularity speaks, so where tuning has set its weight
   * to 0 the default one counts.
   */
  weightsFor(history: Int32Array): MixWeights {
    if (history.length > 0 || this.weights.popularity !== 0) return this.weights;
    return { ...this.weights, popularity: DEFAULT_WEIGHTS.popularity };
  }

  private optional(): Pick<MixParts, 'weights' | 'federated' | 'model'> {
    return {
      weights: this.weights,
      ...(this.federated === undefined ? {} : { federated: this.federated }),
      ...(this.model === undefined ? {} : { model: this.model }),
    };
  }

  /**
   * Scores of every item for every history, histories.length × items. Memory grows with the batch; for many shoppers
   * use {@link blocks}.
   */
  score(histories: readonly Int32Array[]): Float32Array {
    const scores = new Float32Array(histories.length * this.text.items);
    for (const block of this.blocks(histories)) scores.set(block.scores, block.start * this.text.items);
    return scores;
  }

  /**
   * The same, a block of histories at a time.
   *
   * @param options.blockRows histories a block, default 256
   */
  *blocks(
    histories: readonly Int32Array[],
    options: { readonly blockRows?: number } = {},
  ): Generator<ScoreBlock, void, undefined> {
    const queries = this.queries(histories);
    for (const block of similarityBlocks(this.engine, queries, this.text.transposed, options)) {
      for (let row = 0; row < block.rows; row++) {
        const scores = block.scores.subarray(row * this.text.items, (row + 1) * this.text.items);
        this.addCounts(scores, histories[block.start + row] ?? new Int32Array());
      }
      this.addModel(block, histories);
      yield block;
    }
  }

  /** Both text terms as one vector a history, since inner products add. */
  private queries(histories: readonly Int32Array[]): Float32Array {
    const { textLast, textHistory } = this.weights;
    const { dimensions, vectors } = this.text;
    const queries = historyMeans(this.text, histories);
    histories.forEach((history, row) => {
      const last = history.at(-1);
      for (let dimension = 0; dimension < dimensions; dimension++) {
        const at = row * dimensions + dimension;
        const ofLast = last === undefined ? 0 : (vectors[last * dimensions + dimension] ?? 0);
        queries[at] = textHistory * (queries[at] ?? 0) + textLast * ofLast;
      }
    });
    return queries;
  }

  private addModel({ start, rows, scores }: ScoreBlock, histories: readonly Int32Array[]): void {
    if (this.model === undefined) return;
    const { tower: weight } = this.weights;
    for (const part of this.model.blocks(histories.slice(start, start + rows))) {
      const first = part.start * this.text.items;
      part.scores.forEach((score, at) => (scores[first + at] = (scores[first + at] ?? 0) + weight * score));
    }
  }

  private addCounts(scores: Float32Array, history: Int32Array): void {
    const { directed, window, popularity, federated } = this.weightsFor(history);
    let decay = 1;
    for (let at = history.length - 1; at >= 0 && decay > NEGLIGIBLE; at--, decay *= HISTORY_DECAY) {
      const item = history[at] ?? 0;
      addScaledRow(scores, this.own.directed, item, directed * decay);
      addScaledRow(scores, this.own.window, item, window * decay);
      if (this.federated !== undefined) addScaledRow(scores, this.federated, item, federated * decay);
    }
    if (popularity === 0) return;
    this.own.popularity.forEach((logPurchases, item) => {
      scores[item] = (scores[item] ?? 0) + popularity * logPurchases;
    });
  }
}

/**
 * Unit vectors of the means of histories' item vectors, a repeated item counting each time; zero for an empty history.
 *
 * @returns histories.length × dimensions
 */
export function historyMeans(text: TextIndex, histories: readonly Int32Array[]): Float32Array {
  const { dimensions, vectors } = text;
  const means = new Float32Array(histories.length * dimensions);
  histories.forEach((history, row) => {
    for (const item of history) {
      for (let dimension = 0; dimension < dimensions; dimension++) {
        const at = row * dimensions + dimension;
        means[at] = (means[at] ?? 0) + (vectors[item * dimensions + dimension] ?? 0);
      }
    }
  });
  normaliseRows(means, dimensions);
  return means;
}
