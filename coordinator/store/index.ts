/**
 * What the coordinator keeps: SQLite through kysely, and the open rounds' keys beside it.
 *
 * Knows rows, bytes and constraints; never what a contract means or what an envelope says.
 */
import type { Kysely } from 'kysely';

import type { Clock } from '../clock.js';
import type { StatePaths } from '../paths.js';
import { openDatabase } from './database.js';
import { JobStore } from './jobs.js';
import { Lease } from './lease.js';
import { MerchantStore } from './merchants.js';
import { MessageStore } from './messages.js';
import { ModelStore } from './models.js';
import { RoundStore } from './rounds.js';
import { ReceiptStore } from './receipts.js';
import type { Schema } from './schema.js';
import { RoundKeys } from './sealing.js';
import { UploadStore } from './uploads.js';

export { CHUNK_BYTES, chunksOf } from './chunks.js';
export { openDatabase } from './database.js';
export { digestOf, modelIdOf, roundIdOf } from './ids.js';
export type { ModelId, RoundId } from './ids.js';
export type { JobRecord, JobSetback, JobStore } from './jobs.js';
export { Lease, LEASE_MS } from './lease.js';
export type { MerchantRecord, MerchantStore } from './merchants.js';
export { messageDigest } from './messages.js';
export type { MessageStore, ReceivedUpload, StoredMessage } from './messages.js';
export type { ModelStore, ModelVersion } from './models.js';
export type { ReceiptStore } from './receipts.js';
export type { Cohorts, RefusalRecord, RoundMember, RoundRecord } from './round-record.js';
export type { RoundStore } from './rounds.js';
export type { MessageStep, RevealKind, StoredPhase } from './schema.js';
export { RoundKey, RoundKeys } from './sealing.js';
export type { UploadId, UploadStore } from './uploads.js';

/** The open store of a coordinator that drives rounds. */
export interface Store {
  readonly merchants: MerchantStore;
  readonly jobs: JobStore;
  readonly models: ModelStore;
  readonly rounds: RoundStore;
  readonly messages: MessageStore;
  readonly uploads: UploadStore;
  readonly receipts: ReceiptStore;
  readonly roundKeys: RoundKeys;
  readonly lease: Lease;
  /** Gives the lease back and closes the file. */
  close(): Promise<void>;
}

/**
 * Opens a coordinator's store and takes the driver's lease.
 * @throws GuildhallError STORAGE_UNAVAILABLE, STATE_DIRECTORY_INVALID, COORDINATOR_RUNNING
 */
export async function openStore(paths: StatePaths, clock: Clock): Promise<Store> {
  return storeOver(await openDatabase(paths.store), paths, clock);
}

/**
 * The store over a database that is open already, which it closes in the end.
 * @throws GuildhallError COORDINATOR_RUNNING, STORAGE_UNAVAILABLE
 */
export async function storeOver(db: Kysely<Schema>, paths: StatePaths, clock: Clock): Promise<Store> {
  try {
    const lease = await Lease.take(db, clock);
    const models = new ModelStore(db);
    const uploads = new UploadStore(db);
    const receipts = new ReceiptStore(db);
    return {
      merchants: new MerchantStore(db),
      jobs: new JobStore(db, models),
      models,
      rounds: new RoundStore(db, { lease, models, uploads }),
      messages: new MessageStore(db, { lease, uploads, receipts }),
      uploads,
      receipts,
      roundKeys: new RoundKeys(paths.roundKeys),
      lease,
      close: async () => {
        try {
          await lease.release();
        } finally {
          await db.destroy();
        }
      },
    };
  } catch (error) {
    await db.destroy();
    throw error;
  }
}
