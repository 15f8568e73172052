import { uniform, uniformBelow } from '../../../recommender/random.js';
import type { Catalogue, Item, Shop } from '../../../recommender/types.js';
import { seeded } from './coins.js';

const KINDS = ['brush', 'soap', 'cream', 'towel', 'razor', 'comb'];
const SHADES = ['red', 'green', 'blue', 'black', 'white', 'grey', 'pink', 'gold'];

/** A catalogue of 144 items in six kinds, with brands and category paths. */
export function smallCatalogue(): Catalogue {
  const items: Item[] = KINDS.flatMap((kind, group) =>
    Array.from({ length: 24 }, (_, index) => ({
      id: `${kind}-${index}`,
      title: `${SHADES[index % 8] ?? ''} ${kind} number ${index}`,
      brand: index % 6 === 5 ? '' : `brand${(group + index) % 5}`,
      category: `Care ${group < 3 ? 'Bath' : 'Body'} ${kind} ${index < 12 ? 'Small' : 'Large'}`,
    })),
  );
  return { items, indexOf: new Map(items.map(({ id }, index) => [id, index])) };
}

/** Shoppers who mostly stay within one kind and go from an item to the next. */
export function smallShop(seed: string, shoppers: number): Shop {
  const random = seeded(seed);
  const catalogue = smallCatalogue();
  const walk = (): Int32Array => {
    let item = uniformBelow(random, catalogue.items.length);
    return Int32Array.from({ length: 3 + uniformBelow(random, 8) }, () => {
      const bought = item;
      const near = uniform(random) < 0.8;
      item = near
        ? 24 * Math.floor(item / 24) + ((item + 1 + uniformBelow(random, 3)) % 24)
        : uniformBelow(random, 144);
      return bought;
    });
  };
  return {
    catalogue,
    shoppers: Array.from({ length: shoppers }, (_, index) => ({ key: `${seed}-${index}`, history: walk() })),
  };
}
