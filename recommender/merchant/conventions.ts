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

/** The test item after all other events: what a merchant's figures are measured on, and nothing else ever sees. */
export function testCase(shopper: Shopper): NextItem {
  return { history: shopper.history.slice(0, -1), target: shopper.history.at(-1) ?? -1 };
}
