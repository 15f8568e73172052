/** Adds a merchant's vector to a sum, modulo 2^w and in place, as the coordinator does once masks are off. */
export function addInRing(sum: Uint32Array, vector: Uint32Array, ringBits: number): void {
  vector.forEach((word, i) => (sum[i] = wrap((sum[i] ?? 0) + word, ringBits)));
}

/** one − other, read as signed numbers of w bits. */
export function differences(one: Uint32Array, other: Uint32Array, ringBits: number): number[] {
  return Array.from(one, (word, i) => {
    const difference = wrap(word - (other[i] ?? 0), ringBits);
    return difference >= 2 ** (ringBits - 1) ? difference - 2 ** ringBits : difference;
  });
}

function wrap(value: number, ringBits: number): number {
  const modulus = 2 ** ringBits;
  return ((value % modulus) + modulus) % modulus;
}
