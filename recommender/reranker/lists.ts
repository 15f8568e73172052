import type { Engine } from '../engine/index.js';
import { DEFAULT_WEIGHTS, historyMeans, Mix, topOf } from '../mix/index.js';
import { dot } from '../text/index.js';
import type { TextIndex } from '../text/index.js';
import type { PairAttributes } from './attributes.js';
import { pairFeatures, ranksOf } from './features.js';
import { LIST_SIZE } from './list.js';
import type { FullList, StrictList } from './list.js';
import { countTerm, OwnReader } from './own.js';

/** One shopper to make a list for. */
export interface ListCase {
  /** Item indices, oldest first. Its items are not offered again. A list of an empty history is empty. */
  readonly history: Int32Array;
  /** The next item where it is known, else −1. */
  readonly target: number;
  /**
   * Whether a target that stands in the history is offered all the same, as the leave-one-out protocol wants.
   * Training masks it: that it alone is offered again would give it away.
   * @default 'masked'
   */
  readonly repeatedTarget?: 'masked' | 'offered';
}

/** How many of the best by the mix a list is made from: its first 60, with their ranks by text among all of these. */
export const LIST_POOL = 200;

/** Ranks of the first {@link LIST_SIZE} candidates among all of them by similarity to `last`. */
function textRanks(text: TextIndex, candidates: Int32Array, last: number): Int32Array {
  const { vectors, dimensions } = text;
  const similarity = Float32Array.from(candidates, (item) =>
    dot(vectors, item * dimensions, vectors, last * dimensions, dimensions),
  );
  return ranksOf(similarity).slice(0, LIST_SIZE);
}

/** A list whose features are computed when they are asked for: they cost more than the ranking. */
interface RankedList {
  readonly items: Int32Array;
  readonly target: number;
  readonly features: () => Float32Array;
}

/** What all lists of a mix share. */
interface ListParts {
  readonly text: TextIndex;
  readonly attributes: PairAttributes;
  readonly own?: OwnReader | undefined;
}

/** A list over the first {@link LIST_SIZE} of a pool, which holds the best by the mix in its order. */
function listOver(
  { text, attributes, own }: ListParts,
  pool: Int32Array,
  { history, mean, target }: { readonly history: Int32Array; readonly mean: Float32Array; readonly target: number },
): RankedList {
  const { vectors, dimensions } = text;
  const last = history.at(-1);
  const items = last === undefined ? new Int32Array() : pool.slice(0, LIST_SIZE);
  const features = (): Float32Array => {
    if (last === undefined) return new Float32Array();
    const textHistory = Float32Array.from(items, (item) => dot(vectors, item * dimensions, mean, 0, dimensions));
    const input = { history, candidates: items, textHistory, textRank: textRanks(text, pool, last) };
    return pairFeatures(own === undefined ? input : { ...input, own: own.read(history, items) }, text, attributes);
  };
  return { items, features, target: target < 0 ? -1 : items.indexOf(target) };
}

function* rankedLists(
  mix: Mix,
  attributes: PairAttributes,
  cases: readonly ListCase[],
  own?: OwnReader,
): Generator<RankedList, void, undefined> {
  const { text } = mix;
  const histories = cases.map((one) => one.history);
  for (const block of mix.blocks(histories)) {
    const means = historyMeans(text, histories.slice(block.start, block.start + block.rows));
    for (const [row, one] of cases.slice(block.start, block.start + block.rows).entries()) {
      const { history, target } = one;
      const hidden = new Set(history);
      if (one.repeatedTarget === 'offered') hidden.delete(target);
      const scores = block.scores.subarray(row * text.items, (row + 1) * text.items);
      const pool = topOf(scores, LIST_POOL, hidden).items;
      const mean = means.subarray(row * text.dimensions, (row + 1) * text.dimensions);
      yield listOver({ text, attributes, own }, pool, { history, mean, target });
    }
  }
}

/** What text alone offers: the best {@link LIST_SIZE} by similarity to the last item plus similarity to the history. */
function textLists(
  engine: Engine,
  text: TextIndex,
  attributes: PairAttributes,
  cases: readonly ListCase[],
): Generator<RankedList, void, undefined> {
  const weights = { ...DEFAULT_WEIGHTS, directed: 0, window: 0, popularity: 0, federated: 0 };
  return rankedLists(Mix.build({ engine, text, histories: [], weights }), attributes, cases);
}

/**
 * Lists from text alone, in the order of the cases, own features zero. Each is a function of its shopper's events and of
 * public data.
 */
export function* strictLists(
  engine: Engine,
  text: TextIndex,
  attributes: PairAttributes,
  cases: readonly ListCase[],
): Generator<StrictList, void, undefined> {
  for (const list of textLists(engine, text, attributes, cases))
    yield { form: 'strict', ...list, features: list.features() };
}

/**
 * Of {@link strictLists} those that teach, because they hold the next item; undefined in the places of the others, whose
 * features are never computed.
 */
export function* teachingLists(
  engine: Engine,
  text: TextIndex,
  attributes: PairAttributes,
  cases: readonly ListCase[],
): Generator<StrictList | undefined, void, undefined> {
  for (const list of textLists(engine, text, attributes, cases))
    yield list.target < 0 ? undefined : { form: 'strict', ...list, features: list.features() };
}

/**
 * Lists of the best {@link LIST_SIZE} items of a mix, with the merchant's own evidence among the features and what released
 * counts say beside them.
 */
export function* fullLists(
  mix: Mix,
  attributes: PairAttributes,
  cases: readonly ListCase[],
): Generator<FullList, void, undefined> {
  const own = OwnReader.of(mix, attributes);
  let place = 0;
  for (const list of rankedLists(mix, attributes, cases, own)) {
    yield fullList(mix, cases[place]?.history ?? new Int32Array(), list);
    place += 1;
  }
}

/**
 * The full list of a history over items that were found without scoring the whole catalogue, which would be most of the
 * work of a request.
 * @param pool the best by the mix in its order, without those of the history: {@link LIST_POOL} of them, or all that there are
 */
export function listOfPool(mix: Mix, attributes: PairAttributes, history: Int32Array, pool: Int32Array): FullList {
  const parts = { text: mix.text, attributes, own: OwnReader.of(mix, attributes) };
  const mean = historyMeans(mix.text, [history]);
  return fullList(mix, history, listOver(parts, pool, { history, mean, target: -1 }));
}

function fullList({ federated }: Mix, history: Int32Array, list: RankedList): FullList {
  const released = federated === undefined ? {} : { released: countTerm(federated, history, list.items) };
  return { form: 'full', ...list, features: list.features(), ...released };
}
