import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { WorkerOptions } from 'node:worker_threads';

import type { Mask } from '../../crypto/index.js';
import { GuildhallError } from '../../errors/index.js';
import { packMasks } from './unmasking-part.js';
import type { PartAnswer, PartRequest } from './unmasking-part.js';

/** `.ts` when this runs from the source, `.js` from the build: the worker's entry has the same. */
const EXTENSION = extname(fileURLToPath(import.meta.url));

interface Pending {
  readonly resolve: (words: Uint32Array) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Threads that apply masks to parts of a sum. Each starts with its first part and lives until {@link
 * UnmaskingThreads.close}; a thread that dies fails the parts that it had, and every later one.
 */
export class UnmaskingThreads {
  readonly #limit: number;
  readonly #workers: Worker[] = [];
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #failure: GuildhallError | undefined;

  /** @param limit threads at most */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * A copy of a part with the masks applied.
   *
   * @param part.from the coordinate at which the words begin
   * @throws GuildhallError UNMASKING_FAILED if its thread failed or was closed
   */
  apply(part: { words: Uint32Array; from: number; ringBits: number; masks: readonly Mask[] }): Promise<Uint32Array> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const id = this.#nextId++;
    const worker = this.#workers[id % this.#limit] ?? this.#start();
    const { from, ringBits } = part;
    const request: PartRequest = { id, words: part.words.slice(), from, ringBits, ...packMasks(part.masks) };
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      worker.postMessage(request, [request.words.buffer, request.keys.buffer, request.signs.buffer]);
    });
  }

  /** Ends the threads; what they were still doing fails. */
  async close(): Promise<void> {
    this.#fail(new GuildhallError('UNMASKING_FAILED', 'The unmasking threads were closed.'));
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #start(): Worker {
    const worker = new Worker(new URL(`./unmasking-worker${EXTENSION}`, import.meta.url), {
      name: 'guildhall-unmasking',
      ...loaderOptions(),
    });
    worker.on('message', (answer: PartAnswer) => this.#receive(answer));
    const died = (cause: unknown): void => {
      this.#fail(new GuildhallError('UNMASKING_FAILED', 'An unmasking thread ended.', { cause }));
    };
    worker.on('error', died);
    worker.on('exit', (code) => died(new Error(`exit code ${code}`)));
    this.#workers.push(worker);
    return worker;
  }

  #receive(answer: PartAnswer): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if ('words' in answer) pending?.resolve(answer.words);
    else pending?.reject(new GuildhallError('UNMASKING_FAILED', `An unmasking thread failed: ${answer.failure}`));
  }

  #fail(failure: GuildhallError): void {
    this.#failure ??= failure;
    const waiting = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of waiting) reject(this.#failure);
  }
}

/** Threads do not inherit the loader that understands TypeScript: from the source it is registered in the thread itself. */
function loaderOptions(): Pick<WorkerOptions, 'execArgv'> {
  if (EXTENSION !== '.ts') return {};
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  return {
    execArgv: ['--import', `data:text/javascript,import { register } from ${encodeURIComponent(loader)}; register();`],
  };
}
