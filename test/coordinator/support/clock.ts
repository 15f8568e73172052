import type { Clock } from '../../../coordinator/index.js';

/** A clock that moves when told to. */
export class ManualClock implements Clock {
  #now: number;
  #timers = new Set<{ atMs: number; wake: () => void }>();

  constructor(startMs = 1_800_000_000_000) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  at(atMs: number, wake: () => void): () => void {
    const timer = { atMs, wake };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves time on and fires what has come due, in order. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ atMs }) => atMs <= until).sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.atMs);
      next.wake();
    }
    this.#now = until;
  }
}
