import { GuildhallError } from '../../errors/index.js';
import type { Clock } from '../clock.js';

/** Largest message a client may send, bytes: a chunk with room for its frame, or the boxes for a thousand merchants. */
export const LARGEST_MESSAGE = 1024 * 1024;
/** Largest message to the enrolment listener, where anybody can call. */
export const LARGEST_ENROLMENT = 64 * 1024;
/** Largest model that can be submitted, bytes. */
export const LARGEST_MODEL = 256 * 1024 * 1024;
/** Callers remembered; beyond it the one longest silent is forgotten. */
const MAXIMUM_BUCKETS = 10_000;

/** Token buckets, one a caller: `burst` calls at once, `perSecond` in the long run. */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(clock: Clock, limits: { perSecond: number; burst: number }) {
    this.#clock = clock;
    this.#perSecond = limits.perSecond;
    this.#burst = limits.burst;
  }

  /** Counts one call. @throws GuildhallError RATE_LIMITED */
  take(caller: string): void {
    const nowMs = this.#clock.now();
    const bucket = this.#buckets.get(caller) ?? { tokens: this.#burst, atMs: nowMs };
    const refilled = bucket.tokens + (Math.max(0, nowMs - bucket.atMs) / 1000) * this.#perSecond;
    const tokens = Math.min(this.#burst, refilled);
    // Set anew, so that the map's order is the order of the last calls.
    this.#buckets.delete(caller);
    this.#buckets.set(caller, { tokens: tokens < 1 ? tokens : tokens - 1, atMs: nowMs });
    if (this.#buckets.size > MAXIMUM_BUCKETS) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    if (tokens < 1) {
      throw new GuildhallError('RATE_LIMITED', `More than ${this.#perSecond} calls a second.`);
    }
  }
}
