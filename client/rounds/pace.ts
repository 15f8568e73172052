import type { Clock } from '../clock.js';

/** Contracts that may be refused one right after another. */
const BURST = 64;
/** Afterwards one more each ten seconds: 8640 a day. */
const REFILL_MS = 10_000;
/** Contracts that wait; what a coordinator proposes beyond them is not looked at. */
const MOST_WAITING = 64;

/**
 * Bounds what a coordinator that invents contracts can have a client write down: every refusal is a record of the ledger,
 * synchronised to disk. A contract is judged when its turn comes, and only a refusal uses the turn up.
 */
export class JudgementPace {
  readonly #clock: Clock;
  #turns = BURST;
  #refilledAt: number;
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#refilledAt = clock.now();
  }

  /** Whether so many contracts wait that another one is not looked at. */
  get isFull(): boolean {
    return this.#waiting >= MOST_WAITING;
  }

  /** Waits for a turn, one after another. @throws the signal's reason */
  async turn(signal: AbortSignal): Promise<void> {
    const before = this.#last;
    this.#waiting += 1;
    const own = before.then(() => this.#next(signal)).finally(() => (this.#waiting -= 1));
    // Whoever comes next waits for this one to be through, however that ends.
    this.#last = own.catch(() => undefined);
    await own;
  }

  /** Gives a turn back whose contract was not refused. */
  giveBack(): void {
    this.#turns = Math.min(BURST, this.#turns + 1);
  }

  async #next(signal: AbortSignal): Promise<void> {
    this.#refill();
    while (this.#turns < 1) {
      await this.#clock.sleep(this.#refilledAt + REFILL_MS - this.#clock.now(), signal);
      this.#refill();
    }
    this.#turns -= 1;
  }

  #refill(): void {
    const refills = Math.max(0, Math.floor((this.#clock.now() - this.#refilledAt) / REFILL_MS));
    this.#turns = Math.min(BURST, this.#turns + refills);
    this.#refilledAt += refills * REFILL_MS;
  }
}
