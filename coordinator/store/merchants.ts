import type { Kysely } from 'kysely';

import { GuildhallError } from '../../errors/index.js';
import { isDuplicate } from '../storage-error.js';
import type { Schema } from './schema.js';

/** An enrolled (or since revoked) merchant. */
export interface MerchantRecord {
  readonly name: string;
  readonly state: 'enrolled' | 'revoked';
  /** Ed25519, 32 bytes. */
  readonly identityKey: Buffer;
  /** DER. */
  readonly certificate: Buffer;
  readonly certificateSha256: string;
  readonly requestSha256: string;
  readonly sinceMs: number;
}

/** An invite that nobody has used yet. */
export interface OpenInvite {
  readonly merchant: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

/** Merchants and their invites. Of an invite's token only the SHA-256 is stored. */
export class MerchantStore {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /**
   * Stores an invite; an earlier unused one of the same name is void from then on.
   * @throws GuildhallError MERCHANT_EXISTS when the name has been enrolled, also if revoked since
   */
  async invite(invite: { merchant: string; tokenSha256: string; nowMs: number; expiresAtMs: number }): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      const taken = await tx
        .selectFrom('merchants')
        .select('name')
        .where('name', '=', invite.merchant)
        .executeTakeFirst();
      if (taken !== undefined) {
        throw new GuildhallError('MERCHANT_EXISTS', `A merchant named ${invite.merchant} has enrolled already.`);
      }
      await tx.deleteFrom('invites').where('merchant', '=', invite.merchant).execute();
      await tx
        .insertInto('invites')
        .values({
          token_sha256: invite.tokenSha256,
          merchant: invite.merchant,
          created_at: invite.nowMs,
          expires_at: invite.expiresAtMs,
          used_at: null,
        })
        .execute();
    });
  }

  /**
   * The merchant that an invite is for.
   * @returns the merchant's record too when the invite has been used
   * @throws GuildhallError INVITE_INVALID, INVITE_EXPIRED
   */
  async findInvite(
    tokenSha256: string,
    nowMs: number,
  ): Promise<{ merchant: string; usedBy: MerchantRecord | undefined }> {
    const invite = await this.#db
      .selectFrom('invites')
      .selectAll()
      .where('token_sha256', '=', tokenSha256)
      .executeTakeFirst();
    if (invite === undefined) throw new GuildhallError('INVITE_INVALID', 'No invite has this token.');
    if (invite.used_at !== null) {
      return { merchant: invite.merchant, usedBy: await this.find(invite.merchant) };
    }
    if (invite.expires_at <= nowMs) {
      const ended = new Date(invite.expires_at).toISOString();
      throw new GuildhallError('INVITE_EXPIRED', `The invite for ${invite.merchant} expired at ${ended}.`);
    }
    return { merchant: invite.merchant, usedBy: undefined };
  }

  /**
   * Uses an invite up and enrols its merchant, both or neither.
   * @throws GuildhallError INVITE_USED, IDENTITY_IN_USE
   */
  async enrol(
    tokenSha256: string,
    merchant: {
      name: string;
      identityKey: Uint8Array;
      certificate: Uint8Array;
      certificateSha256: string;
      requestSha256: string;
      nowMs: number;
    },
  ): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      const { numUpdatedRows } = await tx
        .updateTable('invites')
        .set({ used_at: merchant.nowMs })
        .where('token_sha256', '=', tokenSha256)
        .where('used_at', 'is', null)
        .executeTakeFirst();
      if (numUpdatedRows !== 1n) {
        throw new GuildhallError('INVITE_USED', `The invite for ${merchant.name} has been used.`);
      }
      try {
        await tx
          .insertInto('merchants')
          .values({
            name: merchant.name,
            state: 'enrolled',
            identity_key: Buffer.from(merchant.identityKey),
            certificate: Buffer.from(merchant.certificate),
            certificate_sha256: merchant.certificateSha256,
            request_sha256: merchant.requestSha256,
            since: merchant.nowMs,
          })
          .execute();
      } catch (error) {
        if (!isDuplicate(error)) throw error;
        throw new GuildhallError('IDENTITY_IN_USE', 'The identity key has enrolled before, under another name.', {
          cause: error,
        });
      }
    });
  }

  /** Puts a renewed certificate over the same key in the place of the one before; whoever else renewed meanwhile wins. */
  async replaceCertificate(
    before: MerchantRecord,
    renewed: { certificate: Uint8Array; certificateSha256: string },
  ): Promise<void> {
    await this.#db
      .updateTable('merchants')
      .set({ certificate: Buffer.from(renewed.certificate), certificate_sha256: renewed.certificateSha256 })
      .where('name', '=', before.name)
      .where('certificate_sha256', '=', before.certificateSha256)
      .execute();
  }

  /** @throws GuildhallError MERCHANT_UNKNOWN */
  async revoke(name: string, nowMs: number): Promise<void> {
    const { numUpdatedRows } = await this.#db
      .updateTable('merchants')
      .set({ state: 'revoked', since: nowMs })
      .where('name', '=', name)
      .where('state', '=', 'enrolled')
      .executeTakeFirst();
    if (numUpdatedRows === 1n) return;
    if ((await this.find(name)) === undefined) {
      throw new GuildhallError('MERCHANT_UNKNOWN', `No merchant named ${name} has enrolled.`);
    }
  }

  async find(name: string): Promise<MerchantRecord | undefined> {
    const row = await this.#db.selectFrom('merchants').selectAll().where('name', '=', name).executeTakeFirst();
    return row === undefined ? undefined : recordOf(row);
  }

  /** Every merchant that ever enrolled, by name. */
  async list(): Promise<MerchantRecord[]> {
    const rows = await this.#db.selectFrom('merchants').selectAll().orderBy('name').execute();
    return rows.map(recordOf);
  }

  /** Invites not used yet, by name, also expired ones. */
  async listInvites(): Promise<OpenInvite[]> {
    const rows = await this.#db
      .selectFrom('invites')
      .selectAll()
      .where('used_at', 'is', null)
      .orderBy('merchant')
      .execute();
    return rows.map((row) => ({
      merchant: row.merchant,
      createdAtMs: row.created_at,
      expiresAtMs: row.expires_at,
    }));
  }
}

function recordOf(row: Schema['merchants']): MerchantRecord {
  return {
    name: row.name,
    state: row.state,
    identityKey: row.identity_key,
    certificate: row.certificate,
    certificateSha256: row.certificate_sha256,
    requestSha256: row.request_sha256,
    sinceMs: row.since,
  };
}
