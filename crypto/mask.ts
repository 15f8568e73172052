import { createCipheriv } from 'node:crypto';
import { bytesToWords } from './words.js';

/** Bytes of a mask key. */
export const MASK_KEY_BYTES = 32;
/** Ring bits w that masks are defined for. */
export const RING_BITS = { minimum: 16, maximum: 32 } as const;

/** Larger pieces are slower: they no longer stay in the cache between being made and being added. */
const CHUNK_BYTES = 32 * 1024;
const ZEROS = new Uint8Array(CHUNK_BYTES);
/** One IV for all: a mask key is fresh and expanded once only at each of the two places that know it. */
const ZERO_IV = new Uint8Array(16);

/** One mask, and whether it is added or taken away. */
export interface Mask {
  /** 32 bytes, fresh for this mask. */
  readonly key: Uint8Array;
  readonly sign: 1 | -1;
}

/**
 * Adds a mask to a vector in place, or takes it away: vector ± PRG(key) mod 2^w, where PRG is AES-256-CTR (NIST SP
 * 800-38A, section 6.5) from a zero counter block read as little-endian words, of which the low w bits count. The mask
 * is expanded chunk by chunk, never as a whole.
 *
 * @param vector words below 2^w afterwards, whatever they were before
 * @param ringBits w, 16..32
 * @throws RangeError on a key of another length or other ring bits
 */
export function applyMask(vector: Uint32Array, mask: Mask, ringBits: number): void {
  if (mask.key.length !== MASK_KEY_BYTES) throw new RangeError(`a mask key has 32 bytes, not ${mask.key.length}`);
  const low = lowBits(ringBits);
  const cipher = createCipheriv('aes-256-ctr', mask.key, ZERO_IV);
  const add = mask.sign === 1 ? addInto : subtractFrom;
  for (let start = 0; start < vector.length; start += CHUNK_BYTES / 4) {
    const part = vector.subarray(start, start + CHUNK_BYTES / 4);
    const stream = cipher.update(part.byteLength === CHUNK_BYTES ? ZEROS : ZEROS.subarray(0, part.byteLength));
    add(part, bytesToWords(stream), low);
    stream.fill(0);
  }
}

/**
 * The 32-bit pattern with the low w bits set; -1 for w = 32, since bit operations are signed.
 *
 * @throws RangeError unless `ringBits` is an integer in 16..32
 */
export function lowBits(ringBits: number): number {
  if (!Number.isInteger(ringBits) || ringBits < RING_BITS.minimum || ringBits > RING_BITS.maximum) {
    throw new RangeError(`ring bits are ${RING_BITS.minimum}..${RING_BITS.maximum}, not ${ringBits}`);
  }
  return (-1 >>> (32 - ringBits)) | 0;
}

function addInto(vector: Uint32Array, words: Uint32Array, low: number): void {
  for (let i = 0; i < vector.length; i++) vector[i] = ((vector[i] ?? 0) + (words[i] ?? 0)) & low;
}

function subtractFrom(vector: Uint32Array, words: Uint32Array, low: number): void {
  for (let i = 0; i < vector.length; i++) vector[i] = ((vector[i] ?? 0) - (words[i] ?? 0)) & low;
}
