import { GuildhallError } from '../../errors/index.js';
import { removableComponents } from '../../privacy/index.js';
import type { RoundTerms } from '../contract/terms.js';
import { keyAfter } from './component-chain.js';
import { rosterNoise } from './roster.js';

/**
 * What a merchant can reveal of its noise in one round: once, for the survivors of the one view that it signed. Whoever
 * holds it decides nothing: how many are missing is counted from that view, and what the components up to there came from
 * is erased before anything is given away.
 */
export class ExcessNoise {
  readonly #merchants: number;
  readonly #removable: number;
  #key: Uint8Array;
  #revealed: { readonly survivors: number; readonly key: Uint8Array } | undefined;

  /**
   * @param rosterSize n = |U1| that the noise was drawn for
   * @param componentKey of the drawing; taken over, and erased here
   */
  constructor(terms: RoundTerms, rosterSize: number, componentKey: Uint8Array) {
    this.#merchants = rosterSize;
    this.#removable = removableComponents(rosterNoise(terms, rosterSize));
    this.#key = componentKey;
  }

  /**
   * The key from which components j > d follow, d = n − |U3|; empty where d leaves nothing to remove. To go out with R4, and
   * never before. The same count again gives the same bytes.
   * @param view.rosterSize n of the signed view
   * @param view.survivors |U3| of it
   * @throws GuildhallError NOISE_REVEAL_REFUSED for another roster than the noise was drawn for, a number of survivors that
   * it does not allow, or a second, different one; the secret is then erased
   */
  reveal(view: { readonly rosterSize: number; readonly survivors: number }): Uint8Array {
    const missing = this.#merchants - view.survivors;
    const isAllowed =
      view.rosterSize === this.#merchants &&
      Number.isInteger(missing) &&
      missing >= 0 &&
      missing <= this.#removable &&
      (this.#revealed === undefined || this.#revealed.survivors === view.survivors);
    if (!isAllowed) {
      this.erase();
      throw new GuildhallError(
        'NOISE_REVEAL_REFUSED',
        `Noise drawn for ${this.#merchants} merchants cannot be revealed for ${view.survivors} survivors of ${view.rosterSize}.`,
        { details: { merchants: this.#merchants, ...view } },
      );
    }
    if (this.#revealed === undefined) {
      const key = missing === this.#removable ? new Uint8Array() : keyAfter(this.#key, missing);
      this.#wipe();
      this.#revealed = { survivors: view.survivors, key };
    }
    return this.#revealed.key;
  }

  /** Zeroes what has not been revealed: nothing more can be. */
  erase(): void {
    this.#wipe();
    this.#revealed ??= { survivors: Number.NaN, key: new Uint8Array() };
  }

  #wipe(): void {
    this.#key.fill(0);
    this.#key = new Uint8Array();
  }
}
