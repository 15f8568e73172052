import { createCipheriv, randomBytes } from 'node:crypto';

/** Where coins come from. Production passes {@link osRandom} or a stream that it keyed; tests pass a keyed stream. */
export interface RandomSource {
  /** `count` fresh bytes that the caller owns and may overwrite. */
  bytes(count: number): Uint8Array;
}

/** The operating system's generator: one call into OpenSSL each time, so right for keys and slow for noise. */
export const osRandom: RandomSource = { bytes: (count) => randomBytes(count) };

const BLOCK_BYTES = 64 * 1024;
const ZEROS = new Uint8Array(BLOCK_BYTES);

/**
 * A fast generator: the AES-256-CTR key stream under `key`, as unpredictable as the key is secret (NIST SP 800-90A,
 * section 10.2.1, without reseeding). The sequence does not depend on how it is cut into requests.
 *
 * @param key 32 bytes, from {@link osRandom} in production; never used for anything else
 * @throws RangeError on a key of another length
 */
export function streamRandom(key: Uint8Array): RandomSource {
  if (key.length !== 32) throw new RangeError(`a stream key has 32 bytes, not ${key.length}`);
  const cipher = createCipheriv('aes-256-ctr', key, new Uint8Array(16));
  let block: Uint8Array = new Uint8Array(0);
  let used = 0;
  return {
    bytes(count) {
      const out = new Uint8Array(count);
      let filled = 0;
      while (filled < count) {
        if (used === block.length) {
          block = cipher.update(ZEROS);
          used = 0;
        }
        const taken = block.subarray(used, used + count - filled);
        out.set(taken, filled);
        // What was handed out must not be found in memory later.
        taken.fill(0);
        filled += taken.length;
        used += taken.length;
      }
      return out;
    },
  };
}
