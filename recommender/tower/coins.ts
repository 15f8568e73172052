import type { RandomSource } from '../random.js';

const BLOCK = 1 << 14;

/**
 * The same coins drawn in blocks: a tower asks for millions, a few bytes at a time. Draws ahead, so `random` is to be
 * used through the result alone from then on, and not for keys or noise.
 */
export function inBlocks(random: RandomSource): RandomSource {
  let pool = new Uint8Array(0);
  let used = 0;
  return {
    bytes(length) {
      if (length > BLOCK) return random.bytes(length);
      if (used + length > pool.length) {
        pool = Uint8Array.from(random.bytes(BLOCK));
        used = 0;
      }
      used += length;
      return pool.subarray(used - length, used);
    },
  };
}
