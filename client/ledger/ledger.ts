import { randomBytes } from 'node:crypto';
import { GuildhallError } from '../../errors/index.js';
import type { ErrorCode } from '../../errors/index.js';
import { EMPTY_LEDGER, eventsOf, headAfter, nextRecord, requireBudget, verifyLedger } from '../../privacy/index.js';
import type { EpsilonBudget, JournalEntry, LedgerEntry, LedgerHead, LedgerRecord } from '../../privacy/index.js';
import type { StatePaths } from '../state/directory.js';
import { createAnchor, readAnchor, writeAnchor } from './anchor.js';
import { ContractMemory } from './contracts.js';
import { LedgerDatabase } from './database.js';
import { Journal } from './journal.js';
import { readKeptReceipt, writeKeptReceipt } from './kept-receipt.js';
import type { KeptReceipt } from './kept-receipt.js';
import { parseJson, recordOf } from './records.js';

/** Where a ledger lies: its file, its anchor, and the newest receipt. */
export type LedgerPaths = Pick<StatePaths, 'ledger' | 'anchor' | 'receipt'>;

/** One round of one job under one contract. */
export interface RoundName {
  readonly job: string;
  readonly round: number;
  /** SHA-256 of the contract's payload. */
  readonly contractSha256: Uint8Array;
}

/** A recorded refusal. */
export type RecordedRefusal = Omit<Extract<JournalEntry, { kind: 'refused' }>, 'kind'>;

/**
 * The merchant's durable memory of what it took part in and what that cost. Every method that records something has
 * committed and synced it when it returns: first the record, then the anchor. A crash in between leaves a record too many
 * outside the anchor's view, never one too few. Opening verifies the whole chain and fails closed.
 */
export class Ledger {
  /** Contracts seen, with what was decided. */
  readonly contracts: ContractMemory;
  readonly #database: LedgerDatabase;
  readonly #paths: LedgerPaths;
  readonly #journal: Journal;
  #head: LedgerHead;

