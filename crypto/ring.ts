/** Ring bits w that vectors and masks are defined for: words are numbers modulo 2^w. */
export const RING_BITS = { minimum: 16, maximum: 32 } as const;

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

function requireSameLength(vector: Uint32Array, words: Uint32Array): void {
  if (vector.length !== words.length) throw new RangeError(`${words.length} words for a vector of ${vector.length}`);
}

/**
 * vector ← vector + words mod 2^w.
 *
 * @throws RangeError if the lengths differ, or on other ring bits
 */
export function addWords(vector: Uint32Array, words: Uint32Array, ringBits: number): void {
  requireSameLength(vector, words);
  const low = lowBits(ringBits);
  for (let i = 0; i < vector.length; i++) vector[i] = ((vector[i] ?? 0) + (words[i] ?? 0)) & low;
}

/**
 * vector ← vector − words mod 2^w.
 *
 * @throws RangeError if the lengths differ, or on other ring bits
 */
export function subtractWords(vector: Uint32Array, words: Uint32Array, ringBits: number): void {
  requireSameLength(vector, words);
  const low = lowBits(ringBits);
  for (let i = 0; i < vector.length; i++) vector[i] = ((vector[i] ?? 0) - (words[i] ?? 0)) & low;
}

/** vector ← vector mod 2^w. @throws RangeError on other ring bits */
export function reduceWords(vector: Uint32Array, ringBits: number): void {
  const low = lowBits(ringBits);
  if (low === -1) return;
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] ?? 0) & low;
}
