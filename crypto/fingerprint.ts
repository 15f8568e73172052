import { labelledHash } from './hash.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const GROUPS = 8;
const GROUP_LENGTH = 4;

/**
 * What two people read to each other, outside the platform, to compare an identity key: 160 bits of a hash of it as
 * eight groups of four base32 characters (RFC 4648, section 6), such as "QX3A-…". Finding another key with the same
 * fingerprint takes 2^160 tries.
 *
 * @param publicKey the raw identity key
 */
export function fingerprint(publicKey: Uint8Array): string {
  const hash = labelledHash('guildhall/v1/fingerprint', publicKey);
  const groups: string[] = [];
  for (let group = 0; group < GROUPS; group++) {
    let text = '';
    for (let character = 0; character < GROUP_LENGTH; character++) {
      const bit = 5 * (group * GROUP_LENGTH + character);
      const window = hash.readUInt16BE(bit >>> 3);
      text += ALPHABET.charAt((window >>> (11 - (bit & 7))) & 31);
    }
    groups.push(text);
  }
  return groups.join('-');
}

/** Whether `text`, typed by a person in any case and with or without the hyphens, is the fingerprint of `publicKey`. */
export function matchesFingerprint(publicKey: Uint8Array, text: string): boolean {
  const plain = (value: string): string => value.replace(/[\s-]/g, '').toUpperCase();
  return plain(text) === plain(fingerprint(publicKey));
}
