/**
 * Work that pauses between its parts and goes on when its caller says so: the core has no event loop, so whoever carries
 * the work out decides what else has its turn at a pause. Its result does not depend on the pauses; whoever gives it up
 * half-way calls `return`, and its secrets are erased.
 */
export type WorkInTurns<T> = Generator<void, T, void>;

/** Carries out all of it, without a pause. */
export function finish<T>(work: WorkInTurns<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** Most milliseconds between two pauses: well below what anybody notices, well above what a pause costs. */
const TURN_MS = 5;

/** What work in turns asks of whoever has an event loop. */
export interface EventLoop {
  /** A clock that never goes back, ms. */
  readonly now: () => number;
  /** Lets others have their turn. */
  readonly pause: () => Promise<unknown>;
}

/** Carries out all of it, and lets others have their turn every few milliseconds. */
export async function inTurns<T>(work: WorkInTurns<T>, { now, pause }: EventLoop): Promise<T> {
  for (let began = now(); ;) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (now() - began < TURN_MS) continue;
    await pause();
    began = now();
  }
}
