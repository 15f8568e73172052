import seedrandom from 'seedrandom';
import { GuildhallError } from '../errors/index.js';
import { SHORTEST_EVALUATED } from '../recommender/index.js';
import type { Shop } from '../recommender/index.js';
import { shuffled } from './draws.js';

/** How to cut the shoppers of one catalogue into merchants. */
export interface PartitionOptions {
  readonly merchants: number;
  /** Shoppers a merchant; `all` leaves nobody out: the first merchant gets those whom the others, 1,000 each, do not. */
  readonly shoppers: number | 'all';
  readonly seed: string;
}

/** Shoppers of every merchant but the largest, where all shoppers of a catalogue take part. */
const SMALL_MERCHANT = 1000;

/**
 * How many shoppers each merchant gets when all of them take part: the first is the catalogue's large merchant, the
 * others have 1,000 each, or all have alike where there are too few. Marketplaces are like that, a few large merchants
 * and many small ones; and it is the small ones' question what the shoppers of all others are worth to them.
 */
export function partitionSizes(shoppers: number, merchants: number): number[] {
  const small = Math.min(SMALL_MERCHANT, Math.floor(shoppers / merchants));
  return Array.from({ length: merchants }, (_, merchant) =>
    merchant === 0 ? shoppers - small * (merchants - 1) : small,
  );
}

/**
 * Gives the shoppers of a shop to disjoint merchants at random; those with too few events to be evaluated are left out.
 *
 * @throws GuildhallError USAGE when there are not enough shoppers
 */
export function partitionShoppers(shop: Shop, options: PartitionOptions): Shop[] {
  const { merchants, shoppers, seed } = options;
  const usable = shop.shoppers.filter(({ history }) => history.length >= SHORTEST_EVALUATED);
  if (shoppers !== 'all' && merchants * shoppers > usable.length) {
    throw new GuildhallError(
      'USAGE',
      `${merchants} merchants of ${shoppers} shoppers need ${merchants * shoppers}, and the data has ${usable.length} with at least ${SHORTEST_EVALUATED} events.`,
    );
  }
  const sizes =
    shoppers === 'all' ? partitionSizes(usable.length, merchants) : Array.from({ length: merchants }, () => shoppers);
  const order = shuffled(seedrandom(seed), usable);
  let start = 0;
  return sizes.map((size) => {
    start += size;
    return { catalogue: shop.catalogue, shoppers: order.slice(start - size, start) };
  });
}
