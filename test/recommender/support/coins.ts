import { createHash } from 'node:crypto';
import type { RandomSource } from '../../../recommender/random.js';

/** A repeatable stream of bytes for tests: SHA-256 of the seed and a counter. */
export function seeded(seed: string): RandomSource {
  let counter = 0;
  let pool = Buffer.alloc(0);
  return {
    bytes: (length) => {
      while (pool.length < length) {
        pool = Buffer.concat([pool, createHash('sha256').update(`${seed}:${counter}`).digest()]);
        counter += 1;
      }
      const drawn = pool.subarray(0, length);
      pool = pool.subarray(length);
      return Uint8Array.from(drawn);
    },
  };
}
