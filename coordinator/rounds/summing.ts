import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { bytesToWords, lowBits, requireSignedDigest } from '../../crypto/index.js';
import type { Envelope } from '../../crypto/index.js';
import { GuildhallError } from '../../errors/index.js';

/** One survivor's masked vector as it comes from the store. */
export interface SpooledVector {
  /** The signed R2 envelope that names the vector's SHA-256. */
  readonly envelope: Envelope;
  /** The vector's bytes in order; every piece but the last has a multiple of 4 bytes. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * Adds the survivors' masked vectors modulo 2^w. Memory: one vector of d words and one chunk, however many they are.
 *
 * Each vector's bytes are hashed on the way and compared with what its merchant signed.
 * @throws GuildhallError SECAGG_VECTOR_MISMATCH, UPLOAD_LENGTH
 */
export async function sumVectors(
  vectors: Iterable<SpooledVector>,
  ring: { dimension: number; ringBits: number },
): Promise<Uint32Array> {
  const sum = new Uint32Array(ring.dimension);
  const low = lowBits(ring.ringBits);
  for (const { envelope, chunks } of vectors) {
    const hash = createHash('sha256');
    let at = 0;
    for await (const chunk of chunks) {
      hash.update(chunk);
      const words = bytesToWords(chunk);
      if (at + words.length > sum.length) throw wrongLength(at + words.length, sum.length);
      for (let i = 0; i < words.length; i += 1) sum[at + i] = ((sum[at + i] ?? 0) + (words[i] ?? 0)) & low;
      at += words.length;
      // Other calls get their turn between two chunks.
      await nextTurn();
    }
    if (at !== sum.length) throw wrongLength(at, sum.length);
    requireSignedDigest(envelope, hash.digest());
  }
  return sum;
}

function wrongLength(got: number, want: number): GuildhallError {
  return new GuildhallError('UPLOAD_LENGTH', `A stored vector has ${got} coordinates or more, not ${want}.`);
}
