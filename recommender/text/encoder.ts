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
  /** Learns from a catalogue how to encode other texts into the same space: queries, and items that are not in it yet. */
  fit(items: readonly Item[]): FittedTextEncoder;
}

/** An encoder of single texts, in the space of one catalogue's vectors; vectors of unit length, 0 for nothing known. */
export interface FittedTextEncoder {
  query(text: string): Float32Array;
  /** A new item, as if it had been in the catalogue. */
  item(item: Item): Float32Array;
}

/** What an encoder reads of an item: title, brand and category, separated by single spaces. */
export function textOf(item: Item): string {
  return `${item.title} ${item.brand} ${item.category}`;
}
