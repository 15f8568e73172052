import type { Worker } from 'node:worker_threads';
import { GuildhallError } from '../../errors/index.js';
import type { PartRequest, PartSum, TowerThreads } from '../../recommender/index.js';
import { startThread } from './thread.js';

/** What a thread answers. */
export type GradientAnswer =
  { readonly id: number; readonly sum: PartSum } | { readonly id: number; readonly failure: string };

interface Pending {
  readonly resolve: (sum: PartSum) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly pending: Map<number, Pending>;
}

/**
 * Threads that compute parts of a tower's training steps, each with an engine of its own. They start when they are needed,
 * also again after {@link GradientThreads.close}. A thread that dies fails the parts that it had; the next part starts
 * another.
 */
export class GradientThreads implements TowerThreads {
  readonly count: number;
  readonly #startWorker: () => Worker;
  readonly #threads = new Set<Thread>();
  #nextId = 0;

  /** @param count threads at most, at least 1 */
  constructor(count: number, startWorker = () => startThread('gradient-worker', { name: 'guildhall-gradients' })) {
    this.count = count;
    this.#startWorker = startWorker;
  }

  /** @throws GuildhallError TRAINING_FAILED when the thread fails, ends or is closed */
  compute(request: PartRequest): Promise<PartSum> {
    const id = this.#nextId++;
    const { worker, pending } = this.#leastBusy();
    return new Promise((resolve, reject) => {
      const { buffer } = request.rows;
      worker.postMessage({ id, request }, buffer instanceof ArrayBuffer ? [buffer] : []);
      pending.set(id, { resolve, reject });
    });
  }

  /** Ends the threads, and so gives their memory back; what they were still doing fails. */
  async close(): Promise<void> {
    const threads = [...this.#threads];
    for (const thread of threads) this.#end(thread, new Error('the threads were closed'));
    await Promise.all(threads.map(({ worker }) => worker.terminate()));
  }

  #leastBusy(): Thread {
    const [least] = [...this.#threads].sort((a, b) => a.pending.size - b.pending.size);
    if (least !== undefined && (least.pending.size === 0 || this.#threads.size >= this.count)) return least;
    return this.#start();
  }

  #start(): Thread {
    const worker = this.#startWorker();
    const thread: Thread = { worker, pending: new Map() };
    worker.on('message', (answer: GradientAnswer) => receive(thread, answer));
    worker.on('error', (cause) => this.#end(thread, cause));
    worker.on('exit', (code) => this.#end(thread, new Error(`exit code ${code}`)));
    this.#threads.add(thread);
    return thread;
  }

  #end(thread: Thread, cause: unknown): void {
    this.#threads.delete(thread);
    const waiting = [...thread.pending.values()];
    thread.pending.clear();
    const error = new GuildhallError('TRAINING_FAILED', 'A thread that computes gradients ended.', { cause });
    for (const { reject } of waiting) reject(error);
  }
}

function receive({ pending }: Thread, answer: GradientAnswer): void {
  const waiting = pending.get(answer.id);
  pending.delete(answer.id);
  if ('sum' in answer) waiting?.resolve(answer.sum);
  else waiting?.reject(new GuildhallError('TRAINING_FAILED', `A gradient could not be computed: ${answer.failure}`));
}
