import Libsql from 'libsql';
import { Kysely, Migrator, SqliteDialect } from 'kysely';
import type { SqliteDatabase, SqliteStatement, Transaction } from 'kysely';

import { GuildhallError } from '../../errors/index.js';
import { storageErrorOf } from '../storage-error.js';
import { migrations } from './migrations.js';
import type { Schema } from './schema.js';

/** The store's tables, inside or outside a transaction. */
export type Tables = Kysely<Schema> | Transaction<Schema>;

/** Another process's write lock is waited for this long, seconds. */
const BUSY_TIMEOUT_S = 5;

/**
 * Opens the store's file, made if it is absent, and brings its schema up to date.
 *
 * WAL with synchronous FULL: a commit that returned survives a power cut. Failures of the disk come out of every query
 * as STORAGE_UNAVAILABLE.
 * @throws GuildhallError STORAGE_UNAVAILABLE
 */
export async function openDatabase(path: string): Promise<Kysely<Schema>> {
  const file = openFile(path);
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: new LibsqlAdapter(file, path) }) });
  const { error } = await new Migrator({ db, provider: migrations }).migrateToLatest();
  if (error !== undefined) {
    await db.destroy();
    if (error instanceof GuildhallError) throw error;
    throw new GuildhallError(
      'STATE_DIRECTORY_INVALID',
      `${path} has a schema that this version does not know: ${error instanceof Error ? error.message : 'unknown reason'}.`,
      { details: { file: path }, cause: error },
    );
  }
  return db;
}

function openFile(path: string): Libsql.Database {
  let file: Libsql.Database | undefined;
  try {
    file = new Libsql(path, { timeout: BUSY_TIMEOUT_S });
    file.exec('PRAGMA journal_mode = WAL');
    file.exec('PRAGMA synchronous = FULL');
    file.exec('PRAGMA foreign_keys = ON');
    return file;
  } catch (error) {
    file?.close();
    throw storageErrorOf(error, path);
  }
}

/** What kysely's SQLite driver asks of a database, over libsql: BLOBs as Buffers, failures of the disk by our code. */
class LibsqlAdapter implements SqliteDatabase {
  readonly #file: Libsql.Database;
  readonly #path: string;

  constructor(file: Libsql.Database, path: string) {
    this.#file = file;
    this.#path = path;
  }

  close(): void {
    this.#file.close();
  }

  prepare(sql: string): SqliteStatement {
    return this.#attempt(() => {
      const statement = this.#file.prepare(sql);
      // SQLite has rolled back by itself when the disk was full; a second rollback would hide the first error.
      const isVoid = sql === 'rollback' && !this.#file.inTransaction;
      return {
        reader: statement.reader,
        all: (parameters) => this.#attempt(() => statement.all(parameters).map(withBuffers)),
        run: (parameters) =>
          isVoid ? { changes: 0, lastInsertRowid: 0 } : this.#attempt(() => statement.run(parameters)),
        iterate: (parameters) => this.#iterate(statement.iterate(parameters)),
      };
    });
  }

  *#iterate(rows: Iterable<unknown>): IterableIterator<unknown> {
    try {
      for (const row of rows) yield withBuffers(row);
    } catch (error) {
      throw storageErrorOf(error, this.#path);
    }
  }

  #attempt<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw storageErrorOf(error, this.#path);
    }
  }
}

/** libsql hands BLOBs out as ArrayBuffers; the rest of the house knows Buffers. */
function withBuffers(row: unknown): unknown {
  if (typeof row !== 'object' || row === null) return row;
  return Object.fromEntries(
    Object.entries(row).map(([name, value]: [string, unknown]) => [
      name,
      value instanceof ArrayBuffer ? Buffer.from(value) : value,
    ]),
  );
}
