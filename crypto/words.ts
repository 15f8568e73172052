/** The order of a word's bytes in memory. */
export type ByteOrder = 'little' | 'big';

/** This host's. */
export const HOST_BYTE_ORDER: ByteOrder = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 'little' : 'big';

/**
 * A ring vector's bytes as they travel: 4 a word, little-endian on every host. On a little-endian host the bytes share
 * the vector's memory; on another they are a swapped copy.
 */
export function wordsToBytes(words: Uint32Array, host: ByteOrder = HOST_BYTE_ORDER): Uint8Array {
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  return host === 'little' ? bytes : Buffer.from(bytes).swap32();
}

/**
 * The words of travelled bytes. A copy only where the host's byte order or the bytes' alignment asks for one.
 *
 * @throws RangeError if the number of bytes is no multiple of 4
 */
export function bytesToWords(bytes: Uint8Array, host: ByteOrder = HOST_BYTE_ORDER): Uint32Array {
  if (bytes.length % 4 !== 0) throw new RangeError(`${bytes.length} bytes are no whole number of 4-byte words`);
  if (host === 'little' && bytes.byteOffset % 4 === 0) {
    return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  }
  const copy = new Uint8Array(bytes);
  if (host === 'big') Buffer.from(copy.buffer).swap32();
  return new Uint32Array(copy.buffer);
}
