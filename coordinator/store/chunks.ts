/** Largest row, and largest chunk on the wire: 256 KiB. */
export const CHUNK_BYTES = 256 * 1024;

/** Cuts bytes into views of {@link CHUNK_BYTES}; the last may be shorter. Nothing is copied. */
export function* chunksOf(bytes: Uint8Array): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    const length = Math.min(CHUNK_BYTES, bytes.length - start);
    yield Buffer.from(bytes.buffer, bytes.byteOffset + start, length);
  }
}
