/**
 * The entry of a thread that computes parts of training steps, one after another, on a WebAssembly engine of its own.
 * Started by gradient-threads.ts. It knows no more of a shop than the rows of the part at hand.
 */
import { parentPort } from 'node:worker_threads';
import { computePart, startEngine } from '../../recommender/index.js';
import type { PartRequest } from '../../recommender/index.js';
import type { GradientAnswer } from './gradient-threads.js';

const port = parentPort;
if (port === null) throw new Error('training/gradient-worker is the entry of a worker thread');

const starting = startEngine({ only: 'wasm' });
port.on('message', ({ id, request }: { readonly id: number; readonly request: PartRequest }) => {
  starting
    .then((engine) => {
      const sum = computePart(engine, request);
      const { buffer } = sum.gradient;
      port.postMessage({ id, sum } satisfies GradientAnswer, buffer instanceof ArrayBuffer ? [buffer] : []);
    })
    .catch((error: unknown) => {
      const failure = error instanceof Error ? error.message : String(error);
      port.postMessage({ id, failure } satisfies GradientAnswer);
    });
});
