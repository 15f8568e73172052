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

/** How deep in the mix a candidate's rank by text is taken. */
const TEXT_RANK_DEPTH = 200;

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
      const last = history.at(-1);
      const hidden = new Set(history);
      if (one.repeatedTarget === 'offered') hidden.delete(target);
      const scores = block.scores.subarray(row * text.items, (row + 1) * text.items);
      const pool = last === undefined ? new Int32Array() : topOf(scores, TEXT_RANK_DEPTH, hidden).items;
      const items = pool.slice(0, LIST_SIZE);
      const features = (): Float32Array => {
        if (last === undefined) return new Float32Array();
        const textHistory = Float32Array.from(items, (item) =>
          dot(text.vectors, item * text.dimensions, means, row * text.dimensions, text.dimensions),
        );
        const input = { history, candidates: items, textHistory, textRank: textRanks(text, pool, last) };
        return pairFeatures(own === undefined ? input : { ...input, own: own.read(history, items) }, text, attributes);
      };
      yield { items, features, target: target < 0 ? -1 : items.indexOf(target) };
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
  const { federated } = mix;
  let place = 0;
  for (const list of rankedLists(mix, attributes, cases, own)) {
    const history = cases[place]?.history ?? new Int32Array();
    place += 1;
    const released = federated === undefined ? {} : { released: countTerm(federated, history, list.items) };
    yield { form: 'full', ...list, features: list.features(), ...released };
  }
}
