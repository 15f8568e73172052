import { HISTORY_DECAY } from '../mix/index.js';
import { dot } from '../text/index.js';
import type { TextIndex } from '../text/index.js';
import type { PairAttributes } from './attributes.js';
import { FEATURE_COUNT } from './list.js';
import { standardise } from './standard.js';
import type { Titles } from './titles.js';

/** What each feature is, in the order of a row; scales bring all of them to the order of 1. */
export const FEATURE_NAMES = [
  'text similarity to the last item',
  'text similarity to the history',
  'own directed count, at most 5',
  'own window count, at most 5',
  'own log popularity / 3',
  'text similarity to the 2nd last item',
  'text similarity to the 3rd last item',
  'text similarity to the 4th last item',
  'greatest text similarity to a recent item',
  'same brand as the last item',
  'share of recent items of the same brand',
  'brand missing',
  'same category as the last item at depth 3',
  'same category as the last item at depth 4',
  'same category as the last item at depth 5',
  'same whole category as the last item',
  'share of recent items of the same category at depth 4',
  'share of recent items of the same whole category',
  'rank by text, ln(1 + rank) / 5',
  'rank by the mix, ln(1 + rank) / 5',
  'recent items, ln(1 + n) / 3',
  'own window counts of the history in all, ln(1 + sum) / 4',
  'mean similarity to the 20 nearest items · 2',
  'items of the same category, ln(1 + n) / 5',
  'own directed count is there',
  'own window count is there',
  'own affinity of the whole category to the last item’s / 2',
  'own affinity of the brand to the last item’s / 2',
  'text similarity to what was bought around the history',
  'text similarity of the last item to what was bought around this one',
  'likeness of the title’s words to the last item’s',
  'likeness of the title’s words to the recent items’',
  'first words of the title shared with the last item’s, at most 4',
  'numbers in the title shared with the last item’s, at most 3',
  'rank by likeness of words to the recent items, ln(1 + rank) / 5',
  'own purchases late in histories, −2 to 2',
  'own log purchases among a shopper’s last two / 1.5',
  'own log purchases an item of the brand · 1.5',
  'own window counts between neighbours of the last item and of this one, ln(1 + sum)',
] as const;

/** How many of a history's last items the similarities and shares look at. */
const RECENT = 10;

/** The merchant's own evidence for the candidates of one list; absent in a strict list. */
export interface OwnFeatures {
  /** The mix's directed term, one value a candidate. */
  readonly directed: Float32Array;
  /** The mix's window term, one value a candidate. */
  readonly window: Float32Array;
  /** ln(1 + own purchases), one value a candidate. */
  readonly logPopularity: Float32Array;
  /** Sum of the window term over the whole catalogue. */
  readonly windowTotal: number;
  /** How much likelier than by chance the candidate's category, and brand, come near those of the last item: ln of a ratio. */
  readonly categoryAffinity: Float32Array;
  readonly brandAffinity: Float32Array;
  /** Likeness of the candidate's text to what was bought around the history. */
  readonly nearSurroundings: Float32Array;
  /** Likeness of the last item's text to what was bought around the candidate. */
  readonly lastNearSurroundings: Float32Array;
  /** How late in shoppers' histories the candidate was bought: −.5 always first, 0 unknown, .5 always last. */
  readonly lateness: Float32Array;
  /** ln(1 + own purchases that were among their shopper's last two). */
  readonly logRecentPopularity: Float32Array;
  /** ln(1 + own purchases of the candidate's brand / items of it); 0 without a brand. */
  readonly logBrandPopularity: Float32Array;
  /** ln(1 + window counts between the last item and its nearest by text, and the candidate and its nearest). */
  readonly neighbourWindow: Float32Array;
}

/** The own features that have one value a candidate. */
type OwnColumn = Exclude<keyof OwnFeatures, 'windowTotal'>;

/** One shopper's list, before its features. Arrays run along `candidates`, which are in the order of the mix. */
export interface PairInput {
  /** Item indices, oldest first; not empty. */
  readonly history: Int32Array;
  readonly candidates: Int32Array;
  /** Cosine with the mean of the history's text vectors. */
  readonly textHistory: Float32Array;
  /** Rank by similarity to the last item among the mix's best candidates, from 0. */
  readonly textRank: Int32Array;
  readonly own?: OwnFeatures;
}

const at = (array: ArrayLike<number>, index: number): number => array[index] ?? 0;

