import { writeFileSync } from 'node:fs';
import Database from 'libsql';
import { GuildhallError } from '../../errors/index.js';
import { storageFailure, systemCodeOf } from '../state/failures.js';
import { readIfPresent } from '../state/files.js';

/** Layout of the tables; another number means another version of the program. */
const SCHEMA_VERSION = 2;
/** How long a statement waits for another process (`guildhall client budget`, say), in ms. */
const BUSY_TIMEOUT_MS = 10_000;

/** `records` is the hash chain; `contracts` and `traffic` are memories that nothing is decided by. */
const SCHEMA = `
  CREATE TABLE records (
    sequence INTEGER PRIMARY KEY,
    previous TEXT NOT NULL,
    entry    TEXT NOT NULL,
    hash     TEXT NOT NULL
  ) STRICT;
  CREATE TABLE contracts (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    contract TEXT NOT NULL UNIQUE,
    envelope BLOB NOT NULL,
    seen_at  INTEGER NOT NULL,
    verdict  TEXT NOT NULL
  ) STRICT;
  CREATE TABLE traffic (
    name  TEXT PRIMARY KEY,
    bytes INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** A value that the ledger stores. */
export type Value = string | number | Uint8Array;
/** One row, by column. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * The SQLite file of a ledger. Commits are on the disk before they return: rollback journal with synchronous=EXTRA,
 * which is FULL and an fsync of the directory, without which a power loss could bring a finished journal back and undo
 * the commit (sqlite.org/pragma.html#pragma_synchronous).
 */
export class LedgerDatabase {
  readonly file: string;
  readonly #db: Database.Database;

  private constructor(file: string, db: Database.Database) {
    this.file = file;
    this.#db = db;
  }

  /** Makes the file, for its owner alone, and its tables. SQLite gives its journal the same mode. @throws GuildhallError STATE_* */
  static create(file: string): LedgerDatabase {
    let db: Database.Database | undefined;
    try {
      writeFileSync(file, '', { flag: 'wx', mode: 0o600 });
      db = connect(file);
      const database = new LedgerDatabase(file, db);
      database.transaction(() => database.#db.exec(SCHEMA));
      return database;
    } catch (error) {
      db?.close();
      throw storageFailure(error, 'create the ledger', file);
    }
  }

  /**
   * Opens a ledger that exists.
   * @throws GuildhallError LEDGER_MISSING; LEDGER_UNREADABLE when it is no database of this layout or SQLite finds damage
   */
  static open(file: string): LedgerDatabase {
    if (readIfPresent(file) === undefined) {
      throw new GuildhallError('LEDGER_MISSING', `The ledger ${file} is missing.`, { details: { file } });
    }
    let db: Database.Database | undefined;
    try {
      db = connect(file);
      const version = firstValue(db.prepare('PRAGMA user_version').all());
      if (version !== SCHEMA_VERSION) throw unreadable(file, `has layout ${String(version)}, not ${SCHEMA_VERSION}`);
      const health = firstValue(db.prepare('PRAGMA integrity_check').all());
      if (health !== 'ok') throw unreadable(file, `is damaged: ${String(health)}`);
      return new LedgerDatabase(file, db);
    } catch (error) {
      db?.close();
      if (error instanceof GuildhallError) throw error;
      throw unreadable(file, `cannot be read (${systemCodeOf(error)})`, error);
    }
  }

  /** Runs a statement that changes something. @throws GuildhallError STATE_* */
  run(sql: string, ...values: Value[]): void {
    try {
      this.#db.prepare(sql).run(values);
    } catch (error) {
      throw storageFailure(error, 'write the ledger', this.file);
    }
  }

  /** All rows of a query. @throws GuildhallError LEDGER_UNREADABLE */
  all(sql: string, ...values: Value[]): Row[] {
    try {
      return this.#db.prepare(sql).all(values) as Row[];
    } catch (error) {
      throw unreadable(this.file, `cannot be read (${systemCodeOf(error)})`, error);
    }
  }

  /** Runs `work` in one transaction, committed and synced when this returns, else as if it had never begun. */
  transaction<T>(work: () => T): T {
    try {
      this.#db.exec('BEGIN IMMEDIATE');
    } catch (error) {
      throw storageFailure(error, 'write the ledger', this.file);
    }
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
      throw error instanceof GuildhallError ? error : storageFailure(error, 'write the ledger', this.file);
    }
  }

  close(): void {
    if (this.#db.open) this.#db.close();
  }
}

function connect(file: string): Database.Database {
  const db = new Database(file, { timeout: BUSY_TIMEOUT_MS });
  db.pragma('journal_mode = DELETE');
  db.pragma('synchronous = EXTRA');
  return db;
}

/** The first column of the first row; SQLite's pragmas answer with one. */
function firstValue(rows: unknown[]): unknown {
  const [row] = rows;
  return typeof row === 'object' && row !== null ? Object.values(row)[0] : undefined;
}

function unreadable(file: string, what: string, cause?: unknown): GuildhallError {
  return new GuildhallError('LEDGER_UNREADABLE', `The ledger ${file} ${what}.`, { details: { file }, cause });
}
