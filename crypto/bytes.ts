const UTF8 = new TextEncoder();

/** The UTF-8 bytes of `text`. */
export function utf8(text: string): Uint8Array {
  return UTF8.encode(text);
}

/** Whether two byte strings are the same. For public values: the time taken depends on them. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Every part in order, each after its length as 8 bytes, big-endian: no two lists of parts give the same bytes. */
export function lengthPrefixed(parts: readonly (Uint8Array | string)[]): Uint8Array {
  const bytes = parts.map((part) => (typeof part === 'string' ? utf8(part) : part));
  const out = new Uint8Array(bytes.reduce((total, part) => total + 8 + part.length, 0));
  const view = new DataView(out.buffer);
  let offset = 0;
  for (const part of bytes) {
    view.setBigUint64(offset, BigInt(part.length));
    out.set(part, offset + 8);
    offset += 8 + part.length;
  }
  return out;
}
