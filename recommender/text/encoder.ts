import type { Item } from '../types.js';

/** Turns items into vectors of unit length whose inner products say how alike the items' texts are. */
export interface ItemTextEncoder {
  /** Names the encoder and its version; vectors of different names must never be compared. */
  readonly name: string;
  readonly dimensions: number;
  /**
   * Encodes a whole catalogue at once, for weights may depend on it.
   *
   * @returns items × dimensions, each row of Euclidean norm 1, or 0 where an item has no text
   */
  encode(items: readonly Item[]): Float32Array;
}

/** What an encoder reads of an item: title, brand and category, separated by single spaces. */
export function textOf(item: Item): string {
  return `${item.title} ${item.brand} ${item.category}`;
}
