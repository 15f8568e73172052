import { sql } from 'kysely';
import type { Kysely } from 'kysely';

import { chunksOf } from './chunks.js';
import type { Tables } from './database.js';
import type { ModelId, RoundId } from './ids.js';
import type { JobSetback } from './jobs.js';
import type { Lease } from './lease.js';
import type { ModelStore } from './models.js';
import type { RevealKind, Schema, StoredPhase } from './schema.js';
import { pinReveal } from './reveals.js';
import { roundRecordOf } from './round-record.js';
import type { Cohorts, RefusalRecord, RoundRecord } from './round-record.js';
import type { UploadStore } from './uploads.js';

/** Rounds and how they went. Every write is made under the driver's lease. */
export class RoundStore {
  readonly #db: Kysely<Schema>;
  readonly #lease: Lease;
  readonly #models: ModelStore;
  readonly #uploads: UploadStore;

  constructor(db: Kysely<Schema>, parts: { lease: Lease; models: ModelStore; uploads: UploadStore }) {
    this.#db = db;
    this.#lease = parts.lease;
    this.#models = parts.models;
    this.#uploads = parts.uploads;
  }

  /** Stores a new round and uses up its number, before its contract leaves the house. */
  async open(round: Omit<RoundRecord, 'code' | 'cohorts' | 'endedAtMs'>): Promise<void> {
    await this.#write(async (tx) => {
      const { numUpdatedRows } = await tx
        .updateTable('jobs')
        .set({ next_round: round.round + 1 })
        .where('name', '=', round.job)
        .where('next_round', '=', round.round)
        .executeTakeFirst();
      if (numUpdatedRows !== 1n) throw new Error(`round ${round.round} of ${round.job} is not the next one`);
      const members = round.members.map(({ merchant, identityKey }) => ({
        merchant,
        identityKey: identityKey.toString('hex'),
      }));
      await tx
        .insertInto('rounds')
        .values({
          id: round.id,
          job: round.job,
          round: round.round,
          step: round.step,
          contract: round.contract,
          members: JSON.stringify(members),
          phase: round.phase,
          deadline: round.deadlineMs,
          code: '',
          cohorts: '{}',
          sum_sha256: null,
          started_at: round.startedAtMs,
          ended_at: null,
        })
        .execute();
    });
  }

  /**
   * Stores that a round has come to its next phase.
   * @param next.reveals once U3 is known: which share kind may be revealed of whom, from now on unchangeable
   */
  async advance(
    id: RoundId,
    next: { phase: StoredPhase; deadlineMs: number; cohorts: Cohorts; reveals?: ReadonlyMap<string, RevealKind> },
  ): Promise<void> {
    await this.#write(async (tx) => {
      for (const [owner, kind] of next.reveals ?? []) await pinReveal(tx, id, owner, kind);
      await tx
        .updateTable('rounds')
        .set({ phase: next.phase, deadline: next.deadlineMs, cohorts: JSON.stringify(next.cohorts) })
        .where('id', '=', id)
        .where('ended_at', 'is', null)
        .executeTakeFirstOrThrow();
    });
  }

  /** Ends a round without a result and says what becomes of its job. */
  async abort(id: RoundId, end: { code: string; atMs: number; job: JobSetback }): Promise<void> {
    await this.#write(async (tx) => {
      const { job } = await this.#end(tx, id, { phase: 'aborted', code: end.code, ended_at: end.atMs });
      const { state, failures, retryAtMs } = end.job;
      const code = state === 'failed' ? end.code : '';
      await tx
        .updateTable('jobs')
        .set({ state, failures, retry_at: retryAtMs, code })
        .where('name', '=', job)
        .execute();
    });
  }

  /** Ends a round with its result: the next model version, and the job one step further, all or nothing. */
  async finish(
    id: RoundId,
    result: {
      atMs: number;
      model: { id: ModelId; bytes: Uint8Array; version: number };
      sumSha256: string;
      /** The noisy sum's bytes, where the platform keeps them for audits. */
      sum: Uint8Array | undefined;
    },
  ): Promise<void> {
    await this.#write(async (tx) => {
      const { job, step } = await this.#end(tx, id, {
        phase: 'done',
        code: '',
        ended_at: result.atMs,
        sum_sha256: result.sumSha256,
      });
      let idx = 0;
      for (const body of chunksOf(result.sum ?? new Uint8Array())) {
        await tx.insertInto('sums').values({ round_id: id, idx, body }).execute();
        idx += 1;
      }
      await this.#models.add(tx, { job, ...result.model });
      await tx
        .updateTable('jobs')
        .set((row) => ({
          steps_done: step,
          failures: 0,
          retry_at: 0,
          state: row.case().when('steps', '=', step).then('done').else('active').end().$castTo<'active' | 'done'>(),
        }))
        .where('name', '=', job)
        .execute();
    });
  }

  /** Records a merchant's refusal once; a second one of the same merchant changes nothing. */
  async refuse(id: RoundId, refusal: RefusalRecord & { atMs: number }): Promise<void> {
    await this.#write(async (tx) => {
      await tx
        .insertInto('refusals')
        .values({ round_id: id, merchant: refusal.merchant, code: refusal.code, at: refusal.atMs })
        .onConflict((conflict) => conflict.columns(['round_id', 'merchant']).doNothing())
        .execute();
    });
  }

  async refusals(id: RoundId): Promise<RefusalRecord[]> {
    return this.#db
      .selectFrom('refusals')
      .select(['merchant', 'code'])
      .where('round_id', '=', id)
      .orderBy('merchant')
      .execute();
  }

  /** Rounds that have not ended, oldest first. */
  async listOpen(): Promise<RoundRecord[]> {
    const rows = await this.#db
      .selectFrom('rounds')
      .selectAll()
      .where('ended_at', 'is', null)
      .orderBy('started_at')
      .execute();
    return rows.map(roundRecordOf);
  }

  /** The newest rounds of all jobs, oldest first. */
  async listRecent(limit: number): Promise<RoundRecord[]> {
    const rows = await this.#db
      .selectFrom('rounds')
      .selectAll()
      .orderBy(sql`rowid`, 'desc')
      .limit(limit)
      .execute();
    return rows.reverse().map(roundRecordOf);
  }

  /** A job's newest round. */
  async newest(job: string): Promise<RoundRecord | undefined> {
    const row = await this.#db
      .selectFrom('rounds')
      .selectAll()
      .where('job', '=', job)
      .orderBy('round', 'desc')
      .executeTakeFirst();
    return row === undefined ? undefined : roundRecordOf(row);
  }

  async find(id: RoundId): Promise<RoundRecord | undefined> {
    const row = await this.#db.selectFrom('rounds').selectAll().where('id', '=', id).executeTakeFirst();
    return row === undefined ? undefined : roundRecordOf(row);
  }

  /** The kept bytes of a round's noisy sum; empty where they were not kept. */
  async readSum(id: RoundId): Promise<Buffer> {
    const rows = await this.#db.selectFrom('sums').select('body').where('round_id', '=', id).orderBy('idx').execute();
    return Buffer.concat(rows.map((row) => row.body));
  }

  async #end(
    tx: Tables,
    id: RoundId,
    end: { phase: 'done' | 'aborted'; code: string; ended_at: number; sum_sha256?: string },
  ): Promise<{ job: string; step: number }> {
    await this.#uploads.deleteAll(tx, id);
    // The digests stay: whoever sends the same bytes once more gets the same answer.
    await tx
      .updateTable('messages')
      .set({ body: Buffer.alloc(0) })
      .where('round_id', '=', id)
      .where('step', 'in', ['share', 'unmask'])
      .execute();
    return tx
      .updateTable('rounds')
      .set({ ...end, deadline: 0 })
      .where('id', '=', id)
      .where('ended_at', 'is', null)
      .returning(['job', 'step'])
      .executeTakeFirstOrThrow();
  }

  async #write(work: (tx: Tables) => Promise<void>): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      await this.#lease.demand(tx);
      await work(tx);
    });
  }
}
