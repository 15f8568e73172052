import { packedBytes } from '../../crypto/index.js';
import { clampTo, roundOnce } from '../../privacy/index.js';
import type { RoundTerms } from '../contract/terms.js';
import { quantisationOf } from './quantisation.js';
import type { Quantisation } from './quantisation.js';

/** Between a merchant's real sum and the ring Z_{2^w}, both ways. */
export class VectorCodec {
  readonly quantisation: Quantisation;
  readonly #dimension: number;
  readonly #ringBits: number;

  /** @throws GuildhallError as {@link quantisationOf} */
  constructor(terms: RoundTerms) {
    this.quantisation = quantisationOf(terms);
    this.#dimension = terms.dimension;
    this.#ringBits = terms.ringBits;
  }

  /**
   * Scales, rounds once and clamps a merchant's sum of clipped contributions.
   * @param sum length d, finite
   * @returns d integers within ±B, and how many coordinates the clamp cut: a figure for the merchant alone
   * @throws RangeError on another length
   */
  quantise(sum: Float64Array): { readonly values: Int32Array; readonly clamped: number } {
    this.#expectLength(sum.length);
    const { scale, clamp } = this.quantisation;
    const rounded = roundOnce(sum, scale);
    const clamped = rounded.reduce((count, value) => (Math.abs(value) > clamp ? count + 1 : count), 0);
    return { values: clampTo(rounded, clamp), clamped };
  }

  /** Adds noise to quantised values, modulo 2^w, as the vector to be masked: d words. */
  toRing(values: Int32Array, noise: Int32Array | undefined): Uint32Array {
    const mask = this.#ringBits === 32 ? 0xffffffff : 2 ** this.#ringBits - 1;
    return Uint32Array.from(values, (value, i) => (value + (noise?.[i] ?? 0)) & mask);
  }

  /**
   * Reads an unmasked sum: centred representatives in [−2^(w−1), 2^(w−1)), back in units of a contribution.
   * @throws RangeError on another length than d
   */
  fromRing(sum: Uint32Array): Float64Array {
    this.#expectLength(sum.length);
    const modulus = 2 ** this.#ringBits;
    const { scale } = this.quantisation;
    return Float64Array.from(sum, (word) => (word >= modulus / 2 ? word - modulus : word) / scale);
  }

  #expectLength(length: number): void {
    if (length !== this.#dimension)
      throw new RangeError(`the vector has ${this.#dimension} coordinates, not ${length}`);
  }
}

/** Bytes of one merchant's upload: w bits a coordinate. */
export function uploadBytes({ dimension, ringBits }: Pick<RoundTerms, 'dimension' | 'ringBits'>): number {
  return packedBytes(dimension, ringBits);
}
