import { topOf } from '../mix/index.js';
import { dot, hash512, textOf } from '../text/index.js';
import type { FittedTextEncoder, ItemTextEncoder, TextIndex } from '../text/index.js';
import type { Catalogue, Item } from '../types.js';
import { TextSearch } from './text-search.js';
import type { SearchHit } from './text-search.js';

/** Search over a catalogue, and the places of items that are not in it yet. */
export class CatalogueSearch {
  private readonly text: TextIndex;
  private readonly encoder: FittedTextEncoder;
  private readonly documents: TextSearch;

  /** @throws RangeError when the index is of another catalogue or encoder */
  constructor(catalogue: Catalogue, text: TextIndex, encoder: ItemTextEncoder = hash512) {
    if (text.items !== catalogue.items.length || text.encoder !== encoder.name) {
      throw new RangeError('The text index is of another catalogue or encoder.');
    }
    this.text = text;
    this.encoder = encoder.fit(catalogue.items);
    const documents = catalogue.items.map(textOf);
    this.documents = new TextSearch({ documents, vectors: text.vectors, encoder: this.encoder });
  }

  /** Items whose text fits a query, best first. */
  search(query: string, count: number): SearchHit[] {
    return this.documents.search(query, count);
  }

  /** A search as the ranker takes it: relevance by item. */
  matches(query: string, count: number): Map<number, number> {
    return new Map(this.search(query, count).map(({ document, relevance }) => [document, relevance]));
  }

  /**
   * Where an item that nobody has bought yet belongs: the items most like it by text, with their similarities. Shoppers of
   * those are whom to show it to.
   */
  placeNewItem(item: Item, count: number): SearchHit[] {
    const { vectors, dimensions, items } = this.text;
    const vector = this.encoder.item(item);
    const likeness = new Float32Array(items);
    for (let other = 0; other < items; other++) {
      likeness[other] = Math.max(0, dot(vectors, other * dimensions, vector, 0, dimensions));
    }
    const found = topOf(likeness, count);
    return Array.from(found.items, (document, place) => ({ document, relevance: found.scores[place] ?? 0 }));
  }
}
