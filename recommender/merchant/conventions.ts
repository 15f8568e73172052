import { SHORTEST_EVALUATED } from '../data/index.js';
import type { Shopper } from '../types.js';

/** Whether a shopper has a validation and a test item; shorter histories teach whole and are not evaluated. */
export function isEvaluated(shopper: Shopper): boolean {
  return shopper.history.length >= SHORTEST_EVALUATED;
}

/** Training events: all before the validation item. Own evidence when the gate judges. */
export function trainingEvents(shopper: Shopper): Int32Array {
  return isEvaluated(shopper) ? shopper.history.slice(0, -2) : shopper.history;
}

/** Training and validation events: all but the test item. What releases may see, and own evidence on test items. */
export function eventsBeforeTest(shopper: Shopper): Int32Array {
  return isEvaluated(shopper) ? shopper.history.slice(0, -1) : shopper.history;
}

/** A history and the item that followed it. */
export interface NextItem {
  readonly history: Int32Array;
  readonly target: number;
}

/** The validation item after the training events: what the gate predicts and the re-ranker learns. */
export function validationCase(shopper: Shopper): NextItem {
  return { history: shopper.history.slice(0, -2), target: shopper.history.at(-2) ?? -1 };
}

/**
 * How many of a shopper's last events a re-ranker learns from under a per-shopper clip. Their sum is clipped as one
 * contribution, so that noise stays what it is for one event while the signal grows with their number (docs/results.md).
 */
export const MOST_LESSONS = 6;

/** The last {@link MOST_LESSONS} events before the test item, newest first, each after all that came before it. */
export function lessons(shopper: Shopper): NextItem[] {
  const seen = eventsBeforeTest(shopper);
  const first = Math.max(1, seen.length - MOST_LESSONS);
  return Array.from(seen.subarray(first), (target, place) => ({
    history: seen.subarray(0, first + place),
    target,
  })).reverse();
}

/** The test item after all other events: what a merchant's figures are measured on, and nothing else ever sees. */
export function testCase(shopper: Shopper): NextItem {
  return { history: shopper.history.slice(0, -1), target: shopper.history.at(-1) ?? -1 };
}
