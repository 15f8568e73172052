import { GuildhallError } from '../errors/index.js';
import { eventsOf, spendingOf } from '../privacy/index.js';
import type { Spending } from '../privacy/index.js';
import { systemClock } from './clock.js';
import type { Clock } from './clock.js';
import { readPolicy } from './config/config.js';
import { exportLines, verifyExport } from './ledger/export.js';
import type { LedgerExport } from './ledger/export.js';
import { readKeptReceipt } from './ledger/kept-receipt.js';
import { Ledger } from './ledger/ledger.js';
import { resolveLedger } from './ledger/resolve.js';
import type { ResolvedLedger } from './ledger/resolve.js';
import { openState } from './state/directory.js';
import { readIfPresent, writeAtomically } from './state/files.js';
import { acquireLock } from './state/lock.js';

/** A ledger that verified, in its directory or as an export. */
export interface LedgerReport {
  readonly merchant: string;
  readonly federation: string;
  readonly records: number;
  /** Hash of the last record. */
  readonly head: string;
  /** Records by kind: opened, joined, spent, refused, unmasked, resolved. */
  readonly kinds: Readonly<Record<string, number>>;
  /** ε by Rényi divergences over all spendings, at `delta`, and the advantage. */
  readonly spent: Spending & { readonly delta: number };
  /** Fingerprint of the coordinator's key that countersigned; undefined before the first upload. */
  readonly countersignedBy: string | undefined;
}

/** δ at which an export without its merchant's policy is read. */
const EXPORT_DELTA = 1e-6;

/**
 * `guildhall client ledger verify`: checks the whole chain, its anchor and its receipt. Works while the client runs.
 * @throws GuildhallError STATE_*, POLICY_MALFORMED, LEDGER_*, RECEIPT_INVALID
 */
export function verifyClientLedger({ dir }: { readonly dir: string }): LedgerReport {
  const delta = readPolicy(openState(dir).paths.policy).maximum_delta;
  return report([...exportLines(readWhole(dir))].join('\n'), delta);
}

/**
 * `guildhall client ledger verify FILE`: checks an export with nothing but its bytes.
 * @throws GuildhallError CLIENT_FILE_MISSING, LEDGER_*, RECEIPT_INVALID
 */
export function verifyLedgerExport({ file }: { readonly file: string }): LedgerReport {
  const text = readIfPresent(file)?.toString('utf8');
  if (text === undefined) throw new GuildhallError('CLIENT_FILE_MISSING', `There is no file ${file}.`);
  return report(text, EXPORT_DELTA);
}

/**
 * `guildhall client ledger export`: the whole ledger as JSON Lines.
 * @param options.out the file to write; undefined returns the lines instead
 * @returns the number of records, and the lines where no file was asked for
 * @throws GuildhallError STATE_*, LEDGER_*
 */
export function exportClientLedger(options: { readonly dir: string; readonly out?: string | undefined }): {
  readonly records: number;
  readonly lines: readonly string[];
} {
  const whole = readWhole(options.dir);
  const lines = [...exportLines(whole)];
  if (options.out === undefined) return { records: whole.head.length, lines };
  writeAtomically(options.out, `${lines.join('\n')}\n`, 'secret');
  return { records: whole.head.length, lines: [] };
}

/** Who decides about a damaged ledger, why, and what it costs. */
export interface ResolveOptions {
  readonly dir: string;
  readonly by: string;
  readonly reason: string;
  /** ε charged for what is lost. @default the largest ceiling of the policy: nothing is left to spend */
  readonly charge?: number | undefined;
  /** @default systemClock */
  readonly clock?: Clock;
}

/**
 * `guildhall client ledger resolve`: a person's way on from a damaged ledger. Refused while the client runs.
 * @throws GuildhallError LEDGER_SOUND, STATE_*, POLICY_MALFORMED
 */
export function resolveClientLedger({ dir, by, reason, charge, clock = systemClock }: ResolveOptions): ResolvedLedger {
  const { paths } = openState(dir);
  const policy = readPolicy(paths.policy);
  const lock = acquireLock(paths.lock);
  try {
    const whole = Math.max(policy.epsilon_total, policy.epsilon_per_period);
    return resolveLedger(paths, { by, reason, charge: charge ?? whole, now: clock.now() });
  } finally {
    lock.release();
  }
}

function readWhole(dir: string): LedgerExport {
  const { paths, merchant, federation, contractKey } = openState(dir);
  // Before the ledger: a client that runs may record, and keep a newer receipt, in between.
  const receipt = readKeptReceipt(paths.receipt);
  const ledger = Ledger.open(paths);
  try {
    const { records, head } = ledger;
    return { merchant, federation, records, head, contractKey, receipt };
  } finally {
    ledger.close();
  }
}

function report(text: string, delta: number): LedgerReport {
  const { merchant, federation, head, kinds, spendings, countersignedBy } = verifyExport(text);
  return {
    merchant,
    federation,
    records: head.length,
    head: head.hash,
    kinds,
    spent: { ...spendingOf(eventsOf(spendings), delta), delta },
    countersignedBy,
  };
}
