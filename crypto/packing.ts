import { lowBits } from './ring.js';
import { bytesToWords, wordsToBytes } from './words.js';

/** Vectors may be cut at multiples of so many words, and their parts packed apart: the bytes are the same. */
const GROUP_WORDS = 8;

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
 * The largest number of bytes, `limit` at most, after which packed words of w bits may be cut: a multiple of 8 words.
 *
 * @throws RangeError unless `ringBits` is an integer in 16..32
 */
export function packedCut(limit: number, ringBits: number): number {
  const group = packedBytes(GROUP_WORDS, ringBits);
  return limit - (limit % group);
}

/**
 * Packs words of w bits without gaps, in the memory that they stand in: word i is bits i·w to (i+1)·w − 1 of the bytes,
 * the lowest bit of a byte first, so that w = 16 and w = 32 are plain little-endian words. The bits behind the last word,
 * and the memory that is left over, are zero.
 *
 * @param words each below 2^w; they are gone afterwards, and half gone after a RangeError
 * @returns {@link packedBytes} bytes: a view of the words' memory, on a big-endian host a copy
 * @throws RangeError on a word of more than w bits, or other ring bits
 */
export function packInPlace(words: Uint32Array, ringBits: number): Uint8Array {
  const over = ~lowBits(ringBits);
  // Bits that do not fill a word of 32 yet: what is written never overtakes what is read.
  let held = 0;
  let count = 0;
  let at = 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? 0;
    if ((word & over) !== 0) throw new RangeError(`word ${i} has more than ${ringBits} bits`);
    held |= word << count;
    const total = count + ringBits;
    if (total >= 32) {
      words[at++] = held;
      // What the shift pushed out; a shift by 32 is none at all in this language.
      held = count === 0 ? 0 : word >>> (32 - count);
      count = total - 32;
    } else {
      count = total;
    }
  }
  const length = packedBytes(words.length, ringBits);
  if (count > 0) words[at++] = held;
  words.fill(0, at);
  return wordsToBytes(words).subarray(0, length);
}

/** {@link packInPlace} of a copy. */
export function packWords(words: Uint32Array, ringBits: number): Uint8Array {
  return packInPlace(words.slice(), ringBits);
}

/**
 * vector ← vector + packed words mod 2^w, from a coordinate on: a whole packed vector, or a part of it that begins at a
 * multiple of 8 words.
 *
 * @param part.from the coordinate of the bytes' first word
 * @returns how many words the bytes hold
 * @throws RangeError if they hold no whole number of words or more than the vector has left, if a bit behind the last
 * word is set, or on other ring bits; the vector is as it was
 */
export function addPacked(
  vector: Uint32Array,
  bytes: Uint8Array,
  part: { readonly ringBits: number; readonly from: number },
): number {
  const { ringBits, from } = part;
  const low = lowBits(ringBits);
  const words = Math.floor((8 * bytes.length) / ringBits);
  if (packedBytes(words, ringBits) !== bytes.length) {
    throw new RangeError(`${bytes.length} bytes hold no whole number of words of ${ringBits} bits`);
  }
  if (from + words > vector.length) {
    throw new RangeError(`${words} words from coordinate ${from} on; the vector has ${vector.length}`);
  }
  requireZeroPadding(bytes[bytes.length - 1] ?? 0, { words, ringBits });
  const limbs = limbsOf(bytes);
  if (ringBits === 32) {
    for (let i = 0; i < words; i++) vector[from + i] = (vector[from + i] ?? 0) + (limbs[i] ?? 0);
    return words;
  }
  let at = 0;
  let shift = 0;
  for (let i = from; i < from + words; i++) {
    const begun = (limbs[at] ?? 0) >>> shift;
    const word = shift === 0 ? begun : begun | ((limbs[at + 1] ?? 0) << (32 - shift));
    vector[i] = ((vector[i] ?? 0) + word) & low;
    shift += ringBits;
    if (shift >= 32) {
      shift -= 32;
      at++;
    }
  }
  return words;
}

/** Bytes as whole words of 32 bits, the last one filled up with zeros. */
function limbsOf(bytes: Uint8Array): Uint32Array {
  if (bytes.length % 4 === 0) return bytesToWords(bytes);
  const padded = new Uint8Array(4 * Math.ceil(bytes.length / 4));
  padded.set(bytes);
  return bytesToWords(padded);
}

/** @throws RangeError if a bit behind the last of `words` words is set in the last byte of their packed form */
export function requireZeroPadding(
  lastByte: number,
  options: { readonly words: number; readonly ringBits: number },
): void {
  const used = (options.words * options.ringBits) % 8;
  if (used > 0 && lastByte >>> used !== 0) throw new RangeError('bits are set behind the last word');
}