function similarity({ vectors, dimensions }: TextIndex, left: number, right: number): number {
  return dot(vectors, left * dimensions, vectors, right * dimensions, dimensions);
}

/** Whether the codes of two items agree; a missing attribute agrees with nothing. */
function same(codes: Int32Array, left: number, right: number): number {
  const code = at(codes, left);
  return code >= 0 && code === at(codes, right) ? 1 : 0;
}

function shareOf(codes: Int32Array, item: number, recent: Int32Array): number {
  let hits = 0;
  for (const other of recent) hits += same(codes, item, other);
  return hits / recent.length;
}

/** Mean likeness of an item's title to recent ones, newest first, each weighing .7 of the one after it. */
function titleLikeness(titles: Titles, item: number, recent: Int32Array): number {
  let [sum, weights] = [0, 0];
  recent.forEach((other, age) => {
    const weight = HISTORY_DECAY ** age;
    sum += weight * titles.match(item, other).likeness;
    weights += weight;
  });
  return sum / weights;
}

/** Rank of every value, the greatest first, equal ones in their order; from 0. */
export function ranksOf(values: Float32Array): Int32Array {
  const order = Int32Array.from(values.keys()).sort((one, other) => at(values, other) - at(values, one) || one - other);
  const ranks = new Int32Array(values.length);
  order.forEach((position, rank) => (ranks[position] = rank));
  return ranks;
}

/**
 * The {@link FEATURE_NAMES} of a list, standardised by public constants; own features are 0 where `own` is absent.
 * @returns candidates × {@link FEATURE_COUNT}, row-major
 * @throws RangeError when the history is empty
 */
export function pairFeatures(input: PairInput, index: TextIndex, attributes: PairAttributes): Float32Array {
  const { history, candidates, own } = input;
  if (history.length === 0) throw new RangeError('A pair feature needs a history of one item at least.');
  const recent = history.slice(-RECENT).reverse();
  const last = at(recent, 0);
  const { titles } = attributes;
  const likeness = Float32Array.from(candidates, (item) => titleLikeness(titles, item, recent));
  const likenessRank = ranksOf(likeness);
  const [shallow, middle, deep, whole] = attributes.category;
  const features = new Float32Array(candidates.length * FEATURE_COUNT);
  for (let rank = 0; rank < candidates.length; rank += 1) {
    const item = at(candidates, rank);
    const near = Array.from(recent, (other) => similarity(index, item, other));
    const mine = (name: OwnColumn): number => (own === undefined ? 0 : at(own[name], rank));
    const [directed, window] = [mine('directed'), mine('window')];
    const title = titles.match(item, last);
    // A history shorter than the lags leaves their similarity at 0; so does a shorter one under the greatest.
    const greatest = recent.length < RECENT ? Math.max(0, ...near) : Math.max(...near);
    features.set(
      [
        at(near, 0),
        at(input.textHistory, rank),
        Math.min(directed, 5),
        Math.min(window, 5),
        mine('logPopularity') / 3,
        at(near, 1),
        at(near, 2),
        at(near, 3),
        greatest,
        same(attributes.brand, item, last),
        shareOf(attributes.brand, item, recent),
        at(attributes.brand, item) < 0 ? 1 : 0,
        same(shallow, item, last),
        same(middle, item, last),
        same(deep, item, last),
        same(whole, item, last),
        shareOf(middle, item, recent),
        shareOf(whole, item, recent),
        Math.log1p(at(input.textRank, rank)) / 5,
        Math.log1p(rank) / 5,
        Math.log1p(recent.length) / 3,
        own === undefined ? 0 : Math.log1p(own.windowTotal) / 4,
        2 * at(index.hubness, item),
        at(attributes.logCategorySize, item) / 5,
        directed > 0 ? 1 : 0,
        window > 0 ? 1 : 0,
        mine('categoryAffinity') / 2,
        mine('brandAffinity') / 2,
        2 * mine('nearSurroundings'),
        4 * mine('lastNearSurroundings'),
        title.likeness,
        at(likeness, rank),
        titles.sharedStart(item, last),
        Math.min(title.numbers, 3),
        Math.log1p(at(likenessRank, rank)) / 5,
        4 * mine('lateness'),
        mine('logRecentPopularity') / 1.5,
        1.5 * mine('logBrandPopularity'),
        mine('neighbourWindow'),
      ],
      rank * FEATURE_COUNT,
    );
  }
  standardise(features);
  return features;
}
