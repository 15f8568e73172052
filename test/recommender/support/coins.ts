import { createCipheriv, createHash } from 'node:crypto';
import type { RandomSource } from '../../../recommender/random.js';

const BLOCK = 1 << 16;

/** A repeatable stream of bytes for tests: AES-256-CTR under the hash of the seed. */
export function seeded(seed: string): RandomSource {
  const cipher = createCipheriv('aes-256-ctr', createHash('sha256').update(seed).digest(), new Uint8Array(16));
  let pool = new Uint8Array();
  let used = 0;
  return {
    bytes: (length) => {
      if (length > BLOCK) return Uint8Array.from(cipher.update(new Uint8Array(length)));
      if (used + length > pool.length) {
        pool = Uint8Array.from(cipher.update(new Uint8Array(BLOCK)));
        used = 0;
      }
      used += length;
      return pool.slice(used - length, used);
    },
  };
}
