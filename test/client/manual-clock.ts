import type { Clock } from '../../client/clock.js';

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #now: number;
  #sleepers: Sleeper[] = [];
  /** Every wait that was asked for, in order. */
  readonly waits: number[] = [];

  constructor(now = Date.UTC(2026, 0, 15)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    this.waits.push(milliseconds);
    return new Promise((resolve, reject) => {
      const reason = (): Error => (signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
      if (signal?.aborted === true) {
        reject(reason());
        return;
      }
      const sleeper = { until: this.#now + milliseconds, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(reason());
      });
    });
  }

  /** How many wait now. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  /** How many wait now and will be woken within so many milliseconds. */
  sleepingWithin(milliseconds: number): number {
    return this.#sleepers.filter(({ until }) => until - this.#now <= milliseconds).length;
  }

  /** Moves time on and wakes everybody whose time has come. */
  advance(milliseconds: number): void {
    this.#now += milliseconds;
    const due = this.#sleepers.filter(({ until }) => until <= this.#now);
    this.#sleepers = this.#sleepers.filter(({ until }) => until > this.#now);
    for (const { wake } of due) wake();
  }
}

/** A clock on which every wait is over at once, moving time by its length. */
export class SkippingClock implements Clock {
  #now: number;
  readonly waits: number[] = [];

  constructor(now = Date.UTC(2026, 0, 15)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.waits.push(milliseconds);
    this.#now += milliseconds;
    await Promise.resolve();
  }
}
