import { JobState } from '../proto/index.js';
import type { JobEvent, ModelEvent } from '../proto/index.js';
import type { Logger } from 'pino';
import { isAborted } from './clock.js';
import type { ClientEvent } from './events.js';
import { MOST_JOBS } from './models.js';
import type { ModelStore } from './models.js';
import type { RoundsApi } from './rounds/api.js';
import type { Trainer } from './training/trainer.js';

const DOWNLOAD_TIMEOUT_MS = 600_000;

/** What following releases takes. */
export interface ReleasesOptions {
  readonly api: Pick<RoundsApi, 'downloadModel'>;
  readonly models: ModelStore;
  readonly trainer: Pick<Trainer, 'evaluate'>;
  readonly evaluate: 'never' | 'after-jobs';
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly onEvent: (event: ClientEvent) => void;
}

/**
 * What the coordinator says of models and jobs, carried out: one download at a time, and after it one evaluation at a
 * time. Of a job only the newest announcement waits, and of jobs no more than are kept, so that a coordinator that
 * announces without end fills neither memory nor disk. What fails is a line of the log.
 */
export class Releases {
  readonly #options: ReleasesOptions;
  readonly #announced = new Map<string, ModelEvent>();
  #ended: string | undefined;
  #isWorking = false;
  #working = Promise.resolve();

  constructor(options: ReleasesOptions) {
    this.#options = options;
  }

  /** A model was announced. */
  onModel(event: ModelEvent): void {
    this.#announced.delete(event.job);
    this.#announced.set(event.job, event);
    const [oldest] = this.#announced.keys();
    if (this.#announced.size > MOST_JOBS && oldest !== undefined) this.#announced.delete(oldest);
    this.#work();
  }

  /** A job was said to have ended; its evaluation waits for the models announced before. */
  onJob({ job, state, code }: JobEvent): void {
    if (state !== JobState.JOB_STATE_DONE && state !== JobState.JOB_STATE_FAILED) return;
    const isDone = state === JobState.JOB_STATE_DONE;
    this.#options.onEvent({ kind: 'job-ended', job, state: isDone ? 'done' : 'failed', code });
    if (this.#options.evaluate !== 'after-jobs' || !isDone) return;
    this.#ended = job;
    this.#work();
  }

  /** Resolves once nothing is at hand; after the signal was aborted nothing new begins. */
  async settled(): Promise<void> {
    await this.#working;
  }

  #work(): void {
    if (this.#isWorking) return;
    this.#isWorking = true;
    this.#working = this.#carryOut();
  }

  async #carryOut(): Promise<void> {
    const { signal, logger } = this.#options;
    while (!isAborted(signal)) {
      const next = this.#next();
      if (next === undefined) break;
      try {
        await next();
      } catch (error) {
        if (!isAborted(signal)) logger.warn({ err: error }, 'release not taken up');
      }
    }
    this.#isWorking = false;
  }

  #next(): (() => Promise<void>) | undefined {
    const [announced] = this.#announced.values();
    if (announced !== undefined) {
      this.#announced.delete(announced.job);
      return () => this.#download(announced);
    }
    const ended = this.#ended;
    this.#ended = undefined;
    return ended === undefined ? undefined : () => this.#evaluate(ended);
  }

  async #download(event: ModelEvent): Promise<void> {
    const { api, models, signal, onEvent } = this.#options;
    const bounds = { signal, timeoutMs: DOWNLOAD_TIMEOUT_MS };
    await models.obtain(event.sha256, () => api.downloadModel(event.sha256, bounds));
    models.noteNewest(event);
    onEvent({ kind: 'model', job: event.job, version: event.version });
  }

  async #evaluate(job: string): Promise<void> {
    const { models, trainer, signal, onEvent } = this.#options;
    const evaluation = await trainer.evaluate(models.newestBytes(), signal);
    onEvent({ kind: 'evaluated', job, evaluation });
  }
}
