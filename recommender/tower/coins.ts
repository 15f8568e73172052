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

/** Coins that were drawn before, handed out again in their order. */
export function drawnBefore(bytes: Uint8Array): RandomSource {
  let used = 0;
  return {
    bytes(length) {
      used += length;
      if (used > bytes.length) throw new RangeError(`only ${bytes.length} bytes of coins were drawn`);
      return bytes.subarray(used - length, used);
    },
  };
}
