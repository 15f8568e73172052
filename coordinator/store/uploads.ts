import type { Kysely } from 'kysely';

import { GuildhallError } from '../../errors/index.js';
import { isOrphan } from '../storage-error.js';
import type { Tables } from './database.js';
import type { RoundId } from './ids.js';
import type { Schema } from './schema.js';
import type { RoundKey } from './sealing.js';

/** An upload under way: rows exist, nothing counts yet. */
export interface UploadId {
  readonly row: number;
  readonly round: RoundId;
  readonly merchant: string;
}

/** Masked inputs, spooled in sealed rows of at most 256 KiB until the round ends. */
export class UploadStore {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Begins an upload; what an interrupted one of the same merchant left is deleted. */
  async begin(upload: { round: RoundId; merchant: string; sha256: string }): Promise<UploadId> {
    const row = await this.#db.transaction().execute(async (tx) => {
      await tx
        .deleteFrom('uploads')
        .where('round_id', '=', upload.round)
        .where('merchant', '=', upload.merchant)
        .where('complete', '=', 0)
        .execute();
      const inserted = await tx
        .insertInto('uploads')
        .values({ round_id: upload.round, merchant: upload.merchant, sha256: upload.sha256, complete: 0 })
        .returning('id')
        .executeTakeFirstOrThrow();
      return inserted.id;
    });
    return { row, round: upload.round, merchant: upload.merchant };
  }

  /** Stores the chunk with number `idx`, sealed. @throws GuildhallError UPLOAD_SUPERSEDED */
  async add(upload: UploadId, key: RoundKey, idx: number, chunk: Uint8Array): Promise<void> {
    const body = key.seal(placeOf(upload.round, upload.merchant, idx), chunk);
    try {
      await this.#db.insertInto('upload_chunks').values({ upload_id: upload.row, idx, body }).execute();
    } catch (error) {
      throw isOrphan(error) ? superseded(upload, error) : error;
    }
  }

  /**
   * Makes an upload count, within the caller's transaction. The schema allows one a (round, merchant).
   * @throws GuildhallError UPLOAD_SUPERSEDED
   */
  async complete(tx: Tables, upload: UploadId): Promise<void> {
    const { numUpdatedRows } = await tx
      .updateTable('uploads')
      .set({ complete: 1 })
      .where('id', '=', upload.row)
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) throw superseded(upload);
  }

  /** Deletes an upload that will not be completed. */
  async drop(upload: UploadId): Promise<void> {
    await this.#db.deleteFrom('uploads').where('id', '=', upload.row).where('complete', '=', 0).execute();
  }

  /** A complete upload's chunks in order, opened, one at a time from the store. */
  async *read(round: RoundId, merchant: string, key: RoundKey): AsyncGenerator<Buffer> {
    const { id, chunks } = await this.#db
      .selectFrom('uploads')
      .innerJoin('upload_chunks', 'upload_chunks.upload_id', 'uploads.id')
      .select((row) => ['uploads.id', row.fn.countAll<number>().as('chunks')])
      .where('round_id', '=', round)
      .where('merchant', '=', merchant)
      .where('complete', '=', 1)
      .groupBy('uploads.id')
      .executeTakeFirstOrThrow();
    for (let idx = 0; idx < chunks; idx += 1) {
      const { body } = await this.#db
        .selectFrom('upload_chunks')
        .select('body')
        .where('upload_id', '=', id)
        .where('idx', '=', idx)
        .executeTakeFirstOrThrow();
      yield key.open(placeOf(round, merchant, idx), body);
    }
  }

  /** Deletes every upload of a round, within the caller's transaction. */
  async deleteAll(tx: Tables, round: RoundId): Promise<void> {
    await tx.deleteFrom('uploads').where('round_id', '=', round).execute();
  }
}

/** Its rows are gone: the same merchant began anew, or the round ended. */
function superseded({ merchant }: UploadId, cause?: unknown): GuildhallError {
  return new GuildhallError('UPLOAD_SUPERSEDED', `What ${merchant} was uploading is no longer waited for.`, { cause });
}

function placeOf(round: RoundId, merchant: string, idx: number): string {
  return `upload/${round}/${merchant}/${idx}`;
}
