import { SHORTEST_EVALUATED } from '../data/index.js';
import type { Shop } from '../types.js';

/** One shopper's task: which item came after this history? */
export interface Task {
  /** Oldest event first. */
  readonly history: Int32Array;
  readonly target: number;
}

/** Tasks, and the events that a model may learn from to do them. */
export interface Split {
  /** One for every shopper with at least four events, in the order of the shop. */
  readonly tasks: readonly Task[];
  /** One history a shopper; holds no task's target. Shoppers who are not evaluated teach whole. */
  readonly training: readonly Int32Array[];
}

/** A shop divided for leave-one-out evaluation. */
export interface LeaveOneOut {
  readonly shop: Shop;
  /** Targets are the last events. */
  readonly test: Split;
  /** The same one event earlier, for choosing weights and epochs: test items are in neither part. */
  readonly validation: Split;
  /** How often each item stands in the test split's training events. */
  readonly trainingHits: Int32Array;
}

/** Divides a shop. */
export function leaveOneOutOf(shop: Shop): LeaveOneOut {
  const histories = shop.shoppers.map(({ history }) => history);
  const test = splitAt(histories, 1);
  const trainingHits = new Int32Array(shop.catalogue.items.length);
  for (const history of test.training) for (const item of history) trainingHits[item] = (trainingHits[item] ?? 0) + 1;
  return { shop, test, validation: splitAt(histories, 2), trainingHits };
}

/** The split whose targets stand `fromEnd` events from the end. */
function splitAt(histories: readonly Int32Array[], fromEnd: number): Split {
  const isEvaluated = (history: Int32Array): boolean => history.length >= SHORTEST_EVALUATED;
  const before = (history: Int32Array): Int32Array => history.subarray(0, history.length - fromEnd);
  return {
    tasks: histories
      .filter(isEvaluated)
      .map((history) => ({ history: before(history), target: history.at(-fromEnd) ?? 0 })),
    training: histories.map((history) => (isEvaluated(history) ? before(history) : history)),
  };
}
