import type { RoundTerms } from '../../federation/index.js';
import type { Prepared, Trainer } from '../training/trainer.js';

/**
 * A round's input, prepared as early as its noise allows: at once, or, where excess noise is removable, when the roster that
 * the noise is drawn for is known. One input a round, whatever is asked.
 */
export class Preparation {
  readonly #start: (rosterSize?: number) => Promise<Prepared>;
  #prepared: Promise<Prepared> | undefined;

  constructor(round: { terms: RoundTerms; model: Uint8Array }, trainer: Trainer, signal: AbortSignal) {
    this.#start = (rosterSize) => {
      const prepared = trainer.prepare({ ...round, rosterSize }, signal);
      // It may fail long before anybody asks for it.
      prepared.catch(() => undefined);
      return prepared;
    };
    if (round.terms.noiseStrategy === 'worst-case') this.#prepared = this.#start();
  }

  /** @param rosterSize n = |U1| */
  forRoster(rosterSize: number): Promise<Prepared> {
    return (this.#prepared ??= this.#start(rosterSize));
  }

  /** Zeroes the input, as soon as it is there. */
  erase(): void {
    void this.#prepared?.then(
      ({ vector, componentKey }) => {
        vector.fill(0);
        componentKey?.fill(0);
      },
      () => undefined,
    );
  }
}
