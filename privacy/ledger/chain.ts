/**
 * The merchant's ledger as a hash chain, pure: how records follow each other, and how a change shows.
 *
 * A record's hash covers its number, the hash before it and every field of its entry. An edit, a removal or a swap breaks
 * the chain at that record; a cut at the end, or a rollback to an older file, shows against the head that was kept
 * elsewhere. The file itself, its fsync and the kept heads are the client's.
 *
 * What a head tells whoever sees one: nothing. The first record holds 32 secret random bytes, which every later hash
 * depends on; without them a hash is that of an unknown 256-bit value (in the random oracle model a uniform string), and
 * guesses at entries, however few are plausible, cannot be checked against it. Two heads of one ledger are unrelated
 * strings to such an observer, except that they are equal when nothing was recorded in between.
 */
import { createHash } from 'node:crypto';
import { GuildhallError } from '../../errors/index.js';
import { canonicalJson } from './canonical-json.js';
import { entryFault } from './entries.js';
import type { JournalEntry } from './entries.js';

/** A link of the chain. */
export interface LedgerRecord {
  /** 0, 1, 2, … without gaps. */
  readonly sequence: number;
  /** Hash of the record before; zeros for the first. */
  readonly previous: string;
  readonly entry: JournalEntry;
  /** SHA-256 over all of the above, 64 hex digits. */
  readonly hash: string;
}

/** The end of a chain: all that is needed to append to it, and to notice that it was cut. */
export interface LedgerHead {
  readonly length: number;
  /** Hash of the last record; zeros for an empty ledger. */
  readonly hash: string;
}

/** Before the first record. */
export const EMPTY_LEDGER: LedgerHead = { length: 0, hash: '0'.repeat(64) };

const DOMAIN = 'guildhall ledger v2';

/** SHA-256 of the canonical JSON (RFC 8785) of [domain, number, previous hash, entry]. */
function recordHash(sequence: number, previous: string, entry: JournalEntry): string {
  const bytes = canonicalJson([DOMAIN, sequence, previous, entry]);
  return createHash('sha256').update(bytes, 'utf8').digest('hex');
}

/**
 * The record that follows a head.
 * @throws RangeError for an entry with an impossible field
 */
export function nextRecord(head: LedgerHead, entry: JournalEntry): LedgerRecord {
  const fault = entryFault(entry);
  if (fault !== undefined) throw new RangeError(`a ledger entry has an impossible ${fault}`);
  const { length: sequence, hash: previous } = head;
  return { sequence, previous, entry, hash: recordHash(sequence, previous, entry) };
}

/** The head of a chain that ends in this record. */
export function headAfter(record: LedgerRecord): LedgerHead {
  return { length: record.sequence + 1, hash: record.hash };
}

function corrupt(sequence: number, what: string): GuildhallError {
  return new GuildhallError('LEDGER_CORRUPT', `Ledger record ${sequence}: ${what}.`, { details: { record: sequence } });
}

/** Why a record cannot follow a head, if it cannot. */
function linkFault(head: LedgerHead, { sequence, previous, entry, hash }: LedgerRecord): string | undefined {
  if (sequence !== head.length) return `missing, number ${sequence} stands in its place`;
  if (previous !== head.hash) return 'it does not follow from the record before it';
  const fault = entryFault(entry);
  if (fault !== undefined) return `its ${fault} is impossible`;
  if ((entry.kind === 'opened') !== (sequence === 0)) return 'a ledger is opened once, by its first record';
  return hash === recordHash(sequence, previous, entry) ? undefined : 'its hash does not match';
}

/**
 * Checks a whole chain from its first record.
 * @param records in the order of their numbers
 * @param keptHead the head as it was kept outside the ledger; the chain may be longer (a crash came before the head was
 * kept), never shorter or different
 * @returns the head to append to
 * @throws GuildhallError LEDGER_CORRUPT naming the first record that is wrong, LEDGER_ROLLED_BACK if records are missing
 * at the end
 */
export function verifyLedger(records: readonly LedgerRecord[], keptHead: LedgerHead = EMPTY_LEDGER): LedgerHead {
  let head = EMPTY_LEDGER;
  for (const record of records) {
    const fault = linkFault(head, record);
    if (fault !== undefined) throw corrupt(head.length, fault);
    head = headAfter(record);
    if (head.length === keptHead.length && head.hash !== keptHead.hash)
      throw corrupt(record.sequence, 'it is not the record that this client last wrote there');
  }
  if (head.length < keptHead.length) {
    throw new GuildhallError(
      'LEDGER_ROLLED_BACK',
      `The ledger ends after ${head.length} records, although ${keptHead.length} were written.`,
      { details: { records: head.length, written: keptHead.length } },
    );
  }
  return head;
}

/** The longest beginning of a chain that is sound: what can be saved of a damaged ledger. */
export function soundPrefix(records: readonly LedgerRecord[]): LedgerRecord[] {
  const sound: LedgerRecord[] = [];
  let head = EMPTY_LEDGER;
  for (const record of records) {
    if (linkFault(head, record) !== undefined) break;
    sound.push(record);
    head = headAfter(record);
  }
  return sound;
}
