import { lowBits } from './ring.js';

/**
 * Bytes of `words` words of w bits each, packed.
 *
 * @throws RangeError unless `ringBits` is an integer in 16..32
 */
export function packedBytes(words: number, ringBits: number): number {
  lowBits(ringBits);
  return Math.ceil((words * ringBits) / 8);
}

/**
 * Packs words of w bits without gaps: word i is bits i·w to (i+1)·w − 1 of the bytes, the lowest bit of a byte first, so
 * that w = 16 and w = 32 are plain little-endian words. The bits behind the last word are zero.
 *
 * Vectors may be cut at multiples of 8 words and their parts packed apart: the bytes are the same.
 *
 * @param words each below 2^w
 * @returns {@link packedBytes} bytes
 * @throws RangeError on a word of more than w bits, or other ring bits
 */
export function packWords(words: Uint32Array, ringBits: number): Uint8Array {
  const over = ~lowBits(ringBits);
  const bytes = new Uint8Array(packedBytes(words.length, ringBits));
  // Bits that do not fill a byte yet: fewer than 8, so that with 32 more they need two numbers.
  let held = 0;
  let count = 0;
  let at = 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? 0;
    if ((word & over) !== 0) throw new RangeError(`word ${i} has more than ${ringBits} bits`);
    held |= word << count;
    // What the shift pushed out; a shift by 32 is none at all in this language.
    let rest = count === 0 ? 0 : word >>> (32 - count);
    for (count += ringBits; count >= 8; count -= 8) {
      bytes[at++] = held;
      held = (held >>> 8) | (rest << 24);
      rest >>>= 8;
    }
  }
  if (count > 0) bytes[at] = held;
  return bytes;
}

/**
 * The words of {@link packWords}.
 *
 * @param options.words how many
 * @param options.ringBits w
 * @throws RangeError if the number of bytes is not theirs, a bit behind the last word is set, or on other ring bits
 */
export function unpackWords(
  bytes: Uint8Array,
  options: { readonly words: number; readonly ringBits: number },
): Uint32Array {
  const { ringBits } = options;
  const low = lowBits(ringBits);
  const length = packedBytes(options.words, ringBits);
  if (bytes.length !== length) throw new RangeError(`${bytes.length} bytes for ${options.words} words, not ${length}`);
  const words = new Uint32Array(options.words);
  let bit = 0;
  for (let i = 0; i < words.length; i++, bit += ringBits) {
    const first = bit >>> 3;
    const shift = bit & 7;
    const next =
      (bytes[first] ?? 0) |
      ((bytes[first + 1] ?? 0) << 8) |
      ((bytes[first + 2] ?? 0) << 16) |
      ((bytes[first + 3] ?? 0) << 24);
    // The fifth byte counts only where the word does not begin with a byte.
    const fifth = shift === 0 ? 0 : (bytes[first + 4] ?? 0) << (32 - shift);
    words[i] = ((next >>> shift) | fifth) & low;
  }
  const used = bit & 7;
  if (used > 0 && (bytes[length - 1] ?? 0) >>> used !== 0) throw new RangeError('bits are set behind the last word');
  return words;
}
