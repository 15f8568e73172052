import { createCipheriv } from 'node:crypto';

/**
 * Counter mode built from single AES-256 block encryptions (NIST SP 800-38A, section 6.5), to hold the library's own
 * against.
 *
 * @param counter the first counter block, as a number of 128 bits
 */
export function counterKeystream(key: Uint8Array, counter: bigint, bytes: number): Buffer {
  const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
  const blocks: Buffer[] = [];
  for (let block = 0n; block * 16n < BigInt(bytes); block++) {
    const value = (counter + block) % 2n ** 128n;
    blocks.push(cipher.update(Buffer.from(value.toString(16).padStart(32, '0'), 'hex')));
  }
  return Buffer.concat(blocks).subarray(0, bytes);
}
