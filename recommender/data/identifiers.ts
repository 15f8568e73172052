import { createHmac } from 'node:crypto';

/** A merchant's secret for hashing shopper ids, at least 16 bytes; it never leaves the merchant. */
export type IdentifierKey = Uint8Array;

const SHORTEST_KEY_BYTES = 16;

/**
 * Replaces raw shopper ids by HMAC-SHA-256 under a local key, as 64 hexadecimal digits: the same shopper gets the same
 * name at every reading, and nobody without the key can go back or test a guess.
 *
 * @throws RangeError for a key below 16 bytes
 */
export function keyedIdentifiers(key: IdentifierKey): (raw: string) => string {
  if (key.length < SHORTEST_KEY_BYTES) {
    throw new RangeError(`The key for shopper ids needs at least ${SHORTEST_KEY_BYTES} bytes, not ${key.length}.`);
  }
  return (raw) => createHmac('sha256', key).update(raw, 'utf8').digest('hex');
}
