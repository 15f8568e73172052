import { createHash } from 'node:crypto';

import type { Kysely } from 'kysely';

import { GuildhallError } from '../../errors/index.js';
import { isDuplicate } from '../storage-error.js';
import type { RoundId } from './ids.js';
import type { Lease } from './lease.js';
import type { ReceiptStore } from './receipts.js';
import { pinReveal } from './reveals.js';
import type { MessageStep, RevealKind, Schema } from './schema.js';
import type { RoundKey } from './sealing.js';
import type { UploadId, UploadStore } from './uploads.js';

/** Exchanges whose envelopes carry boxes or revealed shares: stored under the round's key, deleted with the round. */
const SEALED_STEPS: ReadonlySet<MessageStep> = new Set(['share', 'unmask']);

/** An accepted envelope, as it was received. */
export interface StoredMessage {
  readonly step: MessageStep;
  readonly merchant: string;
  /** The serialised envelope. */
  readonly bytes: Buffer;
}

/** A spooled vector and the serialised receipt that its merchant gets once it counts. */
export interface ReceivedUpload {
  readonly id: UploadId;
  readonly receipt: Buffer;
}

/** The accepted envelopes of every round, in the order of acceptance: replaying them gives the round's state. */
export class MessageStore {
  readonly #db: Kysely<Schema>;
  readonly #lease: Lease;
  readonly #uploads: UploadStore;
  readonly #receipts: ReceiptStore;

  constructor(db: Kysely<Schema>, parts: { lease: Lease; uploads: UploadStore; receipts: ReceiptStore }) {
    this.#db = db;
    this.#lease = parts.lease;
    this.#uploads = parts.uploads;
    this.#receipts = parts.receipts;
  }

  /**
   * The SHA-256 of what a merchant has sent in a step of a round, if anything was accepted.
   * Equal bytes sent again get the same answer; other bytes are refused.
   */
  async digest(round: RoundId, step: MessageStep, merchant: string): Promise<string | undefined> {
    const row = await this.#db
      .selectFrom('messages')
      .select('sha256')
      .where('round_id', '=', round)
      .where('step', '=', step)
      .where('merchant', '=', merchant)
      .executeTakeFirst();
    return row?.sha256;
  }

  /**
   * Stores an accepted envelope with everything that must become true with it, in one transaction.
   * @param extras.upload the vector that the envelope signs, with the receipt that is given for it
   * @param extras.reveals share kinds that the envelope reveals
   * @throws GuildhallError MESSAGE_CONFLICT, REVEAL_CONFLICT, UPLOAD_SUPERSEDED
   */
  async add(
    round: RoundId,
    key: RoundKey,
    message: StoredMessage,
    extras: { upload?: ReceivedUpload; reveals?: ReadonlyMap<string, RevealKind> } = {},
  ): Promise<void> {
    const { step, merchant, bytes } = message;
    const body = SEALED_STEPS.has(step) ? key.seal(placeOf(round, step, merchant), bytes) : bytes;
    await this.#db.transaction().execute(async (tx) => {
      await this.#lease.demand(tx);
      for (const [owner, kind] of extras.reveals ?? []) await pinReveal(tx, round, owner, kind);
      try {
        await tx
          .insertInto('messages')
          .values({ round_id: round, step, merchant, sha256: messageDigest(bytes), body })
          .execute();
        if (extras.upload !== undefined) {
          await this.#uploads.complete(tx, extras.upload.id);
          await this.#receipts.add(tx, { round, merchant, body: extras.upload.receipt });
        }
      } catch (error) {
        if (!isDuplicate(error)) throw error;
        throw new GuildhallError('MESSAGE_CONFLICT', `${merchant} has sent other bytes in the step ${step}.`, {
          cause: error,
        });
      }
    });
  }

  /** Every accepted envelope of a round in the order of acceptance, opened. */
  async *replay(round: RoundId, key: RoundKey): AsyncGenerator<StoredMessage> {
    const rows = await this.#db
      .selectFrom('messages')
      .select('seq')
      .where('round_id', '=', round)
      .orderBy('seq')
      .execute();
    for (const { seq } of rows) {
      const row = await this.#db.selectFrom('messages').selectAll().where('seq', '=', seq).executeTakeFirstOrThrow();
      const { step, merchant, body } = row;
      const bytes = SEALED_STEPS.has(step) ? key.open(placeOf(round, step, merchant), body) : body;
      yield { step, merchant, bytes };
    }
  }
}

/** SHA-256 of an envelope's bytes, hexadecimal. */
export function messageDigest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function placeOf(round: RoundId, step: MessageStep, merchant: string): string {
  return `message/${round}/${step}/${merchant}`;
}
