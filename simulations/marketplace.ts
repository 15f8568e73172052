import seedrandom from 'seedrandom';
import type { Catalogue, Shop, Shopper } from '../recommender/index.js';
import { inventAssortment } from './assortment.js';
import type { Assortment } from './assortment.js';
import { below, geometric, shuffled, weighted } from './draws.js';
import type { Uniform } from './draws.js';
import { DEPARTMENTS, STYLES } from './words.js';

/** How large a marketplace to invent. */
export interface MarketplaceOptions {
  readonly seed: string;
  /** @default 8 */
  readonly merchants?: number;
  /** Shoppers a merchant. @default 500 */
  readonly shoppers?: number;
  /** Items of the common catalogue, at least 100. @default 3000 */
  readonly items?: number;
}

/** An invented marketplace: one public catalogue, and merchants with disjoint shoppers. */
export interface Marketplace {
  readonly catalogue: Catalogue;
  readonly merchants: readonly Shop[];
}

/**
 * The probabilities of what a shopper does next. What is not named is a draw from the shopper's taste.
 */
export const NEXT_PURCHASE = {
  /** One of the last item's hidden complements. */
  complement: 0.3,
  /** A consumable that the shopper has bought before. */
  repeat: 0.08,
  /** Anything, by popularity alone. */
  whim: 0.12,
} as const;

const FEWEST_EVENTS = 5;
const MEAN_FURTHER_EVENTS = 4;
const KINDS_LIKED = 4;
const LIKED_STYLE_FACTOR = 4;
const LIKED_BRAND_FACTOR = 15;
const SMALLEST_CATALOGUE = 100;

interface Taste {
  readonly kinds: readonly number[];
  readonly styles: ReadonlySet<number>;
  /** The brand of the first item, which the shopper stays rather true to. */
  brand: string | undefined;
}

/**
 * Invents a marketplace from a seed; the same seed gives the same marketplace on every machine.
 *
 * The model: item popularity has a long tail. Every shopper likes four kinds of products, mostly of one department, two
 * styles and, after the first purchase, a brand. The next purchase is a hidden complement of the last item (the same for
 * all merchants, mostly of the same series or line of products, and so in part told by the texts), a consumable bought
 * again, a whim, or a draw from the shopper's taste. Merchants differ in how much each department attracts their
 * shoppers. Complements are worth counting together because one merchant alone sees few of each; loyalty to brands and
 * styles is the same everywhere, so a re-ranker can be learned together. The shares were set so that texts, own counts
 * and what is pooled all carry signal, and gains are of the order seen on real purchases: figures from this model show
 * that the machinery works, and say nothing about real shoppers.
 *
 * @throws RangeError for fewer than 100 items, or no merchants or shoppers
 */
export function inventMarketplace(options: MarketplaceOptions): Marketplace {
  const { seed, merchants = 8, shoppers = 500, items = 3000 } = options;
  if (!(items >= SMALLEST_CATALOGUE && merchants >= 1 && shoppers >= 1)) {
    throw new RangeError(`A marketplace needs a merchant, a shopper and ${SMALLEST_CATALOGUE} items.`);
  }
  const assortment = inventAssortment(seedrandom(`${seed}/assortment`), items);
  const { catalogue } = assortment;
  const shops = Array.from({ length: merchants }, (_, merchant) => {
    const uniform = seedrandom(`${seed}/merchant/${merchant}`);
    const shopping = new Shopping(assortment, uniform);
    const attraction = DEPARTMENTS.map(() => 0.3 - Math.log(1 - uniform()));
    const invented = Array.from({ length: shoppers }, (_, shopper): Shopper => {
      return { key: `merchant-${merchant}-shopper-${shopper}`, history: shopping.history(attraction) };
    });
    return { catalogue, shoppers: invented };
  });
  return { catalogue, merchants: shops };
}

/** Draws histories of shoppers. */
class Shopping {
  private readonly assortment: Assortment;
  private readonly uniform: Uniform;
  private readonly popularity: readonly number[];

  constructor(assortment: Assortment, uniform: Uniform) {
    this.assortment = assortment;
    this.uniform = uniform;
    this.popularity = cumulative(assortment.items.map(({ weight }) => weight));
  }

  history(attraction: readonly number[]): Int32Array {
    const taste = this.taste(attraction);
    const length = FEWEST_EVENTS + geometric(this.uniform, MEAN_FURTHER_EVENTS);
    const history: number[] = [];
    while (history.length < length) {
      const next = this.next(history, taste);
      taste.brand ??= this.assortment.items[next]?.brand;
      history.push(next);
    }
    return Int32Array.from(history);
  }

  private taste(attraction: readonly number[]): Taste {
    const { kinds } = this.assortment;
    const department = weighted(this.uniform, attraction);
    const home = kinds.flatMap((kind, index) => (kind.department === department ? [index] : []));
    const liked = shuffled(this.uniform, home).slice(0, KINDS_LIKED - 1);
    liked.push(below(this.uniform, kinds.length));
    const styles = new Set([below(this.uniform, STYLES.length), below(this.uniform, STYLES.length)]);
    return { kinds: liked, styles, brand: undefined };
  }

  private next(history: readonly number[], taste: Taste): number {
    const { complement, repeat, whim } = NEXT_PURCHASE;
    const chance = this.uniform();
    const last = history.at(-1);
    if (last !== undefined && chance < complement) return this.complementOf(last);
    if (chance >= complement && chance < complement + repeat) {
      const again = this.consumableOf(history);
      if (again !== undefined) return again;
    }
    if (chance >= 1 - whim) return search(this.popularity, this.uniform());
    return this.tasteful(taste, new Set(history));
  }

  /** The k-th complement with probability proportional to 1 / k. */
  private complementOf(item: number): number {
    const { complements } = this.assortment.items[item] ?? { complements: [] };
    const weights = complements.map((_, place) => 1 / (place + 1));
    return complements[weighted(this.uniform, weights)] ?? item;
  }

  private consumableOf(history: readonly number[]): number | undefined {
    const { items, kinds } = this.assortment;
    const used = history.filter((item) => kinds[items[item]?.kind ?? -1]?.use === 'consumable');
    return used[below(this.uniform, used.length)];
  }

  private tasteful(taste: Taste, owned: ReadonlySet<number>): number {
    const { items, kinds } = this.assortment;
    const kind = taste.kinds[below(this.uniform, taste.kinds.length)] ?? 0;
    const candidates = kinds[kind]?.items ?? [];
    const weights = candidates.map((index) => {
      const item = items[index];
      if (item === undefined || owned.has(index)) return 0;
      const style = taste.styles.has(item.style) ? LIKED_STYLE_FACTOR : 1;
      return item.weight * style * (item.brand === taste.brand ? LIKED_BRAND_FACTOR : 1);
    });
    return candidates[weighted(this.uniform, weights)] ?? 0;
  }
}

function cumulative(weights: readonly number[]): number[] {
  let sum = 0;
  const sums = weights.map((weight) => (sum += weight));
  return sums.map((partial) => partial / sum);
}

/** The first index whose cumulative share exceeds the drawn one. */
function search(shares: readonly number[], drawn: number): number {
  let [low, high] = [0, shares.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((shares[middle] ?? 1) > drawn) high = middle;
    else low = middle + 1;
  }
  return low;
}
