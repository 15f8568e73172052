import type { Catalogue, Shop } from '../recommender/index.js';
import { toCsv } from './csv.js';

/** A catalogue as the items file that merchants bring: `item_id,title,brand,category`. */
export function itemsCsv(catalogue: Catalogue): string {
  return toCsv(
    ['item_id', 'title', 'brand', 'category'],
    catalogue.items.map(({ id, title, brand, category }) => [id, title, brand, category]),
  );
}

/** A shop's events as the events file that merchants bring: `user_id,item_id,position`, shoppers under their keys. */
export function eventsCsv(shop: Shop): string {
  return toCsv(['user_id', 'item_id', 'position'], eventRows(shop));
}

function* eventRows({ catalogue, shoppers }: Shop): Generator<readonly (string | number)[]> {
  for (const { key, history } of shoppers) {
    for (const [position, item] of history.entries()) yield [key, catalogue.items[item]?.id ?? '', position];
  }
}
