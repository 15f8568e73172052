import { createHash, hash } from 'node:crypto';
import { lengthPrefixed } from './bytes.js';

/** SHA-256 (FIPS 180-4) of the parts one after another. 32 bytes. */
export function sha256(...parts: readonly Uint8Array[]): Buffer {
  const running = createHash('sha256');
  for (const part of parts) running.update(part);
  return running.digest();
}

/**
 * SHA-256 of a label and of the parts, each prefixed by its length: hashes for different purposes never collide, and no
 * part can run into the next. A length's first byte is zero and a label has none, so no label can run into a length.
 *
 * @param label ASCII, such as "guildhall/v1/transcript"
 * @throws RangeError if the label holds a zero byte
 */
export function labelledHash(label: string, ...parts: readonly (Uint8Array | string)[]): Buffer {
  if (label.includes('\0')) throw new RangeError('a hash label has no zero byte');
  const bytes = lengthPrefixed(parts, label);
  // As text and back, which takes half of the time that a buffer of the digest's own does.
  const digest = Buffer.from(hash('sha256', bytes, 'binary'), 'latin1');
  // Shares and seeds are among what is hashed.
  bytes.fill(0);
  return digest;
}
