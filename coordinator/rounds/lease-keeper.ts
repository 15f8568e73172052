import type { Clock } from '../clock.js';
import { LEASE_MS } from '../store/index.js';
import type { Store } from '../store/index.js';

/** How often the lease is renewed, ms: two renewals may fail before it runs out. */
const RENEWAL_MS = Math.floor(LEASE_MS / 3);

/** Renews the lease for as long as this process drives. */
export class LeaseKeeper {
  readonly #lease: Store['lease'];
  readonly #clock: Clock;
  readonly #onFailure: (error: unknown) => void;
  #cancel: (() => void) | undefined;
  #isStopped = false;

  /** @param onFailure told of every renewal that failed; the next one is tried all the same */
  constructor(lease: Store['lease'], clock: Clock, onFailure: (error: unknown) => void) {
    this.#lease = lease;
    this.#clock = clock;
    this.#onFailure = onFailure;
  }

  start(): void {
    this.#cancel = this.#clock.at(this.#clock.now() + RENEWAL_MS, () => {
      void this.#renew();
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  async #renew(): Promise<void> {
    try {
      await this.#lease.renew();
    } catch (error) {
      if (!this.#isStopped) this.#onFailure(error);
    }
    if (!this.#isStopped) this.start();
  }
}
