import type { Kysely } from 'kysely';

import { GuildhallError } from '../../errors/index.js';
import { CHUNK_BYTES, chunksOf } from './chunks.js';
import type { Tables } from './database.js';
import type { ModelId } from './ids.js';
import type { Lease } from './lease.js';
import type { Schema } from './schema.js';

/** A job's model at one version; version 0 is the one that the job was submitted with. */
export interface ModelVersion {
  readonly job: string;
  readonly version: number;
  readonly id: ModelId;
  /** Bytes. */
  readonly size: number;
}

/** Model versions, in chunks of at most 256 KiB. */
export class ModelStore {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Stores a version within the caller's transaction. */
  async add(tx: Tables, model: { job: string; version: number; id: ModelId; bytes: Uint8Array }): Promise<void> {
    const { job, version, id, bytes } = model;
    await tx.insertInto('models').values({ job, version, sha256: id, size: bytes.length }).execute();
    let idx = 0;
    for (const body of chunksOf(bytes)) {
      await tx
        .insertInto('model_chunks')
        .values({ sha256: id, idx, body })
        // Two versions may be the same bytes.
        .onConflict((conflict) => conflict.columns(['sha256', 'idx']).doNothing())
        .execute();
      idx += 1;
    }
  }

  /** Stores the next version of a job's model by itself, under the driver's lease. @throws GuildhallError LEASE_LOST */
  async append(model: { job: string; version: number; id: ModelId; bytes: Uint8Array }, lease: Lease): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      await lease.demand(tx);
      await this.add(tx, model);
    });
  }

  /** The newest version of a job's model. */
  async newest(job: string): Promise<ModelVersion | undefined> {
    const row = await this.#db
      .selectFrom('models')
      .selectAll()
      .where('job', '=', job)
      .orderBy('version', 'desc')
      .executeTakeFirst();
    return row === undefined ? undefined : { job, version: row.version, id: row.sha256 as ModelId, size: row.size };
  }

  /** Chunks in order, one at a time from the store. @throws GuildhallError MODEL_UNKNOWN */
  async *read(id: ModelId): AsyncGenerator<Buffer> {
    const model = await this.#db.selectFrom('models').select('size').where('sha256', '=', id).executeTakeFirst();
    if (model === undefined) throw new GuildhallError('MODEL_UNKNOWN', `No model has SHA-256 ${id}.`);
    for (let idx = 0; idx * CHUNK_BYTES < model.size; idx += 1) {
      const { body } = await this.#db
        .selectFrom('model_chunks')
        .select('body')
        .where('sha256', '=', id)
        .where('idx', '=', idx)
        .executeTakeFirstOrThrow();
      yield body;
    }
  }

  /** All of a model. @throws GuildhallError MODEL_UNKNOWN */
  async readWhole(id: ModelId): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.read(id)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }
}
