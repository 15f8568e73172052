import type { Clock } from '../clock.js';

/** Contracts that may be refused one right after another. */
const BURST = 64;
/** Afterwards one more each ten seconds: 8640 a day. */
const REFILL_MS = 10_000;
/** Contracts that wait; what a coordinator proposes beyond them is not looked at. */
const MOST_WAITING = 64;

/**
 * Bounds what a coordinator that invents contracts can have a client write down: every refusal is a record of the ledger,
 * synchronised to disk. A contract is judged when its turn comes, and only a refusal uses the turn up. The records are
 * also its memory, so that a client that is made to crash comes back at the pace at which it left.
 */
export class JudgementPace {
  readonly #clock: Clock;
  #turns = BURST;
  #refilledAt: number;
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();

  /** @param refusedAt when the ledger says that contracts were refused, in ms since the epoch, oldest first */
  constructor(clock: Clock, refusedAt: readonly number[] = []) {
    this.#clock = clock;
    const now = clock.now();
    this.#refilledAt = refusedAt[0] ?? now;
    for (const at of refusedAt) {
      this.#refill(at);
      this.#turns = Math.max(0, this.#turns - 1);
    }
    this.#refill(now);
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
    this.#refill(this.#clock.now());
    while (this.#turns < 1) {
      await this.#clock.sleep(this.#refilledAt + REFILL_MS - this.#clock.now(), signal);
      this.#refill(this.#clock.now());
    }
    this.#turns -= 1;
  }

  #refill(now: number): void {
    // A clock that was set back gives no turns, and takes no longer than one turn to go on.
    this.#refilledAt = Math.min(this.#refilledAt, now);
    const refills = Math.floor((now - this.#refilledAt) / REFILL_MS);
    this.#turns = Math.min(BURST, this.#turns + refills);
    this.#refilledAt += refills * REFILL_MS;
  }
}
