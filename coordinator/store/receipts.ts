import type { Kysely } from 'kysely';

import type { Tables } from './database.js';
import type { RoundId } from './ids.js';
import type { Schema } from './schema.js';

/** Receipts given for uploads: what a merchant asks for again, and what shows it that its ledger was rolled back. */
export class ReceiptStore {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Keeps a receipt, within the transaction that makes its upload count. */
  async add(tx: Tables, receipt: { round: RoundId; merchant: string; body: Buffer }): Promise<void> {
    const { round, merchant, body } = receipt;
    await tx.insertInto('receipts').values({ round_id: round, merchant, body }).execute();
  }

  /** The receipt that a merchant got in a round, a serialised envelope. */
  async find(round: RoundId, merchant: string): Promise<Buffer | undefined> {
    const row = await this.#db
      .selectFrom('receipts')
      .select('body')
      .where('round_id', '=', round)
      .where('merchant', '=', merchant)
      .executeTakeFirst();
    return row?.body;
  }

  /** The receipt that a merchant got last. */
  async newest(merchant: string): Promise<Buffer | undefined> {
    const row = await this.#db
      .selectFrom('receipts')
      .select('body')
      .where('merchant', '=', merchant)
      .orderBy('seq', 'desc')
      .executeTakeFirst();
    return row?.body;
  }
}
