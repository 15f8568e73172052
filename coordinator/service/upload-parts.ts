import { GuildhallError } from '../../errors/index.js';
import type { Clock } from '../clock.js';

/** Cuts waiting short: when nothing comes for too long, or when somebody calls {@link Cut.now}. */
export class Cut {
  readonly #clock: Clock;
  readonly #stallMs: number;
  readonly #failed: Promise<never>;
  #cancelTimer: (() => void) | undefined;
  /** Makes the wait at hand and every later one fail for this reason. */
  readonly now: (reason: GuildhallError) => void;

  constructor(clock: Clock, stallMs: number) {
    this.#clock = clock;
    this.#stallMs = stallMs;
    let fail: (reason: GuildhallError) => void = () => undefined;
    this.#failed = new Promise<never>((_, reject) => {
      fail = reject;
    });
    // Nobody may be waiting when it fails.
    this.#failed.catch(() => undefined);
    this.now = fail;
  }

  /** Waits for `next`, but no longer than the stall allows. @throws GuildhallError UPLOAD_STALLED and now's reason */
  async race<T>(next: Promise<T>): Promise<T> {
    this.cancel();
    this.#cancelTimer = this.#clock.at(this.#clock.now() + this.#stallMs, () => {
      this.now(new GuildhallError('UPLOAD_STALLED', `No bytes came for ${this.#stallMs} ms.`));
    });
    // The loser of the race may fail later, unheard.
    next.catch(() => undefined);
    return Promise.race([next, this.#failed]);
  }

  /** Ends the stall timer. */
  cancel(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}

/** Gathers chunks of any size into rows of equal size, the last one shorter. */
export class RowBuffer {
  readonly #store: (idx: number, bytes: Buffer) => Promise<void>;
  readonly #row: Buffer;
  #filled = 0;
  #idx = 0;

  constructor(rowBytes: number, store: (idx: number, bytes: Buffer) => Promise<void>) {
    this.#row = Buffer.alloc(rowBytes);
    this.#store = store;
  }

  async write(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      const copied = chunk.copy(this.#row, this.#filled, at);
      at += copied;
      this.#filled += copied;
      if (this.#filled === this.#row.length) await this.flush();
    }
  }

  /** Stores what has been gathered. */
  async flush(): Promise<void> {
    if (this.#filled === 0) return;
    await this.#store(this.#idx, this.#row.subarray(0, this.#filled));
    this.#idx += 1;
    this.#filled = 0;
  }
}
