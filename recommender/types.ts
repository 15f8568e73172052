/** One item of a catalogue, as the merchant publishes it. All fields are public. */
export interface Item {
  /** The platform-wide item id. Merchants that share a catalogue share ids. */
  readonly id: string;
  readonly title: string;
  /** Empty when unknown. */
  readonly brand: string;
  /** Category path, words from the broadest to the narrowest, separated by spaces. Empty when unknown. */
  readonly category: string;
}

/** A merchant's items in file order; everywhere else an item is its index here, 0 ≤ index < items.length. */
export interface Catalogue {
  readonly items: readonly Item[];
  readonly indexOf: ReadonlyMap<string, number>;
}

/** One shopper: the unit of privacy is the whole of `history`. */
export interface Shopper {
  /** The shopper's id under the merchant's local keyed hash; the raw id never leaves the data source. */
  readonly key: string;
  /** Item indices in the order of the events, oldest first. */
  readonly history: Int32Array;
  /** When each event was, in the file's unit, where the file has times; as long as `history`, never falling. */
  readonly times?: Float64Array;
}

/** What one merchant knows: its catalogue and its shoppers. */
export interface Shop {
  readonly catalogue: Catalogue;
  readonly shoppers: readonly Shopper[];
}
