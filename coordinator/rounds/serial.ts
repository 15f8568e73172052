/** Runs asynchronous work one piece after another, in the order it was given. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();

  /** @returns what the work returns; a failure is the caller's and does not stop what comes after */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Resolves when everything given so far has ended. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
