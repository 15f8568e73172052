import type { Kysely } from 'kysely';

import { GuildhallError } from '../../errors/index.js';
import { isDuplicate } from '../storage-error.js';
import type { ModelId } from './ids.js';
import type { Lease } from './lease.js';
import type { ModelStore } from './models.js';
import type { Schema } from './schema.js';

/** A job: a model and the number of updates it is to get, one round each. */
export interface JobRecord {
  readonly name: string;
  /** Serialised contract from which every round's contract is made. */
  readonly template: Buffer;
  /** The job whose newest model this one starts from; empty for none. */
  readonly startsFrom: string;
  readonly steps: number;
  readonly stepsDone: number;
  /** Number of the next round; never given twice. */
  readonly nextRound: number;
  /** Rounds aborted one after another. */
  readonly failures: number;
  /** No round opens before. */
  readonly retryAtMs: number;
  readonly state: 'active' | 'done' | 'failed';
  /** Why it failed. */
  readonly code: string;
  /** The code's sentence where no round of it could open; empty otherwise. */
  readonly reason: string;
}

/** What becomes of a job after a round that came to nothing. */
export type JobSetback = Pick<JobRecord, 'failures' | 'retryAtMs'> & { readonly state: 'active' | 'failed' };

/** Jobs in order of submission. */
export class JobStore {
  readonly #db: Kysely<Schema>;
  readonly #models: ModelStore;

  constructor(db: Kysely<Schema>, models: ModelStore) {
    this.#db = db;
    this.#models = models;
  }

  /** Stores a job with its initial model, both or neither. @throws GuildhallError JOB_EXISTS */
  async submit(job: {
    name: string;
    template: Uint8Array;
    startsFrom: string;
    steps: number;
    model: { id: ModelId; bytes: Uint8Array };
  }): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      try {
        await tx
          .insertInto('jobs')
          .values({
            name: job.name,
            template: Buffer.from(job.template),
            starts_from: job.startsFrom,
            steps: job.steps,
            steps_done: 0,
            next_round: 1,
            failures: 0,
            retry_at: 0,
            state: 'active',
            code: '',
            reason: '',
          })
          .execute();
      } catch (error) {
        if (!isDuplicate(error)) throw error;
        throw new GuildhallError('JOB_EXISTS', `A job named ${job.name} was submitted before.`, { cause: error });
      }
      await this.#models.add(tx, { job: job.name, version: 0, ...job.model });
    });
  }

  /** The job whose turn it is: the first submitted that is still active. */
  async current(): Promise<JobRecord | undefined> {
    const row = await this.#db
      .selectFrom('jobs')
      .selectAll()
      .where('state', '=', 'active')
      .orderBy('seq')
      .executeTakeFirst();
    return row === undefined ? undefined : recordOf(row);
  }

  /**
   * Notes that no round of a job could open: it is tried again later, or failed for this reason.
   * @throws GuildhallError LEASE_LOST
   */
  async setBack(name: string, setback: JobSetback & { code: string; reason: string }, lease: Lease): Promise<void> {
    const { state, failures, retryAtMs } = setback;
    const [code, reason] = state === 'failed' ? [setback.code, setback.reason] : ['', ''];
    await this.#db.transaction().execute(async (tx) => {
      await lease.demand(tx);
      await tx
        .updateTable('jobs')
        .set({ state, failures, retry_at: retryAtMs, code, reason })
        .where('name', '=', name)
        .where('state', '=', 'active')
        .execute();
    });
  }

  /** Every job, in order of submission. */
  async list(): Promise<JobRecord[]> {
    const rows = await this.#db.selectFrom('jobs').selectAll().orderBy('seq').execute();
    return rows.map(recordOf);
  }
}

function recordOf(row: Pick<Schema['jobs'], Exclude<keyof Schema['jobs'], 'seq'>>): JobRecord {
  return {
    name: row.name,
    template: row.template,
    startsFrom: row.starts_from,
    steps: row.steps,
    stepsDone: row.steps_done,
    nextRound: row.next_round,
    failures: row.failures,
    retryAtMs: row.retry_at,
    state: row.state,
    code: row.code,
    reason: row.reason,
  };
}
