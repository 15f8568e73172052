import { setImmediate as nextTurn } from 'node:timers/promises';

import type { WorkInTurns } from '../../crypto/index.js';

/** How long work may go on without a pause, ms: well below what anybody notices, well above what a turn costs. */
const TURN_MS = 5;

/** Carries out work that pauses between its parts; other calls have their turn every few milliseconds. */
export async function inTurns<T>(work: WorkInTurns<T>): Promise<T> {
  for (let began = performance.now(); ;) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (performance.now() - began < TURN_MS) continue;
    await nextTurn();
    began = performance.now();
  }
}
