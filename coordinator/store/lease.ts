import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

import { GuildhallError } from '../../errors/index.js';
import type { Clock } from '../clock.js';
import type { Kysely } from 'kysely';
import type { Tables } from './database.js';
import type { Schema } from './schema.js';

/** How long a lease holds without renewal. */
export const LEASE_MS = 10_000;
const NAME = 'driver';
/** Leases that this very process holds: after a crash in a container, the next process often has the same id. */
const HELD_HERE = new Set<string>();

/**
 * The right to drive rounds: one process has it, and each new holder gets a higher fencing token.
 *
 * A write of the driver calls {@link Lease.demand} in its own transaction, so a process that was suspended past its
 * lease and woke up again cannot write over its successor's work.
 */
export class Lease {
  readonly #db: Kysely<Schema>;
  readonly #clock: Clock;
  readonly #holder: string;
  readonly #token: number;

  private constructor(db: Kysely<Schema>, clock: Clock, holder: string, token: number) {
    this.#db = db;
    this.#clock = clock;
    this.#holder = holder;
    this.#token = token;
  }

  /**
   * Takes the lease if it is free, has run out, or was held by a process of this host that is no more.
   * @throws GuildhallError COORDINATOR_RUNNING
   */
  static async take(db: Kysely<Schema>, clock: Clock): Promise<Lease> {
    const holder = `${hostname()}:${process.pid}:${randomBytes(6).toString('hex')}`;
    const token = await db.transaction().execute(async (tx) => {
      const row = await tx.selectFrom('leases').selectAll().where('name', '=', NAME).executeTakeFirst();
      if (row !== undefined && row.expires_at > clock.now() && isAlive(row.holder)) {
        throw new GuildhallError('COORDINATOR_RUNNING', `${row.holder} holds this state directory.`, {
          details: { holder: row.holder },
        });
      }
      const next = { holder, token: (row?.token ?? 0) + 1, expires_at: clock.now() + LEASE_MS };
      await tx
        .insertInto('leases')
        .values({ name: NAME, ...next })
        .onConflict((conflict) => conflict.column('name').doUpdateSet(next))
        .execute();
      return next.token;
    });
    HELD_HERE.add(holder);
    return new Lease(db, clock, holder, token);
  }

  /** The fencing token. */
  get token(): number {
    return this.#token;
  }

  /** Holds the lease for another {@link LEASE_MS}. @throws GuildhallError LEASE_LOST */
  async renew(): Promise<void> {
    const { numUpdatedRows } = await this.#db
      .updateTable('leases')
      .set({ expires_at: this.#clock.now() + LEASE_MS })
      .where('name', '=', NAME)
      .where('token', '=', this.#token)
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) throw this.#lost();
  }

  /** Fails a transaction of a process that is no longer the holder. @throws GuildhallError LEASE_LOST */
  async demand(tx: Tables): Promise<void> {
    const row = await tx.selectFrom('leases').select('token').where('name', '=', NAME).executeTakeFirst();
    if (row?.token !== this.#token) throw this.#lost();
  }

  /** Gives the lease back; the row stays, because tokens only ever rise. */
  async release(): Promise<void> {
    HELD_HERE.delete(this.#holder);
    await this.#db
      .updateTable('leases')
      .set({ expires_at: 0 })
      .where('name', '=', NAME)
      .where('token', '=', this.#token)
      .execute();
  }

  #lost(): GuildhallError {
    return new GuildhallError('LEASE_LOST', `${this.#holder} no longer holds the lease with token ${this.#token}.`);
  }
}

/** False only for a process of this host that is known to be gone. */
function isAlive(holder: string): boolean {
  const [host, pid] = holder.split(':');
  if (host !== hostname()) return true;
  if (Number(pid) === process.pid) return HELD_HERE.has(holder);
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
