import { topOf } from '../mix/index.js';
import { dot } from '../text/index.js';
import type { FittedTextEncoder } from '../text/index.js';
import { Bm25Index } from './bm25.js';

/** The lexical part of a relevance; the rest is the similarity of texts. Chosen on generated queries, see docs. */
export const LEXICAL_SHARE = 0.7;

/** One document that was found. */
export interface SearchHit {
  readonly document: number;
  /** From 0 to 1, comparable within one answer only. */
  readonly relevance: number;
}

/** What is searched. */
export interface TextSearchParts {
  readonly documents: readonly string[];
  /** documents × dimensions, rows of unit length, in the encoder's space. */
  readonly vectors: Float32Array;
  readonly encoder: FittedTextEncoder;
}

/**
 * Search over short texts: words by BM25, and likeness by the same text encoder that recommends, which also finds other
 * forms of a word, misspellings and parts of compounds. The two are fused as a convex combination of BM25 divided by the
 * query's best and cosine similarity (Bruch, Gai and Ingber 2023). Compares with every document: some 10 ms for 18,000.
 */
export class TextSearch {
  private readonly lexical: Bm25Index;
  private readonly parts: TextSearchParts;

  constructor(parts: TextSearchParts) {
    this.parts = parts;
    this.lexical = new Bm25Index(parts.documents);
  }

  /** The best documents, best first; none for a query without a known word or part of a word. */
  search(query: string, count: number): SearchHit[] {
    const { documents, vectors, encoder } = this.parts;
    const vector = encoder.query(query);
    const lexical = this.lexical.search(query);
    const best = Math.max(...lexical.values(), Number.MIN_VALUE);
    const relevance = new Float32Array(documents.length);
    for (let document = 0; document < relevance.length; document++) {
      const likeness = Math.max(0, dot(vectors, document * vector.length, vector, 0, vector.length));
      relevance[document] = (1 - LEXICAL_SHARE) * likeness + LEXICAL_SHARE * ((lexical.get(document) ?? 0) / best);
    }
    const { items, scores } = topOf(relevance, count);
    return Array.from(items, (document, place) => ({ document, relevance: scores[place] ?? 0 })).filter(
      (hit) => hit.relevance > 0,
    );
  }
}
