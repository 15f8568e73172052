import type { ItemCountsModel } from '../../proto/index.js';
import type { RoundTerms } from '../contract/terms.js';
import { expectKind } from '../model.js';
import type { ModelKind } from '../model.js';
import { checkedRelease, NO_COUNTS, unitsAShopper, withRelease } from './counts-release.js';
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
 * it brought nothing, with or without noise, where merchants have sales of their own. Later periods are added as those of
 * pairs are.
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
  /** Shoppers who have the item among the last K that they bought, in the mean of the releases: unbiased under noise. */
  readonly count: number;
}

/** What popularity releases say, as reports show it. */
export interface ItemCountsReport {
  readonly catalogue: string;
  /** K: each shopper counts for the last K items that it bought. */
  readonly itemsAShopper: number;
  /** Periods that the counts are the mean of. */
  readonly releases: number;
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
 * @throws GuildhallError MODEL_MALFORMED
 */
export function reportedItems({ catalogue, itemIds, ...model }: ItemCountsModel): ItemCountsReport | undefined {
  const release = checkedRelease(model.release, itemIds.length);
  if (release === undefined) return undefined;
  const { alpha, noiseShape, counts, l1Bound: itemsAShopper, releases } = release;
  // A sum of r discrete Laplace variables has r times the variance 2α/(1 − α)².
  const deviation = alpha > 0 ? Math.sqrt(2 * alpha * noiseShape) / (1 - alpha) : 0;
  const least = alpha > 0 ? noiseBound({ alpha, noiseShape }, FALSE_REPORT / counts.length) : 0;
  const items = itemIds
    .map((itemId, cell) => ({ itemId, sum: counts[cell] ?? 0 }))
    .filter(({ sum }) => sum > least)
    .sort((one, other) => other.sum - one.sum)
    .map(({ itemId, sum }) => ({ itemId, count: sum / releases }));
  return { catalogue, itemsAShopper, releases, deviation: deviation / releases, items };
}

/** Exponents that Chernoff's bound is taken at: parts of the decay −ln α, at which the moments become infinite. */
const EXPONENTS = 64;

/**
 * A value that the noise exceeds with at most the probability p, by the best of Chernoff's bounds: with
 * M(t) = (1 − α)²/((1 − αe^t)(1 − αe^−t)) of one discrete Laplace variable, P(Z > x) ≤ M(t)^r·e^−tx.
 */
function noiseBound({ alpha, noiseShape }: { readonly alpha: number; readonly noiseShape: number }, p: number): number {
  const bounds = Array.from({ length: EXPONENTS - 1 }, (_, part) => {
    const t = (-Math.log(alpha) * (part + 1)) / EXPONENTS;
    const moment = (1 - alpha) ** 2 / ((1 - alpha * Math.exp(t)) * (1 - alpha * Math.exp(-t)));
    return (noiseShape * Math.log(moment) - Math.log(p)) / t;
  });
  return Math.min(...bounds);
}

function requireTerms({ task }: RoundTerms): void {
  if (task.$case !== 'itemCounts') throw new TypeError(`not terms of an item counts round: ${task.$case}`);
}
