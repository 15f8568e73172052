import { hash512, textOf } from '../text/index.js';
import type { FittedTextEncoder, ItemTextEncoder, TextIndex } from '../text/index.js';
import type { Catalogue, Item } from '../types.js';
import { TextSearch } from './text-search.js';
import type { LookupOptions, SearchHit } from './text-search.js';

/** How a catalogue is searched. */
export interface CatalogueSearchOptions {
  /** That of the text index. @default hash512 */
  readonly encoder?: ItemTextEncoder;
  /** How large catalogues are looked up; absent compares with every item, which is exact. */
  readonly index?: LookupOptions;
}

/** Search over a catalogue, and the places of items that are not in it yet. */
export class CatalogueSearch {
  private readonly encoder: FittedTextEncoder;
  private readonly documents: TextSearch;

  /** @throws RangeError when the index is of another catalogue or encoder */
  constructor(catalogue: Catalogue, text: TextIndex, options: CatalogueSearchOptions = {}) {
    const { encoder = hash512, index } = options;
    if (text.items !== catalogue.items.length || text.encoder !== encoder.name) {
      throw new RangeError('The text index is of another catalogue or encoder.');
    }
    this.encoder = encoder.fit(catalogue.items);
    const documents = catalogue.items.map(textOf);
    const { vectors } = text;
    this.documents = new TextSearch({
      ...{ documents, vectors, encoder: this.encoder },
      ...(index === undefined ? {} : { index }),
    });
  }

  /** Items whose text fits a query, best first. */
  search(query: string, count: number): SearchHit[] {
    return this.documents.search(query, count);
  }

  /** A search as the ranker takes it: relevance by item. */
  matches(query: string, count: number): Map<number, number> {
    return new Map(this.search(query, count).map(({ document, relevance }) => [document, relevance]));
  }

  /** The vector of an item that is not in the catalogue, as if it had been. */
  vectorOf(item: Item): Float32Array {
    return this.encoder.item(item);
  }

  /**
   * Where an item that nobody has bought yet belongs: the items most like it by text, with their similarities. Shoppers of
   * those are whom to show it to.
   */
  placeNewItem(item: Item, count: number): SearchHit[] {
    return this.documents.nearest(this.vectorOf(item), count);
  }
}
