import type { Worker } from 'node:worker_threads';
import { GuildhallError } from '../../errors/index.js';
import type { PreparedInput } from '../../federation/index.js';
import type { DataReport } from '../../recommender/index.js';
import { reasonOf } from '../clock.js';
import type { Logger } from 'pino';
import { Cancellation } from './cancellation.js';
import type {
  PrepareRequest,
  TrainingProgress,
  WorkerAnswers,
  WorkerMessage,
  WorkerRequest,
  WorkerSettings,
} from './messages.js';
import { startThread } from './thread.js';

/** A round's input; the caller owns both and erases them. */
export type Prepared = Pick<PreparedInput, 'vector' | 'componentKey'>;

/** The owner of the shop's data, wherever it runs. */
export interface Trainer {
  /**
   * This merchant's vector for a round: clipped, summed, rounded and noised, d words.
   * @throws GuildhallError TRAINING_FAILED or the data's own codes; the signal's reason
   */
  prepare(request: PrepareRequest, signal: AbortSignal): Promise<Prepared>;
  /** Reads the data, if it has not been read yet. @throws GuildhallError DATA_*, CLIENT_FILE_MISSING */
  load(signal: AbortSignal): Promise<DataReport>;
  /** What the merchant has alone and together with these serialised models. */
  evaluate(models: readonly Uint8Array[], signal: AbortSignal): Promise<WorkerAnswers['evaluate']>;
  /** Ends the worker; whatever it is doing is thrown away. */
  close(): Promise<void>;
}

interface Pending {
  readonly resolve: (value: WorkerAnswers[keyof WorkerAnswers]) => void;
  readonly reject: (error: Error) => void;
}

/** Options of a {@link WorkerTrainer}. */
export interface WorkerTrainerOptions {
  readonly settings: WorkerSettings;
  readonly logger: Logger;
  readonly onProgress?: ((progress: TrainingProgress) => void) | undefined;
}

/**
 * A worker thread that reads the shop's data once and keeps it, so that gRPC stays live while it trains. The thread
 * starts with the first request, and again after it has died; requests are served one after another. A cancelled request
 * is forgotten here at once; the worker stops training for it at the next step, and what it may still send is zeroed and
 * dropped.
 */
export class WorkerTrainer implements Trainer {
  readonly #options: WorkerTrainerOptions;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #nextId = 0;

  constructor(options: WorkerTrainerOptions) {
    this.#options = options;
  }

  async prepare(request: PrepareRequest, signal: AbortSignal): Promise<Prepared> {
    const { report, ...prepared } = await this.#ask({ kind: 'prepare', ...request }, signal);
    const { job, round } = request.terms;
    this.#options.logger.debug({ job, round, ...report }, 'input prepared');
    return prepared;
  }

  load(signal: AbortSignal): Promise<DataReport> {
    return this.#ask({ kind: 'load' }, signal);
  }

  evaluate(models: readonly Uint8Array[], signal: AbortSignal): Promise<WorkerAnswers['evaluate']> {
    return this.#ask({ kind: 'evaluate', models }, signal);
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#failAll(new GuildhallError('CLIENT_STOPPED', 'The training worker was stopped.'));
    await worker?.terminate();
  }

  #ask<Kind extends WorkerRequest['kind']>(
    request: Extract<WorkerRequest, { kind: Kind }>,
    signal: AbortSignal,
  ): Promise<WorkerAnswers[Kind]> {
    if (signal.aborted) return Promise.reject(reasonOf(signal));
    const id = this.#nextId++;
    this.#worker ??= this.#start();
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      const cancellation = new Cancellation();
      const forget = (): void => {
        cancellation.cancel();
        this.#pending.delete(id);
        reject(reasonOf(signal));
      };
      signal.addEventListener('abort', forget, { once: true });
      const settled = (): void => signal.removeEventListener('abort', forget);
      this.#pending.set(id, {
        resolve: (value) => {
          settled();
          // The worker answers a request with the answer of its kind.
          resolve(value as WorkerAnswers[Kind]);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      });
      worker.postMessage({ id, request, cancelled: cancellation.shared });
    });
  }

  #start(): Worker {
    const worker = startThread('worker', { workerData: this.#options.settings, name: 'guildhall-training' });
    worker.on('message', (message: WorkerMessage) => this.#receive(message));
    const died = (cause: unknown): void => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#options.logger.error({ err: cause }, 'the training worker ended');
      this.#failAll(new GuildhallError('TRAINING_FAILED', 'The training worker ended.', { cause }));
    };
    worker.on('error', died);
    worker.on('exit', (code) => died(new Error(`exit code ${code}`)));
    return worker;
  }

  #receive(message: WorkerMessage): void {
    if (message.kind === 'progress') {
      this.#options.onProgress?.(message.progress);
      return;
    }
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.kind === 'failure') {
      const { code, message: sentence, details } = message.failure;
      pending?.reject(new GuildhallError(code, sentence, { details }));
    } else if (pending !== undefined) {
      pending.resolve(message.value);
    } else if ('vector' in message.value) {
      message.value.vector.fill(0);
      message.value.componentKey?.fill(0);
    }
  }

  #failAll(error: GuildhallError): void {
    const waiting = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of waiting) reject(error);
  }
}
