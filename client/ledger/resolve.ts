import { existsSync, readFileSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { discard, replaceFile, syncFolder } from '../../durable/index.js';
import { GuildhallError } from '../../errors/index.js';
import { advantageAtMost, soundPrefix } from '../../privacy/index.js';
import type { LedgerEntry, LedgerRecord } from '../../privacy/index.js';
import { storageFailure } from '../state/failures.js';
import { readAnchor } from './anchor.js';
import { LedgerDatabase } from './database.js';
import { readKeptReceipt } from './kept-receipt.js';
import { Ledger, readRecords } from './ledger.js';
import type { LedgerPaths } from './ledger.js';

/** A person's decision about a ledger that cannot be trusted as it is. */
export interface Resolution {
  /** Who decides. */
  readonly by: string;
  readonly reason: string;
  /** ε that counts as spent for what is lost, as a pure mechanism. */
  readonly charge: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What became of a damaged ledger. */
export interface ResolvedLedger {
  /** Code of the damage. */
  readonly code: string;
  /** Records that were saved. */
  readonly saved: number;
  /** ε, and the advantage that it allows at most. */
  readonly charged: number;
  readonly advantage: number;
  /** Where the old files are now. */
  readonly setAside: readonly string[];
}

/** The job under which the charge stands in `guildhall client budget`. */
export const RESOLUTION_JOB = 'ledger-resolution';

/**
 * Makes a ledger that can go on from one that cannot: all that is sound of the old chain, then who decided and why, and a
 * charge for what is lost. The old files are set aside, never deleted.
 *
 * The new ledger is whole before it takes the old one's place. A crash after that and before its anchor is there leaves a
 * ledger that needs this again, and is then charged again: never less than was decided.
 * @throws GuildhallError LEDGER_SOUND when there is nothing to resolve; STATE_*
 */
export function resolveLedger(paths: LedgerPaths, resolution: Resolution): ResolvedLedger {
  const { by, reason, charge, now } = resolution;
  const code = damageOf(paths);
  const saved = savedRecords(paths.ledger);
  const lostHeads = keptHeads(paths).filter((head) => !saved.some(({ hash }) => hash === head));
  const draft = draftOf(paths);
  const ledger = Ledger.create(draft, now, saved);
  try {
    ledger.recordResolution({ kind: 'resolved', by, reason, code, lostHeads, at: now }, chargeOf(resolution));
  } finally {
    ledger.close();
  }
  const advantage = advantageAtMost([{ kind: 'pure', epsilon: charge }]);
  return { code, saved: saved.length, charged: charge, advantage, setAside: replace(paths, draft, now) };
}

/** Where the new ledger is made; what an interrupted attempt left there is thrown away. */
function draftOf({ ledger, anchor, receipt }: LedgerPaths): LedgerPaths {
  const draft = { ledger: `${ledger}.draft`, anchor: `${anchor}.draft`, receipt: `${receipt}.draft` };
  for (const file of [draft.ledger, `${draft.ledger}-journal`, draft.anchor]) discard(file);
  return draft;
}

function damageOf(paths: LedgerPaths): string {
  try {
    Ledger.open(paths).close();
  } catch (error) {
    if (error instanceof GuildhallError && error.code.startsWith('LEDGER_')) return error.code;
    throw error;
  }
  throw new GuildhallError('LEDGER_SOUND', 'The ledger is whole: there is nothing to resolve.');
}

/** What is sound of a chain, up to the first record that cannot be read or does not belong where it stands. */
function savedRecords(file: string): LedgerRecord[] {
  const readable: LedgerRecord[] = [];
  let database: LedgerDatabase | undefined;
  try {
    database = LedgerDatabase.open(file);
    for (const record of readRecords(database)) readable.push(record);
  } catch (error) {
    if (!(error instanceof GuildhallError)) throw error;
  } finally {
    database?.close();
  }
  return soundPrefix(readable);
}

/** Heads that were kept outside the ledger, as far as they can be read. */
function keptHeads(paths: LedgerPaths): string[] {
  const heads: string[] = [];
  const note = (read: () => string | undefined): void => {
    try {
      const head = read();
      if (head !== undefined) heads.push(head);
    } catch (error) {
      if (!(error instanceof GuildhallError)) throw error;
    }
  };
  note(() => readAnchor(paths.anchor).hash);
  note(() => readKeptReceipt(paths.receipt)?.ledgerHead);
  return heads;
}

/**
 * Copies the old files aside, so that a power cut finds them or their copies whole, then puts the new ones in their place.
 * SQLite's journal goes first: left behind it would be played back into the new file.
 */
function replace(paths: LedgerPaths, draft: LedgerPaths, now: number): string[] {
  const suffix = `.set-aside-${new Date(now).toISOString().replaceAll(':', '')}`;
  const journal = `${paths.ledger}-journal`;
  const old = [journal, paths.ledger, paths.anchor, paths.receipt].filter((file) => existsSync(file));
  try {
    for (const file of old) replaceFile(`${file}${suffix}`, readFileSync(file), 0o600);
    discard(journal);
    renameSync(draft.ledger, paths.ledger);
    renameSync(draft.anchor, paths.anchor);
    discard(paths.receipt);
    syncFolder(dirname(paths.ledger));
  } catch (error) {
    throw storageFailure(error, 'put the new ledger in place', paths.ledger);
  }
  return old.map((file) => `${file}${suffix}`);
}

function chargeOf({ charge, now }: Resolution): LedgerEntry {
  return {
    contractSha256: '0'.repeat(64),
    job: RESOLUTION_JOB,
    round: 0,
    steps: 1,
    release: { kind: 'pure', epsilon: charge, sensitivity: 0 },
    spentAt: now,
  };
}
