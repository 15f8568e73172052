import type { Clock } from '../clock.js';

/** Who hears of merchants coming and going. */
export interface PresenceListener {
  connected(merchant: string): void;
  disconnected(merchant: string): void;
}

/** Which merchants' watch streams are open now. */
export class Presence {
  readonly #clock: Clock;
  readonly #connected = new Set<string>();
  #listener: PresenceListener | undefined;
  #newestAtMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Names of the connected merchants. */
  get connected(): ReadonlySet<string> {
    return this.#connected;
  }

  /** When the newest of them came, ms since the epoch. */
  get newestAtMs(): number {
    return this.#newestAtMs;
  }

  /** There is one listener: the driver. */
  listen(listener: PresenceListener): void {
    this.#listener = listener;
  }

  connect(merchant: string): void {
    if (this.#connected.has(merchant)) return;
    this.#connected.add(merchant);
    this.#newestAtMs = this.#clock.now();
    this.#listener?.connected(merchant);
  }

  disconnect(merchant: string): void {
    if (this.#connected.delete(merchant)) this.#listener?.disconnected(merchant);
  }
}
