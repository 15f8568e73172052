import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { addPacked, requireSignedDigest } from '../../crypto/index.js';
import type { Envelope } from '../../crypto/index.js';
import { GuildhallError } from '../../errors/index.js';

/** One survivor's masked vector as it comes from the store. */
export interface SpooledVector {
  /** The signed R2 envelope that names the vector's SHA-256. */
  readonly envelope: Envelope;
  /** The vector's packed bytes in order; every piece but the last holds a multiple of 8 words. */
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
  for (const { envelope, chunks } of vectors) {
    const hash = createHash('sha256');
    let at = 0;
    for await (const chunk of chunks) {
      hash.update(chunk);
      at += added(sum, chunk, { ringBits: ring.ringBits, from: at });
      // Other calls get their turn between two chunks.
      await nextTurn();
    }
    if (at !== sum.length) throw wrongLength(`a stored vector has ${at} coordinates, not ${sum.length}`);
    requireSignedDigest(envelope, hash.digest());
  }
  return sum;
}

/** @throws GuildhallError UPLOAD_LENGTH where the piece does not fit the round's vector */
function added(sum: Uint32Array, chunk: Uint8Array, part: { ringBits: number; from: number }): number {
  try {
    return addPacked(sum, chunk, part);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw wrongLength(error.message);
  }
}

function wrongLength(reason: string): GuildhallError {
  return new GuildhallError('UPLOAD_LENGTH', `A stored vector is not of the round: ${reason}.`);
}
