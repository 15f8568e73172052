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
