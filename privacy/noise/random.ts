/** The only way randomness enters: bytes handed in by the caller, a CSPRNG in production, a fixed key in tests. */

/** A source of uniform independent bytes. There is no default and no seed here: the caller decides and answers for it. */
export interface RandomSource {
  /** @returns exactly n bytes, uniform and never returned before */
  bytes(n: number): Uint8Array;
}

const BUFFER_WORDS = 2048;
const TWO_32 = 2 ** 32;

/**
 * Fair coins, exact: every draw is uniform over its range without bias, by rejection where the range is no power of two.
 *
 * Reads ahead from the source in blocks; the same source state gives the same draws on every host (little-endian words).
 * Call {@link Coins.wipe} when the batch is done: what is buffered would reveal noise.
 */
export class Coins {
  readonly #source: RandomSource;
  readonly #words: Uint32Array;
  #next: number;
  #reservoir = 0;
  #reservoirBits = 0;

  /**
   * @param expectedWords about how many 32-bit words will be drawn; sizes the read-ahead. @default a full block
   */
  constructor(source: RandomSource, expectedWords: number = BUFFER_WORDS) {
    this.#source = source;
    this.#words = new Uint32Array(Math.max(16, Math.min(BUFFER_WORDS, Math.ceil(expectedWords))));
    this.#next = this.#words.length;
  }

  #refill(): void {
    const words = this.#words;
    const bytes = this.#source.bytes(words.length * 4);
    if (bytes.length !== words.length * 4) throw new RangeError('the random source returned a wrong number of bytes');
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i < words.length; i++) words[i] = view.getUint32(i * 4, true);
    this.#next = 0;
  }

  /** A uniform integer in [0, 2^32). */
  word(): number {
    if (this.#next === this.#words.length) this.#refill();
    // The index is below the length by construction; `?? 0` only satisfies the type.
    return this.#words[this.#next++] ?? 0;
  }

  /** A uniform integer in [0, 2^count), count in 0..53. */
  bits(count: number): number {
    if (count <= 32) return count === 0 ? 0 : this.word() >>> (32 - count);
    return (this.word() >>> (64 - count)) * TWO_32 + this.word();
  }

  /** A fair bit, 0 or 1. */
  bit(): number {
    if (this.#reservoirBits === 0) {
      this.#reservoir = this.word();
      this.#reservoirBits = 32;
    }
    this.#reservoirBits--;
    const bit = this.#reservoir & 1;
    this.#reservoir >>>= 1;
    return bit;
  }

  /**
   * A uniform integer in [0, limit).
   * @param limit an integer in 1..2^53
   */
  below(limit: number): number {
    const width = bitWidth(limit - 1);
    for (;;) {
      const candidate = this.bits(width);
      if (candidate < limit) return candidate;
    }
  }

  /** Overwrites what was read ahead; the next draw reads from the source again. */
  wipe(): void {
    this.#words.fill(0);
    this.#next = this.#words.length;
    this.#reservoir = 0;
    this.#reservoirBits = 0;
  }
}

/** The number of binary digits of an integer in [0, 2^53): 0 for 0. */
export function bitWidth(value: number): number {
  return value < TWO_32 ? 32 - Math.clz32(value) : 64 - Math.clz32(Math.floor(value / TWO_32));
}
