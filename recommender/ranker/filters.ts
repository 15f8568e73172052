import type { Catalogue } from '../types.js';

/** Which items may be offered; what is absent restricts nothing. */
export interface ItemFilter {
  /** 1 for items in stock; items × 1. */
  readonly inStock?: Uint8Array;
  /** Words that the category path must begin with, from the broadest: `Beauty Makeup`. Case does not matter. */
  readonly category?: string;
  /** The only items that may be offered: those of a promotion, say. */
  readonly only?: ReadonlySet<number>;
  /** Items that are not wanted: already in the basket, say. */
  readonly exclude?: ReadonlySet<number>;
}

/** Whether an item passes. */
export type ItemPredicate = (item: number) => boolean;

/**
 * A filter as a function, with the category's items looked up once.
 * @throws RangeError when `inStock` is not as long as the catalogue
 */
export function compileFilter(filter: ItemFilter, catalogue: Catalogue): ItemPredicate {
  const { inStock, only, exclude } = filter;
  const { items } = catalogue;
  if (inStock !== undefined && inStock.length !== items.length) {
    throw new RangeError(`Stock is known of ${inStock.length} items, but the catalogue has ${items.length}.`);
  }
  const path = filter.category?.trim().toLowerCase() ?? '';
  const inCategory = (item: number): boolean => {
    const category = items[item]?.category.toLowerCase() ?? '';
    return category === path || category.startsWith(`${path} `);
  };
  return (item) =>
    item >= 0 &&
    item < items.length &&
    (inStock === undefined || inStock[item] === 1) &&
    only?.has(item) !== false &&
    exclude?.has(item) !== true &&
    (path === '' || inCategory(item));
}
