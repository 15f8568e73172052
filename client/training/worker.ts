/**
 * The training worker's entry: serves one request after another. Started by trainer.ts, from the source under tsx or from
 * the build alike.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { GuildhallError } from '../../errors/index.js';
import { Cancellation } from './cancellation.js';
import type { WorkerCall, WorkerMessage, WorkerSettings } from './messages.js';
import { ShopSession } from './session.js';

const port = parentPort;
if (port === null) throw new Error('training/worker is the entry of a worker thread');

const send = (message: WorkerMessage, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
const session = new ShopSession(workerData as WorkerSettings, {
  onProgress: (progress) => send({ kind: 'progress', progress }),
});

let last: Promise<void> = Promise.resolve();
port.on('message', (call: WorkerCall) => {
  last = last.then(() => serve(call));
});

async function serve({ id, request, cancelled }: WorkerCall): Promise<void> {
  try {
    switch (request.kind) {
      case 'prepare': {
        const value = await session.prepare(request, new Cancellation(cancelled));
        const { buffer } = value.vector;
        send({ kind: 'answer', id, value }, buffer instanceof ArrayBuffer ? [buffer] : []);
        break;
      }
      case 'evaluate':
        send({ kind: 'answer', id, value: await session.evaluate(request.models) });
        break;
      case 'load':
        send({ kind: 'answer', id, value: (await session.load()).report });
        break;
    }
  } catch (error) {
    const failure =
      error instanceof GuildhallError
        ? { code: error.code, message: error.message, details: error.details }
        : {
            code: 'TRAINING_FAILED' as const,
            message: error instanceof Error ? error.message : String(error),
            details: {},
          };
    send({ kind: 'failure', id, failure });
  }
}
