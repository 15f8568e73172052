import { searchTerms } from './terms.js';

/** Saturation of repeated terms, and how much long documents are held back (Robertson and Zaragoza 2009). */
const K1 = 1.2;
const B = 0.75;

interface Posting {
  readonly document: number;
  /** The term's whole contribution to the document's score, its inverse document frequency included. */
  readonly weight: number;
}

/** Lexical search over documents: BM25 with weights computed when the index is built. */
export class Bm25Index {
  private readonly postings = new Map<string, Posting[]>();

  constructor(documents: readonly string[]) {
    const counted = documents.map((document) => {
      const counts = new Map<string, number>();
      const terms = searchTerms(document);
      for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
      return { counts, length: terms.length };
    });
    const meanLength = counted.reduce((sum, { length }) => sum + length, 0) / Math.max(1, counted.length);
    const documentsWith = new Map<string, number>();
    for (const { counts } of counted) {
      for (const term of counts.keys()) documentsWith.set(term, (documentsWith.get(term) ?? 0) + 1);
    }
    counted.forEach(({ counts, length }, document) => {
      const norm = K1 * (1 - B + (B * length) / Math.max(1, meanLength));
      for (const [term, count] of counts) {
        const having = documentsWith.get(term) ?? 0;
        const idf = Math.log(1 + (counted.length - having + 0.5) / (having + 0.5));
        const list = this.postings.get(term) ?? [];
        this.postings.set(term, list);
        list.push({ document, weight: (idf * count * (K1 + 1)) / (count + norm) });
      }
    });
  }

  /** Scores of the documents that share a term with the query; all positive. */
  search(query: string): Map<number, number> {
    const scores = new Map<number, number>();
    for (const term of new Set(searchTerms(query))) {
      for (const { document, weight } of this.postings.get(term) ?? []) {
        scores.set(document, (scores.get(document) ?? 0) + weight);
      }
    }
    return scores;
  }
}
