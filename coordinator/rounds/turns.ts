import { setImmediate as pause } from 'node:timers/promises';

import { inTurns as carryOut } from '../../crypto/index.js';
import type { WorkInTurns } from '../../crypto/index.js';

/** Carries out work that pauses between its parts, on this process's event loop. */
export function inTurns<T>(work: WorkInTurns<T>): Promise<T> {
  return carryOut(work, { now: () => performance.now(), pause: () => pause() });
}
