import { sql } from 'kysely';
import type { Kysely, Migration, MigrationProvider } from 'kysely';

/**
 * The schema's history: each entry is applied once, in order, and never changed after a release.
 *
 * Constraints stand in the schema where a second process or a restarted one could otherwise break them: one open round
 * a job, one message a (round, step, merchant), one complete upload a (round, merchant), one share kind an owner.
 */
const MIGRATIONS: Readonly<Record<string, readonly string[]>> = {
  '0001-first': [
    `CREATE TABLE merchants (
      name TEXT PRIMARY KEY,
      state TEXT NOT NULL CHECK (state IN ('enrolled', 'revoked')),
      identity_key BLOB NOT NULL UNIQUE CHECK (length(identity_key) = 32),
      certificate BLOB NOT NULL,
      certificate_sha256 TEXT NOT NULL UNIQUE,
      request_sha256 TEXT NOT NULL,
      since INTEGER NOT NULL
    ) STRICT`,
    `CREATE TABLE invites (
      token_sha256 TEXT PRIMARY KEY,
      merchant TEXT NOT NULL UNIQUE,
      created_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      used_at INTEGER
    ) STRICT`,
    `CREATE TABLE jobs (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL UNIQUE,
      template BLOB NOT NULL,
      starts_from TEXT NOT NULL,
      steps INTEGER NOT NULL CHECK (steps >= 1),
      steps_done INTEGER NOT NULL CHECK (steps_done BETWEEN 0 AND steps),
      next_round INTEGER NOT NULL CHECK (next_round >= 1),
      failures INTEGER NOT NULL,
      retry_at INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('active', 'done', 'failed')),
      code TEXT NOT NULL
    ) STRICT`,
    `CREATE TABLE models (
      job TEXT NOT NULL REFERENCES jobs (name),
      version INTEGER NOT NULL,
      sha256 TEXT NOT NULL,
      size INTEGER NOT NULL,
      PRIMARY KEY (job, version)
    ) STRICT`,
    'CREATE INDEX models_by_digest ON models (sha256)',
    `CREATE TABLE model_chunks (
      sha256 TEXT NOT NULL,
      idx INTEGER NOT NULL,
      body BLOB NOT NULL,
      PRIMARY KEY (sha256, idx)
    ) STRICT`,
    `CREATE TABLE rounds (
      id TEXT PRIMARY KEY CHECK (length(id) = 64),
      job TEXT NOT NULL REFERENCES jobs (name),
      round INTEGER NOT NULL,
      step INTEGER NOT NULL,
      contract BLOB NOT NULL,
      members TEXT NOT NULL,
      phase TEXT NOT NULL CHECK (phase IN
        ('advertising', 'opening', 'sharing', 'collecting', 'agreeing', 'unmasking', 'applying', 'done', 'aborted')),
      deadline INTEGER NOT NULL,
      code TEXT NOT NULL,
      cohorts TEXT NOT NULL,
      sum_sha256 TEXT,
      started_at INTEGER NOT NULL,
      ended_at INTEGER,
      UNIQUE (job, round),
      CHECK ((phase IN ('done', 'aborted')) = (ended_at IS NOT NULL))
    ) STRICT`,
    'CREATE UNIQUE INDEX rounds_open ON rounds (job) WHERE ended_at IS NULL',
    `CREATE TABLE messages (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      round_id TEXT NOT NULL REFERENCES rounds (id),
      step TEXT NOT NULL CHECK (step IN ('advertise', 'open', 'share', 'input', 'agree', 'unmask')),
      merchant TEXT NOT NULL,
      sha256 TEXT NOT NULL,
      body BLOB NOT NULL,
      UNIQUE (round_id, step, merchant)
    ) STRICT`,
    `CREATE TABLE uploads (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      round_id TEXT NOT NULL REFERENCES rounds (id),
      merchant TEXT NOT NULL,
      sha256 TEXT NOT NULL,
      complete INTEGER NOT NULL CHECK (complete IN (0, 1))
    ) STRICT`,
    'CREATE UNIQUE INDEX uploads_complete ON uploads (round_id, merchant) WHERE complete = 1',
    `CREATE TABLE upload_chunks (
      upload_id INTEGER NOT NULL REFERENCES uploads (id) ON DELETE CASCADE,
      idx INTEGER NOT NULL,
      body BLOB NOT NULL,
      PRIMARY KEY (upload_id, idx)
    ) STRICT`,
    `CREATE TABLE reveals (
      round_id TEXT NOT NULL REFERENCES rounds (id),
      owner TEXT NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('self-mask', 'mask-key')),
      PRIMARY KEY (round_id, owner)
    ) STRICT`,
    `CREATE TABLE refusals (
      round_id TEXT NOT NULL REFERENCES rounds (id),
      merchant TEXT NOT NULL,
      code TEXT NOT NULL,
      at INTEGER NOT NULL,
      PRIMARY KEY (round_id, merchant)
    ) STRICT`,
    `CREATE TABLE sums (
      round_id TEXT NOT NULL REFERENCES rounds (id),
      idx INTEGER NOT NULL,
      body BLOB NOT NULL,
      PRIMARY KEY (round_id, idx)
    ) STRICT`,
    `CREATE TABLE leases (
      name TEXT PRIMARY KEY,
      holder TEXT NOT NULL,
      token INTEGER NOT NULL,
      expires_at INTEGER NOT NULL
    ) STRICT`,
  ],
  '0002-receipts': [
    `CREATE TABLE receipts (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      round_id TEXT NOT NULL REFERENCES rounds (id),
      merchant TEXT NOT NULL,
      body BLOB NOT NULL,
      UNIQUE (round_id, merchant)
    ) STRICT`,
    'CREATE INDEX receipts_by_merchant ON receipts (merchant, seq)',
  ],
  '0003-job-reason': ["ALTER TABLE jobs ADD COLUMN reason TEXT NOT NULL DEFAULT ''"],
};

/** The migrations for kysely's Migrator. */
export const migrations: MigrationProvider = {
  getMigrations: () =>
    Promise.resolve(
      Object.fromEntries(
        Object.entries(MIGRATIONS).map(([name, statements]): [string, Migration] => [
          name,
          {
            up: async (db: Kysely<unknown>) => {
              for (const statement of statements) await sql.raw(statement).execute(db);
            },
          },
        ]),
      ),
    ),
};
