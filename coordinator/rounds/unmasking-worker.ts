/**
 * The entry of a thread that unmasks: applies masks to parts of a sum, one request after another. Started by
 * unmasking-threads.ts, from the source under tsx or from the build alike.
 */
import { parentPort } from 'node:worker_threads';
// Not the layer's index: with that, a thread would load libsodium and gRPC before it begins, .13 s of each thread's time.
import { applyMasks } from '../../crypto/mask.js';
import { unpackMasks } from './unmasking-part.js';
import type { PartAnswer, PartRequest } from './unmasking-part.js';

const port = parentPort;
if (port === null) throw new Error('rounds/unmasking-worker is the entry of a worker thread');

port.on('message', (request: PartRequest) => {
  const { id, words, from, ringBits, keys } = request;
  try {
    applyMasks(words, unpackMasks(request), { ringBits, from });
    port.postMessage({ id, words } satisfies PartAnswer, [words.buffer]);
  } catch (error) {
    // With some of its masks missing the part is nobody's business.
    words.fill(0);
    port.postMessage({ id, failure: error instanceof Error ? error.message : String(error) } satisfies PartAnswer);
  } finally {
    keys.fill(0);
  }
});
