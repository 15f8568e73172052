/**
 * The merchant's ledger as a hash chain, pure: what an entry says, how records follow each other, and how a change shows.
 *
 * A record's hash covers its number, the hash before it and every field of its entry. An edit, a removal or a swap breaks
 * the chain at that record; a cut at the end, or a rollback to an older file, shows against the head that was kept
 * elsewhere. The file itself, its fsync and the kept head are the client's.
 */
import { createHash } from 'node:crypto';
import { GuildhallError } from '../../errors/index.js';
import type { MechanismEvent } from '../accounting/events.js';

/** What was released, with the noise that is sure to be in the sum after the worst dropouts and collusion. */
export type Release =
  | {
      readonly kind: 'gaussian';
      /** The accounted noise multiplier z (see `accountedGaussian`). */
      readonly noiseMultiplier: number;
      /** q in [0, 1]. */
      readonly samplingRate: number;
      /** Δ in quanta. */
      readonly sensitivity: number;
      /** The δ of the contract. */
      readonly delta: number;
    }
  | {
      readonly kind: 'pure';
      /** ε of the release. */
      readonly epsilon: number;
      /** Δ in quanta, L1. */
      readonly sensitivity: number;
    };

/** One spending, written before the input it pays for is uploaded. A re-run of a round is another entry. */
export interface LedgerEntry {
  /** 64 lower-case hex digits. */
  readonly contractSha256: string;
  readonly job: string;
  /** A non-negative integer. */
  readonly round: number;
  readonly release: Release;
  /** Milliseconds since the epoch, by the merchant's clock. */
  readonly spentAt: number;
}

/** A link of the chain. */
export interface LedgerRecord {
  /** 0, 1, 2, … without gaps. */
  readonly sequence: number;
  /** Hash of the record before; zeros for the first. */
  readonly previous: string;
  readonly entry: LedgerEntry;
  /** SHA-256 over all of the above, 64 hex digits. */
  readonly hash: string;
}

/** The end of a chain: all that is needed to append to it, and to notice that it was cut. */
export interface LedgerHead {
  readonly length: number;
  /** Hash of the last record; zeros for an empty ledger. */
  readonly hash: string;
}

/** The head of an empty ledger. */
export const EMPTY_LEDGER: LedgerHead = { length: 0, hash: '0'.repeat(64) };

const DOMAIN = 'guildhall privacy ledger v1';
const HEX_256 = /^[0-9a-f]{64}$/;

/** Fixed field order; JavaScript writes a double with the fewest digits that read back to it, on every host alike. */
function recordHash(sequence: number, previous: string, entry: LedgerEntry): string {
  const { contractSha256, job, round, release, spentAt } = entry;
  const terms =
    release.kind === 'gaussian'
      ? [release.kind, release.noiseMultiplier, release.samplingRate, release.sensitivity, release.delta]
      : [release.kind, release.epsilon, release.sensitivity];
  const fields = [DOMAIN, sequence, previous, contractSha256, job, round, terms, spentAt];
  return createHash('sha256').update(JSON.stringify(fields), 'utf8').digest('hex');
}

function isAtLeast(value: number, least: number): boolean {
  return Number.isFinite(value) && value >= least;
}

function releaseFault(release: Release): string | undefined {
  if (!isAtLeast(release.sensitivity, 0)) return 'sensitivity';
  if (release.kind === 'pure') return isAtLeast(release.epsilon, 0) ? undefined : 'epsilon';
  if (!isAtLeast(release.noiseMultiplier, Number.MIN_VALUE)) return 'noiseMultiplier';
  if (!(isAtLeast(release.samplingRate, 0) && release.samplingRate <= 1)) return 'samplingRate';
  return isAtLeast(release.delta, 0) && release.delta < 1 ? undefined : 'delta';
}

/** The name of a field that no honest entry can have, if any. */
function entryFault(entry: LedgerEntry): string | undefined {
  if (!HEX_256.test(entry.contractSha256)) return 'contractSha256';
  if (!Number.isSafeInteger(entry.round) || entry.round < 0) return 'round';
  if (!isAtLeast(entry.spentAt, 0)) return 'spentAt';
  return releaseFault(entry.release);
}

/**
 * The record that follows a head.
 * @throws RangeError for an entry with an impossible field
 */
export function nextRecord(head: LedgerHead, entry: LedgerEntry): LedgerRecord {
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
  return new GuildhallError('LEDGER_CORRUPT', `Ledger entry ${sequence}: ${what}.`, { details: { entry: sequence } });
}

/**
 * Checks a whole chain from its first record.
 * @param records in the order of their numbers
 * @param keptHead the head as it was kept outside the ledger; the chain may be longer (a crash came before the head was
 * kept), never shorter or different
 * @returns the head to append to
 * @throws GuildhallError LEDGER_CORRUPT naming the first entry that is wrong or missing
 */
export function verifyLedger(records: readonly LedgerRecord[], keptHead: LedgerHead = EMPTY_LEDGER): LedgerHead {
  let head = EMPTY_LEDGER;
  for (const record of records) {
    const expected = head.length;
    if (record.sequence !== expected) throw corrupt(expected, `missing, number ${record.sequence} stands in its place`);
    if (record.previous !== head.hash) throw corrupt(expected, 'it does not follow from the entry before it');
    const fault = entryFault(record.entry);
    if (fault !== undefined) throw corrupt(expected, `its ${fault} is impossible`);
    if (record.hash !== recordHash(expected, head.hash, record.entry))
      throw corrupt(expected, 'its hash does not match');
    head = headAfter(record);
    if (head.length === keptHead.length && head.hash !== keptHead.hash)
      throw corrupt(expected, 'it is not the entry that this client last wrote there');
  }
  if (head.length < keptHead.length)
    throw corrupt(head.length, `missing, although ${keptHead.length} entries were written`);
  return head;
}

/** The releases of entries as an accountant composes them. */
export function eventsOf(entries: readonly LedgerEntry[]): MechanismEvent[] {
  return entries.map(({ release }) =>
    release.kind === 'pure'
      ? { kind: 'pure', epsilon: release.epsilon }
      : {
          kind: 'gaussian',
          noiseMultiplier: release.noiseMultiplier,
          samplingRate: release.samplingRate,
          steps: 1,
        },
  );
}
