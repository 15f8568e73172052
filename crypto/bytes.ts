const UTF8 = new TextEncoder();

/** The UTF-8 bytes of `text`. */
export function utf8(text: string): Uint8Array {
  return UTF8.encode(text);
}

/** Whether two byte strings are the same. For public values: the time taken depends on them. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Bytes of a length that stands before a part. */
const LENGTH_BYTES = 8;

/**
 * Every part in order, each after its length as 8 bytes, big-endian: no two lists of parts give the same bytes.
 *
 * @param head ASCII; stands before all, as it is
 */
export function lengthPrefixed(parts: readonly (Uint8Array | string)[], head = ''): Buffer {
  let total = head.length;
  for (const part of parts) total += LENGTH_BYTES + (typeof part === 'string' ? Buffer.byteLength(part) : part.length);
  const out = Buffer.allocUnsafe(total);
  let offset = out.write(head, 0, 'latin1');
  for (const part of parts) {
    const start = offset + LENGTH_BYTES;
    let { length } = part;
    if (typeof part === 'string') length = out.write(part, start);
    else out.set(part, start);
    out.writeUInt32BE(0, offset);
    out.writeUInt32BE(length, offset + 4);
    offset = start + length;
  }
  return out;
}
