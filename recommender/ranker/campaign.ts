import { HISTORY_DECAY, topOf, valueAt } from '../mix/index.js';
import type { ItemOrText, Mix, MixTerm } from '../mix/index.js';
import { dot } from '../text/index.js';
import { reasonsOf } from './reasons.js';
import type { Reason } from './request.js';

/** One shopper whom a campaign would suit. */
export interface CampaignShopper {
  /** Index among the shoppers that were given. */
  readonly shopper: number;
  /** Comparable within one campaign only. */
  readonly score: number;
  readonly reasons: readonly Reason[];
}

/** Events further back weigh less than 1e−9 of the newest one. */
const OLDEST_EVENT = 60;

/**
 * The shoppers whom an item suits best, best first: those for whom the mix scores it highest, its popularity aside, which
 * is the same for all. Who has bought it is left out, and for whom nothing speaks; for a new item only texts speak, and the
 * tower, which reads texts. The other direction, which of some promoted items suit one shopper, is `ItemFilter.only`.
 *
 * @param histories of the shoppers, oldest event first; empty ones are left out
 * @throws RangeError for an item or a vector that the mix does not fit
 */
export function campaignShoppers(
  mix: Mix,
  promoted: ItemOrText,
  histories: readonly Int32Array[],
  count: number,
): CampaignShopper[] {
  const { vectors, dimensions, items } = mix.text;
  const item = 'item' in promoted ? promoted.item : -1;
  if ('item' in promoted && !(Number.isInteger(item) && item >= 0 && item < items)) {
    throw new RangeError(`There is no item ${item} among ${items}.`);
  }
  const vector = 'vector' in promoted ? promoted.vector : vectors.subarray(item * dimensions, (item + 1) * dimensions);
  if (vector.length !== dimensions) throw new RangeError(`A vector of ${vector.length} is not of ${dimensions}.`);
  const addressed = histories.map((history) => history.length > 0 && !(item >= 0 && history.includes(item)));
  const tower = mix.model?.towards(promoted, histories);
  const termsOf = (shopper: number): [MixTerm, number][] => [
    ...terms(mix, vector, item, histories[shopper] ?? new Int32Array()),
    ['tower', mix.weights.tower * (tower?.[shopper] ?? 0)],
  ];
  const scores = Float32Array.from(histories, (_, shopper) =>
    addressed[shopper] === true ? sum(termsOf(shopper)) : -Infinity,
  );
  const others = new Set(histories.map((_, shopper) => shopper).filter((shopper) => addressed[shopper] !== true));
  const best = topOf(scores, count, others);
  const suited = best.items.filter((_, place) => (best.scores[place] ?? 0) > 0);
  return Array.from(suited, (shopper, place) => {
    const history = histories[shopper] ?? new Int32Array();
    const reasons = reasonsOf(mix, history, item, Object.fromEntries(termsOf(shopper)));
    return { shopper, score: best.scores[place] ?? 0, reasons };
  });
}

/** The weighted terms of the mix that differ from shopper to shopper, but for the tower's. */
function terms(mix: Mix, vector: Float32Array, item: number, history: Int32Array): [MixTerm, number][] {
  const { text, own, federated, weights } = mix;
  const { vectors, dimensions } = text;
  const last = history.at(-1) ?? 0;
  let [directed, window, released] = [0, 0, 0];
  const oldest = item < 0 ? history.length : Math.max(0, history.length - OLDEST_EVENT);
  for (let at = history.length - 1, decay = 1; at >= oldest; at--, decay *= HISTORY_DECAY) {
    const before = history[at] ?? 0;
    directed += decay * valueAt(own.directed, before, item);
    window += decay * valueAt(own.window, before, item);
    if (federated !== undefined) released += decay * valueAt(federated, before, item);
  }
  return [
    ['textLast', weights.textLast * dot(vectors, last * dimensions, vector, 0, dimensions)],
    ['textHistory', weights.textHistory * likenessToMean(vectors, dimensions, vector, history)],
    ['directed', weights.directed * directed],
    ['window', weights.window * window],
    ['federated', weights.federated * released],
  ];
}

function likenessToMean(vectors: Float32Array, dimensions: number, vector: Float32Array, history: Int32Array): number {
  const total = new Float32Array(dimensions);
  for (const item of history) {
    for (let at = 0; at < dimensions; at++) total[at] = (total[at] ?? 0) + (vectors[item * dimensions + at] ?? 0);
  }
  const squares = dot(total, 0, total, 0, dimensions);
  return squares === 0 ? 0 : dot(total, 0, vector, 0, dimensions) / Math.sqrt(squares);
}

function sum(weighted: readonly (readonly [MixTerm, number])[]): number {
  return weighted.reduce((total, [, value]) => total + value, 0);
}
