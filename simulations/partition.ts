import seedrandom from 'seedrandom';
import { GuildhallError } from '../errors/index.js';
import { SHORTEST_EVALUATED } from '../recommender/index.js';
import type { Shop } from '../recommender/index.js';
import { shuffled } from './draws.js';

/** How to cut the shoppers of one catalogue into merchants. */
export interface PartitionOptions {
  readonly merchants: number;
  /** Shoppers a merchant. */
  readonly shoppers: number;
  readonly seed: string;
}

/**
 * Gives the shoppers of a shop to disjoint merchants at random; those with too few events to be evaluated are left out.
 *
 * @throws GuildhallError USAGE when there are not enough shoppers
 */
export function partitionShoppers(shop: Shop, options: PartitionOptions): Shop[] {
  const { merchants, shoppers, seed } = options;
  const usable = shop.shoppers.filter(({ history }) => history.length >= SHORTEST_EVALUATED);
  if (merchants * shoppers > usable.length) {
    throw new GuildhallError(
      'USAGE',
      `${merchants} merchants of ${shoppers} shoppers need ${merchants * shoppers}, and the data has ${usable.length} with at least ${SHORTEST_EVALUATED} events.`,
    );
  }
  const order = shuffled(seedrandom(seed), usable);
  return Array.from({ length: merchants }, (_, merchant) => ({
    catalogue: shop.catalogue,
    shoppers: order.slice(merchant * shoppers, (merchant + 1) * shoppers),
  }));
}
