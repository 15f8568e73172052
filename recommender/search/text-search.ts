import type { Engine } from '../engine/index.js';
import { topOf } from '../mix/index.js';
import type { RandomSource } from '../random.js';
import { dot } from '../text/index.js';
import type { FittedTextEncoder } from '../text/index.js';
import { Bm25Index } from './bm25.js';
import { IvfIndex } from './ivf-index.js';

/** The lexical part of a relevance; the rest is the similarity of texts. Chosen on generated queries, see docs. */
export const LEXICAL_SHARE = 0.7;

/**
 * From so many documents `auto` looks a query's likes up in an index instead of comparing it with all of them. Below,
 * comparing takes at most some 15 ms, misses nothing, and needs no index built.
 */
export const INDEXED_FROM = 20_000;

/** Lists of the index that a query looks at: a share of them, at least so many. */
const PROBED_SHARE = 0.2;
const FEWEST_PROBES = 16;
/** Documents that each of the two ways to search puts forward, and for every wanted result. */
const CANDIDATES = 200;
const CANDIDATES_PER_RESULT = 4;

/** One document that was found. */
export interface SearchHit {
  readonly document: number;
  /** From 0 to 1, comparable within one answer only. */
  readonly relevance: number;
}

/** How likenesses are looked up where documents are many. */
export interface LookupOptions {
  readonly engine: Engine;
  /** Coins that choose what the index learns its lists from. */
  readonly random: RandomSource;
  /** `auto` builds an index from {@link INDEXED_FROM} documents, `index` always. @default 'auto' */
  readonly lookup?: 'auto' | 'index';
}

/** What is searched. */
export interface TextSearchParts {
  readonly documents: readonly string[];
  /** documents × dimensions, rows of unit length, in the encoder's space. */
  readonly vectors: Float32Array;
  readonly encoder: FittedTextEncoder;
  /** Without it every query is compared with every document, which is exact. */
  readonly index?: LookupOptions;
}

/**
 * Search over short texts: words by BM25, and likeness by the same text encoder that recommends, which also finds other
 * forms of a word, misspellings and parts of compounds. The two are fused as a convex combination of BM25 divided by the
 * query's best and cosine similarity (Bruch, Gai and Ingber 2023).
 */
export class TextSearch {
  private readonly lexical: Bm25Index;
  private readonly parts: TextSearchParts;
  private readonly index: IvfIndex | undefined;

  constructor(parts: TextSearchParts) {
    this.parts = parts;
    this.lexical = new Bm25Index(parts.documents);
    this.index = indexOf(parts);
  }

  /** The best documents, best first; none for a query without a known word or part of a word. */
  search(query: string, count: number): SearchHit[] {
    const vector = this.parts.encoder.query(query);
    const lexical = this.lexical.search(query);
    const best = [...lexical.values()].reduce((most, score) => Math.max(most, score), Number.MIN_VALUE);
    const documents = this.candidates(vector, lexical, count);
    const likeness = this.likeness(vector, documents);
    const relevance = likeness.map(
      (alike, at) =>
        (1 - LEXICAL_SHARE) * Math.max(0, alike) + LEXICAL_SHARE * ((lexical.get(documents[at] ?? -1) ?? 0) / best),
    );
    return hits(documents, relevance, count);
  }

  /** The documents most like a vector, with their similarities, best first; none below 0. */
  nearest(vector: Float32Array, count: number): SearchHit[] {
    const documents = this.index === undefined ? this.all() : this.likely(this.index, vector, count);
    return hits(documents, this.likeness(vector, documents), count);
  }

  /** Every document, or the best of both ways to search where there is an index. */
  private candidates(vector: Float32Array, lexical: ReadonlyMap<number, number>, count: number): Int32Array {
    if (this.index === undefined) return this.all();
    const matching = Int32Array.from(lexical.keys());
    const wanted = Math.max(CANDIDATES, CANDIDATES_PER_RESULT * count);
    const best = topOf(Float32Array.from(lexical.values()), wanted).items.map((at) => matching[at] ?? 0);
    return Int32Array.from(new Set([...best, ...this.likely(this.index, vector, count)])).sort();
  }

  private likely(index: IvfIndex, vector: Float32Array, count: number): Int32Array {
    const probes = Math.max(FEWEST_PROBES, Math.ceil(PROBED_SHARE * index.size));
    return index.search(vector, Math.max(CANDIDATES, CANDIDATES_PER_RESULT * count), probes).items;
  }

  private all(): Int32Array {
    return Int32Array.from(this.parts.documents, (_, document) => document);
  }

  private likeness(vector: Float32Array, documents: Int32Array): Float32Array {
    const { vectors } = this.parts;
    const result = new Float32Array(documents.length);
    for (let at = 0; at < documents.length; at++) {
      result[at] = dot(vectors, (documents[at] ?? 0) * vector.length, vector, 0, vector.length);
    }
    return result;
  }
}

function indexOf({ documents, vectors, index }: TextSearchParts): IvfIndex | undefined {
  const few = index?.lookup !== 'index' && documents.length < INDEXED_FROM;
  if (index === undefined || few || documents.length === 0) return undefined;
  const { engine, random } = index;
  return IvfIndex.build(engine, vectors, { dimensions: vectors.length / documents.length, random });
}

function hits(documents: Int32Array, relevance: Float32Array, count: number): SearchHit[] {
  const { items, scores } = topOf(relevance, count);
  return Array.from(items, (at, place) => ({ document: documents[at] ?? 0, relevance: scores[place] ?? 0 })).filter(
    (hit) => hit.relevance > 0,
  );
}
