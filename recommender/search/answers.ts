import { hash512 } from '../text/index.js';
import type { ItemTextEncoder } from '../text/index.js';
import type { Item } from '../types.js';
import { TextSearch } from './text-search.js';

/** A question that customers ask, and the answer to it. */
export interface AnsweredQuestion {
  readonly question: string;
  readonly answer: string;
}

/** An answer that was found. */
export interface FoundAnswer extends AnsweredQuestion {
  /** Index among the pairs. */
  readonly index: number;
  readonly relevance: number;
}

/** A question says better than its answer what the answer is good for. */
const QUESTION_REPEATS = 2;

/** Retrieval of customer-service answers: a new question is compared with the known ones and their answers. */
export class AnswerIndex {
  private readonly pairs: readonly AnsweredQuestion[];
  private readonly search: TextSearch;

  constructor(pairs: readonly AnsweredQuestion[], encoder: ItemTextEncoder = hash512) {
    this.pairs = pairs;
    const documents = pairs.map(({ question, answer }) => `${`${question} `.repeat(QUESTION_REPEATS)}${answer}`);
    const items = documents.map((title, index): Item => ({ id: String(index), title, brand: '', category: '' }));
    this.search = new TextSearch({ documents, vectors: encoder.encode(items), encoder: encoder.fit(items) });
  }

  /** The best answers to a question, best first. */
  find(question: string, count: number): FoundAnswer[] {
    return this.search.search(question, count).flatMap(({ document, relevance }) => {
      const pair = this.pairs[document];
      return pair === undefined ? [] : [{ ...pair, index: document, relevance }];
    });
  }
}
