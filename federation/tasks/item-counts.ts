import type { ItemCountsModel } from '../../proto/index.js';
import type { RoundTerms } from '../contract/terms.js';
import { expectKind } from '../model.js';
import type { ModelKind } from '../model.js';
import { NO_COUNTS, unitsAShopper, withRelease } from './counts-release.js';
import type { Task } from './task.js';

/** The model before the release: the public cells, one an item, and no counts. */
export function itemCountsModel({
  name,
  itemIds,
}: {
  readonly name: string;
  readonly itemIds: readonly string[];
}): ModelKind {
  return { $case: 'itemCounts', value: { catalogue: name, itemIds: [...itemIds], release: NO_COUNTS } };
}

/**
 * Popularity: every shopper adds one unit to each of the K items that it bought last. For reports: as a term of the ranker
 * it brought nothing, with or without noise, where merchants have sales of their own.
 */
export const itemCounts: Task = {
  name: 'item-counts',
  mechanisms: ['laplace', 'none'],
  unit: 'shopper',

  dimension(model) {
    return expectKind(model, 'itemCounts').itemIds.length;
  },

  *contribute({ terms, model, data, sampled }) {
    requireTerms(terms);
    const cellOf = new Map(expectKind(model, 'itemCounts').itemIds.map((id, cell) => [id, cell]));
    const cells = data.catalogue.items.map(({ id }) => cellOf.get(id) ?? -1);
    const most = unitsAShopper(terms);
    for (const shopper of sampled) {
      const bought = new Set<number>();
      for (const item of data.releasedHistory(shopper).reverse()) {
        const cell = cells[item] ?? -1;
        if (cell >= 0 && bought.size < most) bought.add(cell);
      }
      yield { form: 'sparse', cells: Int32Array.from(bought), units: new Int32Array(bought.size).fill(1) };
    }
  },

  apply({ terms, model, sum, noiseRatio }) {
    const before = expectKind(model, 'itemCounts');
    const release = withRelease(before.release ?? NO_COUNTS, { terms, sum, noiseRatio });
    return { $case: 'itemCounts', value: { ...before, release } };
  },
};

/** One item's released count. */
export interface ItemCount {
  readonly itemId: string;
  /** Shoppers, with noise: unbiased, and negative at times. */
  readonly count: number;
}

/** A popularity release, as reports show it. */
export interface ItemCountsReport {
  readonly catalogue: string;
  /** Standard deviation of the noise in one count; 0 without noise. */
  readonly deviation: number;
  /** Greatest first. */
  readonly items: readonly ItemCount[];
}

/** Chance that any item at all is reported for its noise alone. */
const FALSE_REPORT = 0.05;

/**
 * The items whose counts noise alone does not explain: with probability .95 every one of them was bought by somebody.
 * @returns undefined before the first release
 */
export function reportedItems({ catalogue, itemIds, release }: ItemCountsModel): ItemCountsReport | undefined {
  if (release === undefined || release.counts.length === 0) return undefined;
  const { alpha, noiseShape, counts } = release;
  // A sum of r discrete Laplace variables has r times the variance 2α/(1 − α)².
  const deviation = alpha > 0 ? Math.sqrt(2 * alpha * noiseShape) / (1 - alpha) : 0;
  const least = alpha > 0 ? noiseQuantile({ alpha, noiseShape }, FALSE_REPORT / counts.length) : 0;
  const items = itemIds
    .map((itemId, cell) => ({ itemId, count: counts[cell] ?? 0 }))
    .filter(({ count }) => count > least)
    .sort((one, other) => other.count - one.count);
  return { catalogue, deviation, items };
}

/**
 * A value that the noise exceeds with at most the probability p, by Chernoff's bound at the decay's half: with
 * M(t) = (1 − α)²/((1 − αe^t)(1 − αe^−t)) of one discrete Laplace variable, P(Z > x) ≤ M(t)^r·e^−tx.
 */
function noiseQuantile(
  { alpha, noiseShape }: { readonly alpha: number; readonly noiseShape: number },
  p: number,
): number {
  const decay = -Math.log(alpha) / 2;
  const moment = (1 - alpha) ** 2 / ((1 - alpha * Math.exp(decay)) * (1 - alpha * Math.exp(-decay)));
  return (noiseShape * Math.log(moment) - Math.log(p)) / decay;
}

function requireTerms({ task }: RoundTerms): void {
  if (task.$case !== 'itemCounts') throw new TypeError(`not terms of an item counts round: ${task.$case}`);
}
