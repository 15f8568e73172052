import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { readShop, SHORTEST_EVALUATED } from '../recommender/data/index.js';
import { loadEngine } from '../recommender/engine/index.js';
import { openMerchant } from '../recommender/merchant/index.js';
import type { Merchant } from '../recommender/merchant/index.js';
import { shuffle } from '../recommender/random.js';
import { loadTextIndex } from '../recommender/text/index.js';
import { seededCoins } from './offline-training.js';

/** How a catalogue's shoppers are cut into merchants. */
export interface Cut {
  /** Holds a folder for each catalogue, with items.csv.gz and events.csv.gz. */
  readonly folder: string;
  readonly merchants: number;
  /** Shoppers a merchant. */
  readonly shoppers: number;
  readonly seed: string;
  /** Whether every shopper's last event is cut off, so that the validation item takes the place of the test item. */
  readonly last: 'kept' | 'cut off';
}

/** One catalogue's merchants, disjoint by the seed; shoppers with fewer than four events are left out. */
export async function cutCatalogue(name: string, cut: Cut): Promise<Merchant[]> {
  const engine = await loadEngine();
  const source = (file: string) => ({ name: file, bytes: createReadStream(join(cut.folder, name, file)) });
  const { shop } = await readShop({
    items: source('items.csv.gz'),
    events: source('events.csv.gz'),
    key: new Uint8Array(32),
  });
  const text = loadTextIndex(shop.catalogue, engine);
  const usable = shop.shoppers.filter(({ history }) => history.length >= SHORTEST_EVALUATED);
  const order = shuffle(Int32Array.from(usable.keys()), seededCoins(`merchants ${cut.seed} ${name}`));
  const kept = cut.last === 'kept' ? undefined : -1;
  return Array.from({ length: cut.merchants }, (_, index) => {
    const places = Array.from(order.subarray(index * cut.shoppers, (index + 1) * cut.shoppers));
    const shoppers = places.flatMap((place) => usable[place] ?? []);
    const shortened = shoppers.map(({ key, history }) => ({ key, history: history.slice(0, kept) }));
    const gateSecret = seededCoins(`gate ${cut.seed} ${name} ${index}`).bytes(32);
    return openMerchant({ engine, shop: { catalogue: shop.catalogue, shoppers: shortened }, text, gateSecret });
  });
}