  private constructor(database: LedgerDatabase, paths: LedgerPaths) {
    // Anchor and receipt first: a writer in another process may add records after them, never before.
    const kept = readAnchor(paths.anchor);
    const receipt = readKeptReceipt(paths.receipt);
    const records = [...readRecords(database)];
    this.#database = database;
    this.#paths = paths;
    this.#head = verifyLedger(records, kept);
    if (this.#head.length === 0) throw missing(paths.ledger, 'holds no record');
    this.#journal = new Journal(records);
    if (receipt !== undefined) this.requireCountersigned(receipt.ledgerHead);
    this.contracts = new ContractMemory(database);
  }

  /**
   * Makes a ledger and its anchor; only joining and a person's resolution do this.
   * @param now milliseconds since the epoch
   * @param saved a sound chain to go on with; none begins a new one
   * @throws GuildhallError STATE_*
   */
  static create(paths: LedgerPaths, now: number, saved: readonly LedgerRecord[] = []): Ledger {
    const database = LedgerDatabase.create(paths.ledger);
    try {
      const opened = (): JournalEntry => ({ kind: 'opened', salt: randomBytes(32).toString('hex'), at: now });
      insert(database, saved.length > 0 ? saved : [nextRecord(EMPTY_LEDGER, opened())]);
      createAnchor(paths.anchor);
      return new Ledger(database, paths);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** @throws GuildhallError LEDGER_MISSING, LEDGER_UNREADABLE, LEDGER_CORRUPT, LEDGER_ROLLED_BACK */
  static open(paths: LedgerPaths): Ledger {
    const database = LedgerDatabase.open(paths.ledger);
    try {
      return new Ledger(database, paths);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** The end of the chain. */
  get head(): LedgerHead {
    return this.#head;
  }

  /**
   * Every spending, oldest first, as verified when the ledger was opened and extended since; dated no earlier than the one
   * before it, whatever the clock said.
   */
  get entries(): readonly LedgerEntry[] {
    return this.#journal.spendings;
  }

  /** Every record, oldest first. */
  get records(): readonly LedgerRecord[] {
    return this.#journal.records;
  }

  /** Whether this client has ever begun this round, or another one under the same contract. */
  hasJoined({ job, round, contractSha256 }: RoundName): boolean {
    return this.#journal.hasJoined(job, round, hex(contractSha256));
  }

  /**
   * Notes that this client begins a round, before its first message leaves.
   * @throws GuildhallError ROUND_ALREADY_JOINED, STATE_*
   */
  join(name: RoundName, now: number): void {
    if (this.hasJoined(name)) {
      throw new GuildhallError('ROUND_ALREADY_JOINED', `Round ${name.round} of ${name.job} was begun before.`);
    }
    this.#append({ kind: 'joined', ...named(name), at: now });
  }

  /** How many rounds this client has begun since an instant. */
  roundsSince(instant: number): number {
    return this.#journal.roundsSince(instant);
  }

  /** @throws GuildhallError BUDGET_EXHAUSTED when the entry would not fit; nothing is written */
  requireBudget(entry: LedgerEntry, budget: EpsilonBudget): void {
    requireBudget(this.entries, { events: eventsOf([entry]), spentAt: entry.spentAt }, budget);
  }

  /**
   * Spends, if the budget allows: the entry is on the disk when this returns, and only then may the input leave. What is
   * spent stays spent, whatever becomes of the round.
   * @throws GuildhallError BUDGET_EXHAUSTED; STATE_* when the entry cannot be written, and then nothing may be uploaded
   */
  spend(entry: LedgerEntry, budget: EpsilonBudget): void {
    this.requireBudget(entry, budget);
    this.#append({ kind: 'spent', ...entry });
  }

  /** Records that a contract was refused, and why; the same refusal once. */
  recordRefusal(name: RoundName, code: ErrorCode, now: number): void {
    if (this.#journal.hasRefused(hex(name.contractSha256), code)) return;
    this.#append({ kind: 'refused', ...named(name), code, at: now });
  }

  /** Every refusal, oldest first. */
  refusals(): readonly RecordedRefusal[] {
    return this.#journal.refusals;
  }

  /** Records for whom this client is about to reveal shares on a model, in a round without noise. */
  recordCohort(modelSha256: Uint8Array, survivors: readonly string[], now: number): void {
    this.#append({ kind: 'unmasked', modelSha256: hex(modelSha256), survivors: [...survivors].sort(), at: now });
  }

  /** The cohorts recorded for a model. */
  cohorts(modelSha256: Uint8Array): (readonly string[])[] {
    return this.#journal.cohorts(hex(modelSha256));
  }

  /**
   * Keeps a receipt beside the ledger, for the next start to compare.
   * @param receipt verified; of a head of this ledger, or of one that it should hold
   */
  keepReceipt(receipt: KeptReceipt): void {
    writeKeptReceipt(this.#paths.receipt, receipt);
  }

  /**
   * Compares with a head that the coordinator countersigned.
   * @param head 64 hex digits
   * @throws GuildhallError LEDGER_ROLLED_BACK when this ledger neither holds it nor records that a person gave it up
   */
  requireCountersigned(head: string): void {
    if (this.#journal.hasHead(head) || this.#journal.hasGivenUp(head)) return;
    throw new GuildhallError(
      'LEDGER_ROLLED_BACK',
      `The coordinator countersigned the ledger head ${head}, which this ledger does not hold.`,
      { details: { head, records: this.#head.length } },
    );
  }

  /** Writes down what a person decided about a damaged ledger; see resolve.ts, which alone calls it. */
  recordResolution(entry: Extract<JournalEntry, { kind: 'resolved' }>, charge: LedgerEntry): void {
    this.#append(entry);
    this.#append({ kind: 'spent', ...charge });
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

  #append(entry: JournalEntry): void {
    const record = nextRecord(this.#head, entry);
    insert(this.#database, [record]);
    this.#head = headAfter(record);
    this.#journal.add(record);
    writeAnchor(this.#paths.anchor, this.#head);
  }
}

function insert(database: LedgerDatabase, records: readonly LedgerRecord[]): void {
  const statement = 'INSERT INTO records (sequence, previous, entry, hash) VALUES (?, ?, ?, ?)';
  database.transaction(() => {
    for (const { sequence, previous, entry, hash } of records)
      database.run(statement, sequence, previous, JSON.stringify(entry), hash);
  });
}

/**
 * Every record as it is stored, in order; not yet verified.
 * @throws GuildhallError LEDGER_CORRUPT at the first that is none, LEDGER_UNREADABLE
 */
export function* readRecords(database: LedgerDatabase): Generator<LedgerRecord> {
  const rows = database.all('SELECT sequence, previous, entry, hash FROM records ORDER BY sequence');
  for (const { sequence, previous, entry, hash } of rows) {
    yield recordOf({ sequence, previous, entry: parseJson(String(entry)), hash }, Number(sequence));
  }
}

function missing(file: string, what: string): GuildhallError {
  return new GuildhallError('LEDGER_MISSING', `The ledger ${file} ${what}.`, { details: { file } });
}

function named({ job, round, contractSha256 }: RoundName): { contractSha256: string; job: string; round: number } {
  return { contractSha256: hex(contractSha256), job, round };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
