import { createHash } from 'node:crypto';
import type { Catalogue } from '../types.js';

/**
 * Names a catalogue by its content: SHA-256 over the number of items and each item's id, title, brand and category in
 * order, every string preceded by its length in bytes. Everything computed from public items alone can be cached by it.
 *
 * @returns 64 lower-case hexadecimal digits
 */
export function catalogueDigest(catalogue: Catalogue): string {
  const hash = createHash('sha256');
  hash.update('guildhall catalogue 1\n');
  hash.update(lengthPrefix(catalogue.items.length));
  for (const { id, title, brand, category } of catalogue.items) {
    for (const text of [id, title, brand, category]) {
      const bytes = Buffer.from(text, 'utf8');
      hash.update(lengthPrefix(bytes.length));
      hash.update(bytes);
    }
  }
  return hash.digest('hex');
}

function lengthPrefix(length: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, length, true);
  return bytes;
}
