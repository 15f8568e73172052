/**
 * Search over catalogues and answers: BM25 and the text encoder fused, places for new items, in any language.
 *
 * Imports text/, engine/, and mix/ for the best of scores. Never knows shoppers: what a shopper likes is the ranker's part.
 */
export { searchTerms } from './terms.js';
export { Bm25Index } from './bm25.js';
export { INDEXED_FROM, LEXICAL_SHARE, TextSearch } from './text-search.js';
export type { LookupOptions, SearchHit, TextSearchParts } from './text-search.js';
export { CatalogueSearch } from './catalogue-search.js';
export type { CatalogueSearchOptions } from './catalogue-search.js';
export { IvfIndex } from './ivf-index.js';
export type { IvfOptions } from './ivf-index.js';
export { AnswerIndex } from './answers.js';
export type { AnsweredQuestion, FoundAnswer } from './answers.js';
