import { z } from 'zod';
import { GuildhallError } from '../../errors/index.js';
import type { ErrorCode } from '../../errors/index.js';
import { eventsOf, headAfter, nextRecord, requireBudget, verifyLedger } from '../../privacy/index.js';
import type { EpsilonBudget, LedgerEntry, LedgerHead, LedgerRecord } from '../../privacy/index.js';
import type { StatePaths } from '../state/directory.js';
import { createAnchor, readAnchor, writeAnchor } from './anchor.js';
import { LedgerDatabase } from './database.js';
import type { Row } from './database.js';

/** One round of one job under one contract. */
export interface RoundName {
  readonly job: string;
  readonly round: number;
  /** SHA-256 of the contract's payload. */
  readonly contractSha256: Uint8Array;
}

/** A recorded refusal. */
export interface RecordedRefusal {
  readonly contractSha256: string;
  readonly job: string;
  readonly round: number;
  readonly code: string;
  readonly refusedAt: number;
}

const entrySchema = z.strictObject({
  contractSha256: z.string(),
  job: z.string(),
  round: z.number(),
  release: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('gaussian'),
      noiseMultiplier: z.number(),
      samplingRate: z.number(),
      sensitivity: z.number(),
      delta: z.number(),
    }),
    z.strictObject({ kind: z.literal('pure'), epsilon: z.number(), sensitivity: z.number() }),
  ]),
  spentAt: z.number(),
});

/**
 * The merchant's durable memory of what it took part in and what that cost. Every method that records something has
 * committed and synced it when it returns. Opening verifies the whole chain and fails closed.
 */
export class Ledger {
  readonly #database: LedgerDatabase;
  readonly #anchor: string;
  readonly #entries: LedgerEntry[];
  #head: LedgerHead;

  private constructor(database: LedgerDatabase, anchor: string) {
    // The anchor first: a writer in another process may add entries after it, never before.
    const kept = readAnchor(anchor);
    const records = database.all('SELECT sequence, previous, entry, hash FROM entries ORDER BY sequence').map(recordOf);
    this.#database = database;
    this.#anchor = anchor;
    this.#head = verifyLedger(records, kept);
    this.#entries = records.map(({ entry }) => entry);
  }

  /** Makes an empty ledger and its anchor; only joining does this. @throws GuildhallError STATE_* */
  static create(paths: Pick<StatePaths, 'ledger' | 'anchor'>): Ledger {
    const database = LedgerDatabase.create(paths.ledger);
    createAnchor(paths.anchor);
    return new Ledger(database, paths.anchor);
  }

