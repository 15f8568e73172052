import { GuildhallError } from '../../errors/index.js';
import { lowerItems, pairContribution, supportFromPairs } from '../../recommender/index.js';
import type { Catalogue, PairSupport } from '../../recommender/index.js';
import type { NeighbourCountsModel } from '../../proto/index.js';
import type { RoundTerms } from '../contract/terms.js';
import { expectKind } from '../model.js';
import type { ModelKind } from '../model.js';
import { NO_COUNTS, unitsAShopper, withRelease } from './counts-release.js';
import type { Task } from './task.js';

/** A catalogue whose text-neighbour pairs are to be counted. */
export interface CountsCatalogue {
  readonly name: string;
  /** Items that the support indexes. */
  readonly itemIds: readonly string[];
  /** The public cells. */
  readonly support: PairSupport;
}

/** The model before the release: the public support and no counts. */
export function countsSupportModel({ name, itemIds, support }: CountsCatalogue): ModelKind {
  const lower = lowerItems(support);
  return {
    $case: 'neighbourCounts',
    value: {
      catalogue: name,
      itemIds: [...itemIds],
      firstDeltas: [...lower].map((item, cell) => item - (lower[cell - 1] ?? 0)),
      second: [...support.higher],
      ...NO_COUNTS,
    },
  };
}

/**
 * The cells that a counts model carries.
 * @throws GuildhallError MODEL_MALFORMED for pairs out of range or order
 */
export function supportOf(model: NeighbourCountsModel): PairSupport {
  let item = 0;
  const lower = Int32Array.from(model.firstDeltas, (delta) => (item += delta));
  try {
    return supportFromPairs(model.itemIds.length, lower, Int32Array.from(model.second));
  } catch (cause) {
    throw new GuildhallError('MODEL_MALFORMED', 'The counts model carries pairs out of range or order.', { cause });
  }
}

/** Whether two models have the same items and the same cells, in the same order. */
export function countSamePairs(one: NeighbourCountsModel, other: NeighbourCountsModel): boolean {
  const same = (left: readonly unknown[], right: readonly unknown[]): boolean =>
    left.length === right.length && left.every((value, index) => value === right[index]);
  return same(one.itemIds, other.itemIds) && same(one.firstDeltas, other.firstDeltas) && same(one.second, other.second);
}

/** For each item of the merchant's catalogue, its index in the model's items; −1 for an item that the model lacks. */
export function itemsInModel(catalogue: Catalogue, model: NeighbourCountsModel): Int32Array {
  const indexOf = new Map(model.itemIds.map((id, index) => [id, index]));
  return Int32Array.from(catalogue.items, ({ id }) => indexOf.get(id) ?? -1);
}

/**
 * Text-neighbour co-purchase counts: every shopper adds at most K units to public cells (RECOMMENDER.md). Every period
 * spends its part of the budget, and is added to those before it.
 */
export const neighbourCounts: Task = {
  name: 'neighbour-counts',
  mechanisms: ['laplace', 'none'],
  unit: 'shopper',

  dimension(model) {
    return expectKind(model, 'neighbourCounts').second.length;
  },

  *contribute({ terms, model, data, sampled }) {
    const { maximumLag, historyLength } = countsTerms(terms);
    const counts = expectKind(model, 'neighbourCounts');
    const support = supportOf(counts);
    const inModel = itemsInModel(data.catalogue, counts);
    const pairs = { l1Bound: unitsAShopper(terms), maximumLag, historyLength };
    for (const shopper of sampled) {
      const history = data.releasedHistory(shopper).map((item) => inModel[item] ?? -1);
      yield { form: 'sparse', ...pairContribution(history, support, pairs) };
    }
  },

  apply({ terms, model, sum, noiseRatio }) {
    const before = expectKind(model, 'neighbourCounts');
    return { $case: 'neighbourCounts', value: { ...before, ...withRelease(before, { terms, sum, noiseRatio }) } };
  },
};

function countsTerms({ task }: RoundTerms) {
  if (task.$case !== 'neighbourCounts') throw new TypeError(`not terms of a counts round: ${task.$case}`);
  return task.value;
}
