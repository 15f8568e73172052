/**
 * Says across threads that nobody waits for a request any more; a worker that computes sees it at once, unlike a message.
 */
export class Cancellation {
  readonly shared: SharedArrayBuffer;
  readonly #flag: Int32Array;

  /** @param shared of the other side; a new one where it is left out */
  constructor(shared = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.#flag = new Int32Array(shared);
  }

  cancel(): void {
    Atomics.store(this.#flag, 0, 1);
  }

  get isCancelled(): boolean {
    return Atomics.load(this.#flag, 0) === 1;
  }
}