  /** @throws GuildhallError LEDGER_MISSING, LEDGER_UNREADABLE, LEDGER_CORRUPT */
  static open(paths: Pick<StatePaths, 'ledger' | 'anchor'>): Ledger {
    const database = LedgerDatabase.open(paths.ledger);
    try {
      return new Ledger(database, paths.anchor);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Every spending, oldest first, as verified when the ledger was opened and extended since. */
  get entries(): readonly LedgerEntry[] {
    return this.#entries;
  }

  /** Whether this client has ever begun this round, or another one under the same contract. */
  hasJoined({ job, round, contractSha256 }: RoundName): boolean {
    const contract = hex(contractSha256);
    if (this.#entries.some((entry) => entry.job === job && entry.round === round)) return true;
    const rows = this.#database.all(
      'SELECT 1 FROM participations WHERE (job = ? AND round = ?) OR contract = ?',
      job,
      round,
      contract,
    );
    return rows.length > 0;
  }

  /**
   * Notes that this client begins a round, before its first message leaves.
   * @throws GuildhallError ROUND_ALREADY_JOINED, STATE_*
   */
  join(name: RoundName, now: number): void {
    this.#database.transaction(() => {
      if (this.hasJoined(name)) {
        throw new GuildhallError('ROUND_ALREADY_JOINED', `Round ${name.round} of ${name.job} was begun before.`);
      }
      this.#database.run(
        'INSERT INTO participations (job, round, contract, started_at) VALUES (?, ?, ?, ?)',
        name.job,
        name.round,
        hex(name.contractSha256),
        now,
      );
    });
  }

  /** How many rounds this client has begun since an instant. */
  roundsSince(instant: number): number {
    const [row] = this.#database.all('SELECT count(*) AS n FROM participations WHERE started_at >= ?', instant);
    return Number(row?.n ?? 0);
  }

  /** @throws GuildhallError BUDGET_EXHAUSTED when the entry would not fit; nothing is written */
  requireBudget(entry: LedgerEntry, budget: EpsilonBudget): void {
    requireBudget(this.#entries, { events: eventsOf([entry]), spentAt: entry.spentAt }, budget);
  }

  /**
   * Spends, if the budget allows: the entry is on the disk when this returns, and only then may the input leave. What is
   * spent stays spent, whatever becomes of the round.
   * @throws GuildhallError BUDGET_EXHAUSTED; STATE_* when the entry cannot be written, and then nothing may be uploaded
   */
  spend(entry: LedgerEntry, budget: EpsilonBudget): void {
    this.requireBudget(entry, budget);
    const record = nextRecord(this.#head, entry);
    this.#database.transaction(() => {
      this.#database.run(
        'INSERT INTO entries (sequence, previous, entry, hash) VALUES (?, ?, ?, ?)',
        record.sequence,
        record.previous,
        JSON.stringify(entry),
        record.hash,
      );
    });
    this.#head = headAfter(record);
    this.#entries.push(entry);
    writeAnchor(this.#anchor, this.#head);
  }

  /** Records that a contract was refused, and why; the same refusal once. */
  recordRefusal({ job, round, contractSha256 }: RoundName, code: ErrorCode, now: number): void {
    this.#database.run(
      'INSERT OR IGNORE INTO refusals (contract, job, round, code, refused_at) VALUES (?, ?, ?, ?, ?)',
      hex(contractSha256),
      job,
      round,
      code,
      now,
    );
  }

  /** Every refusal, oldest first. */
  refusals(): RecordedRefusal[] {
    return this.#database.all('SELECT * FROM refusals ORDER BY refused_at, contract').map((row) => ({
      contractSha256: String(row.contract),
      job: String(row.job),
      round: Number(row.round),
      code: String(row.code),
      refusedAt: Number(row.refused_at),
    }));
  }

  /** Records for whom this client is about to reveal shares on a model, in a round without noise. */
  recordCohort(modelSha256: Uint8Array, survivors: readonly string[]): void {
    const names = JSON.stringify([...survivors].sort());
    this.#database.run('INSERT INTO cohorts (model, survivors) VALUES (?, ?)', hex(modelSha256), names);
  }

  /** The cohorts recorded for a model. */
  cohorts(modelSha256: Uint8Array): (readonly string[])[] {
    return this.#database
      .all('SELECT survivors FROM cohorts WHERE model = ?', hex(modelSha256))
      .map(({ survivors }) => z.array(z.string()).parse(JSON.parse(String(survivors))));
  }

  /** Adds to the running total of message bytes sent to the coordinator. */
  addBytesSent(bytes: number): void {
    if (bytes === 0) return;
    this.#database.run(
      `INSERT INTO traffic (name, bytes) VALUES ('sent', ?) ON CONFLICT (name) DO UPDATE SET bytes = bytes + excluded.bytes`,
      bytes,
    );
  }

  /** Message bytes ever sent to the coordinator in rounds. */
  bytesSent(): number {
    const [row] = this.#database.all(`SELECT bytes FROM traffic WHERE name = 'sent'`);
    return Number(row?.bytes ?? 0);
  }

  close(): void {
    this.#database.close();
  }
}

function recordOf(row: Row): LedgerRecord {
  const sequence = Number(row.sequence);
  let fields: unknown;
  try {
    fields = JSON.parse(String(row.entry));
  } catch {
    fields = undefined;
  }
  const parsed = entrySchema.safeParse(fields);
  if (!parsed.success) {
    throw new GuildhallError('LEDGER_CORRUPT', `Ledger entry ${sequence} cannot be read.`, {
      details: { entry: sequence },
    });
  }
  return { sequence, previous: String(row.previous), entry: parsed.data, hash: String(row.hash) };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
