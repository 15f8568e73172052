import { dot } from '../text/index.js';
import type { Mix, MixWeights, ModelAnswer } from './mix.js';
import { HISTORY_DECAY, historyMeans } from './mix.js';
import type { SparseMatrix } from './sparse.js';
import { topOf } from './top.js';

/** Events, newest first and each item once, whose text neighbours become candidates. */
const TEXT_EVENTS = 8;
/** Best items by the count terms alone that become candidates. */
const BY_COUNTS = 400;
/** Items nearest to a released model's idea of the next one that become candidates. */
const BY_MODEL = 60;
/** Most popular items that become candidates. */
const BY_POPULARITY = 60;
/** Events further back weigh less than 1e−9 of the newest one. */
const OLDEST_EVENT = 60;

/** The terms of the mix, before weights. */
export type MixTerm = keyof MixWeights;

/** All terms, in the order of explanations. */
export const MIX_TERMS = [
  'textLast',
  'textHistory',
  'directed',
  'window',
  'popularity',
  'federated',
  'tower',
] as const satisfies readonly MixTerm[];

/** Some items and what every term of the mix says of each, before weights. */
export interface TermTable {
  readonly items: Int32Array;
  readonly terms: Readonly<Record<MixTerm, Float32Array>>;
}

/**
 * Finds the items that can stand high in a mix without scoring the whole catalogue: the text neighbours of the last
 * events, the best by counts, a released model's nearest, and the most popular. About 900 items, whatever the size of the catalogue; not thread-safe,
 * for it keeps its scratch space between calls.
 */
export class CandidateFinder {
  private readonly mix: Mix;
  private readonly popular: Int32Array;
  private readonly sums: Readonly<Record<'directed' | 'window' | 'federated' | 'all', Float32Array>>;
  private readonly touched: Int32Array;
  private readonly seenAt: Int32Array;
  private call = 0;

  constructor(mix: Mix) {
    const { items } = mix.text;
    this.mix = mix;
    this.popular = topOf(mix.own.popularity, BY_POPULARITY).items;
    const dense = (): Float32Array => new Float32Array(items);
    this.sums = { directed: dense(), window: dense(), federated: dense(), all: dense() };
    this.touched = new Int32Array(items);
    this.seenAt = new Int32Array(items);
  }

  /**
   * Candidates for a history, oldest event first, with all terms; items of the history may be among them.
   * @param also further items to score, found by a search say
   */
  find(history: Int32Array, also: Iterable<number> = []): TermTable {
    const counted = this.accumulate(history);
    const answer = history.length === 0 ? undefined : this.mix.model?.ask(history);
    const chosen = new Set<number>(this.bestByCounts(counted));
    for (const item of answer?.nearest(BY_MODEL) ?? []) chosen.add(item);
    for (const item of this.textNeighbours(history)) chosen.add(item);
    for (const item of this.popular) chosen.add(item);
    for (const item of also) chosen.add(item);
    const table = this.table(Int32Array.from(chosen), history, answer);
    this.clear(counted);
    return table;
  }

  private table(items: Int32Array, history: Int32Array, answer: ModelAnswer | undefined): TermTable {
    const { text, own } = this.mix;
    const { vectors, dimensions } = text;
    const last = history.at(-1);
    const mean = historyMeans(text, [history]);
    const zeros = new Float32Array(items.length);
    const of = (values: Float32Array): Float32Array => gather(values, items);
    const similarity = (query: Float32Array, start: number): Float32Array => {
      const result = new Float32Array(items.length);
      for (let at = 0; at < items.length; at++) {
        result[at] = dot(vectors, (items[at] ?? 0) * dimensions, query, start, dimensions);
      }
      return result;
    };
    return {
      items,
      terms: {
        textLast: last === undefined ? zeros : similarity(vectors, last * dimensions),
        textHistory: last === undefined ? zeros : similarity(mean, 0),
        directed: of(this.sums.directed),
        window: of(this.sums.window),
        popularity: of(own.popularity),
        federated: of(this.sums.federated),
        tower: answer === undefined ? zeros : answer.scoresOf(items),
      },
    };
  }

  /** Adds up the count terms of every item that a count connects with the history; returns how many items that is. */
  private accumulate(history: Int32Array): number {
    const { own, federated, weights } = this.mix;
    this.call += 1;
    let touched = 0;
    const add = (into: Float32Array, matrix: SparseMatrix, row: number, decay: number, weight: number): void => {
      const end = matrix.starts[row + 1] ?? 0;
      for (let at = matrix.starts[row] ?? 0; at < end; at++) {
        const item = matrix.indices[at] ?? 0;
        if (this.seenAt[item] !== this.call) {
          this.seenAt[item] = this.call;
          this.touched[touched++] = item;
        }
        const value = decay * (matrix.values[at] ?? 0);
        into[item] = (into[item] ?? 0) + value;
        this.sums.all[item] = (this.sums.all[item] ?? 0) + weight * value;
      }
    };
    const oldest = Math.max(0, history.length - OLDEST_EVENT);
    for (let at = history.length - 1, decay = 1; at >= oldest; at--, decay *= HISTORY_DECAY) {
      const item = history[at] ?? 0;
      add(this.sums.directed, own.directed, item, decay, weights.directed);
      add(this.sums.window, own.window, item, decay, weights.window);
      if (federated !== undefined) add(this.sums.federated, federated, item, decay, weights.federated);
    }
    return touched;
  }

  private bestByCounts(counted: number): Int32Array {
    const touched = this.touched.subarray(0, counted);
    if (counted <= BY_COUNTS) return touched.slice();
    const scores = gather(this.sums.all, touched);
    const threshold = scores.slice().sort()[counted - BY_COUNTS] ?? 0;
    return touched.filter((_, at) => (scores[at] ?? 0) >= threshold).slice(0, BY_COUNTS);
  }

  private textNeighbours(history: Int32Array): number[] {
    const { count, indices } = this.mix.text.neighbours;
    const found: number[] = [];
    const events = new Set<number>();
    for (let at = history.length - 1; at >= 0 && events.size < TEXT_EVENTS; at--) events.add(history[at] ?? 0);
    for (const item of events) {
      found.push(item);
      for (let rank = 0; rank < count; rank++) found.push(indices[item * count + rank] ?? 0);
    }
    return found;
  }

  private clear(counted: number): void {
    for (let at = 0; at < counted; at++) {
      const item = this.touched[at] ?? 0;
      this.sums.directed[item] = 0;
      this.sums.window[item] = 0;
      this.sums.federated[item] = 0;
      this.sums.all[item] = 0;
    }
  }
}

/** values[indices[0]], values[indices[1]], …; a loop, for `from` with a function is many times slower. */
export function gather(values: Float32Array, indices: Int32Array): Float32Array {
  const result = new Float32Array(indices.length);
  for (let at = 0; at < indices.length; at++) result[at] = values[indices[at] ?? 0] ?? 0;
  return result;
}

/** Scores of a table's items under some weights. */
export function weigh(table: TermTable, weights: MixWeights): Float32Array {
  const scores = new Float32Array(table.items.length);
  for (const term of MIX_TERMS) {
    const weight = weights[term];
    if (weight === 0) continue;
    const values = table.terms[term];
    for (let at = 0; at < scores.length; at++) scores[at] = (scores[at] ?? 0) + weight * (values[at] ?? 0);
  }
  return scores;
}
