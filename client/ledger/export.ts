import { z } from 'zod';
import { fingerprint } from '../../crypto/index.js';
import { GuildhallError } from '../../errors/index.js';
import { openReceipt } from '../../federation/index.js';
import { verifyLedger } from '../../privacy/index.js';
import type { LedgerEntry, LedgerHead, LedgerRecord } from '../../privacy/index.js';
import { Envelope } from '../../proto/index.js';
import { Journal } from './journal.js';
import type { KeptReceipt } from './kept-receipt.js';
import { parseJson, recordOf } from './records.js';

const hex = z.string().regex(/^[0-9a-f]{64}$/);

/** First line of an export: what the lines after it must add up to. */
const headerSchema = z.strictObject({
  format: z.literal('guildhall-ledger'),
  version: z.literal(1),
  merchant: z.string(),
  federation: z.string(),
  /** Records that follow. */
  length: z.int().min(1),
  /** Hash of the last one. */
  head: hex,
  /** The coordinator's contract key, hexadecimal: what the receipt is verified with. */
  contractKey: hex,
  /** The newest receipt, a serialised envelope in base64; null before the first upload. */
  receipt: z.base64().nullable(),
});

/** A whole ledger with whose it is. */
export interface LedgerExport {
  readonly merchant: string;
  readonly federation: string;
  readonly records: readonly LedgerRecord[];
  readonly head: LedgerHead;
  readonly contractKey: Uint8Array;
  readonly receipt: KeptReceipt | undefined;
}

/** The lines of an export, JSON Lines: a header, then every record as it is chained. */
export function* exportLines({ merchant, federation, records, head, ...keys }: LedgerExport): Generator<string> {
  yield JSON.stringify({
    format: 'guildhall-ledger',
    version: 1,
    merchant,
    federation,
    length: head.length,
    head: head.hash,
    contractKey: Buffer.from(keys.contractKey).toString('hex'),
    receipt: keys.receipt?.receipt ?? null,
  });
  for (const { sequence, previous, entry, hash } of records) yield JSON.stringify({ sequence, previous, entry, hash });
}

/** What a verified export says. */
export interface VerifiedExport {
  readonly merchant: string;
  readonly federation: string;
  readonly head: LedgerHead;
  readonly spendings: readonly LedgerEntry[];
  /** Records by kind. */
  readonly kinds: Readonly<Record<string, number>>;
  /** Fingerprint of the key that countersigned, to be compared with the platform's; undefined without a receipt. */
  readonly countersignedBy: string | undefined;
}

/**
 * Verifies an export with nothing but its bytes: every link, the head that its first line names, and the coordinator's
 * signature over a head on the way.
 * @throws GuildhallError LEDGER_UNREADABLE for what is no export, LEDGER_CORRUPT, LEDGER_ROLLED_BACK when lines are
 * missing at the end or the countersigned head is not among them, RECEIPT_INVALID
 */
export function verifyExport(text: string): VerifiedExport {
  const [first = '', ...lines] = text.split('\n').filter((line) => line !== '');
  const header = headerSchema.safeParse(parseJson(first));
  if (!header.success) {
    throw new GuildhallError('LEDGER_UNREADABLE', 'The first line is not the header of a ledger export.');
  }
  const { merchant, federation, length, head: hash, contractKey, receipt } = header.data;
  const records = lines.map((line, at) => recordOf(parseJson(line), at));
  const head = verifyLedger(records, { length, hash });
  if (head.length !== length) {
    throw new GuildhallError('LEDGER_CORRUPT', `${head.length} records follow, not the ${length} of the first line.`);
  }
  const journal = new Journal(records);
  const countersignedBy =
    receipt === null ? undefined : requireCountersigned(journal, receipt, { merchant, contractKey });
  const kinds: Record<string, number> = {};
  for (const { entry } of records) kinds[entry.kind] = (kinds[entry.kind] ?? 0) + 1;
  return { merchant, federation, head, spendings: journal.spendings, kinds, countersignedBy };
}

/**
 * Checks that a chain passed through the head that a receipt names. One that a person gave up does not count: whoever
 * exports wrote that record, so a ledger made up anew could name any head there.
 * @returns the fingerprint of the key that signed
 * @throws GuildhallError RECEIPT_INVALID, LEDGER_ROLLED_BACK
 */
function requireCountersigned(
  journal: Journal,
  receipt: string,
  { merchant, contractKey }: { readonly merchant: string; readonly contractKey: string },
): string {
  const key = new Uint8Array(Buffer.from(contractKey, 'hex'));
  const { ledgerHead } = openReceipt(envelopeOf(receipt), { contractKey: key, merchant });
  const head = ledgerHead.toString('hex');
  if (!journal.hasHead(head)) {
    const why = journal.hasGivenUp(head) ? ': it was given up when the ledger was resolved' : '';
    throw new GuildhallError('LEDGER_ROLLED_BACK', `The countersigned head ${head} is not among the records${why}.`, {
      details: { head },
    });
  }
  return fingerprint(key);
}

function envelopeOf(receipt: string): Envelope {
  try {
    return Envelope.decode(Buffer.from(receipt, 'base64'));
  } catch (cause) {
    throw new GuildhallError('RECEIPT_INVALID', 'The receipt cannot be read.', { cause });
  }
}
