/** How long to wait between attempts. */
export interface BackoffOptions {
  /** First wait in ms. @default 200 */
  readonly initialMs?: number;
  /** Longest wait in ms. @default 10000 */
  readonly maximumMs?: number;
  /** Growth a step. @default 1.6 */
  readonly multiplier?: number;
}

/**
 * Exponential backoff with jitter: each wait is uniform in [½, 1] of an exponentially growing bound, so that merchants
 * that lost the same coordinator do not all come back in the same instant.
 */
export class Backoff {
  readonly #initial: number;
  readonly #maximum: number;
  readonly #multiplier: number;
  readonly #uniform: () => number;
  #bound: number;

  /** @param uniform draws from [0, 1); nothing secret depends on it */
  constructor(options: BackoffOptions = {}, uniform: () => number = Math.random) {
    this.#initial = options.initialMs ?? 200;
    this.#maximum = options.maximumMs ?? 10_000;
    this.#multiplier = options.multiplier ?? 1.6;
    this.#uniform = uniform;
    this.#bound = this.#initial;
  }

  /** The next wait in ms. */
  next(): number {
    const wait = this.#bound * (0.5 + 0.5 * this.#uniform());
    this.#bound = Math.min(this.#bound * this.#multiplier, this.#maximum);
    return wait;
  }

  /** Starts over after a success. */
  reset(): void {
    this.#bound = this.#initial;
  }
}
