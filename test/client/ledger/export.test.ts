import { expect } from 'chai';
import { exportLines, verifyExport } from '../../../client/ledger/export.js';
import { keptReceiptOf } from '../../../client/ledger/kept-receipt.js';
import { fingerprint, SigningKey } from '../../../crypto/index.js';
import { signReceipt } from '../../../federation/index.js';
import { EMPTY_LEDGER, headAfter, nextRecord } from '../../../privacy/index.js';
import type { JournalEntry, LedgerRecord } from '../../../privacy/index.js';
import { codeOf } from '../workspace.js';

const KEY = SigningKey.fromSeed(new Uint8Array(32).fill(3));

const ENTRIES: readonly JournalEntry[] = [
  { kind: 'opened', salt: '5a'.repeat(32), at: 1 },
  { kind: 'joined', job: 'counts', round: 1, contractSha256: '01'.repeat(32), at: 2 },
  {
    kind: 'spent',
    contractSha256: '01'.repeat(32),
    job: 'counts',
    round: 1,
    steps: 1,
    release: { kind: 'pure', epsilon: 0.5, sensitivity: 1 },
    spentAt: 3,
  },
  { kind: 'refused', job: 'counts', round: 2, contractSha256: '02'.repeat(32), code: 'POLICY_NOISE', at: 4 },
];

function chain(entries = ENTRIES): LedgerRecord[] {
  const records: LedgerRecord[] = [];
  let head = EMPTY_LEDGER;
  for (const entry of entries) {
    const record = nextRecord(head, entry);
    records.push(record);
    head = headAfter(record);
  }
  return records;
}

interface Change {
  readonly entries?: readonly JournalEntry[];
  readonly receiptHead?: string;
  readonly key?: SigningKey;
  readonly merchant?: string;
}

function exported(change: Change = {}): string[] {
  const records = chain(change.entries);
  const last = records.at(-1);
  if (last === undefined) throw new Error('the chain has records');
  const { receiptHead = records[2]?.hash ?? '', key = KEY, merchant = 'north' } = change;
  const receipt = {
    contractSha256: Buffer.alloc(32, 1),
    merchant,
    vectorSha256: Buffer.alloc(32, 2),
    ledgerHead: Buffer.from(receiptHead, 'hex'),
  };
  return [
    ...exportLines({
      merchant: 'north',
      federation: 'market',
      records,
      head: headAfter(last),
      contractKey: KEY.publicKey,
      receipt: keptReceiptOf(signReceipt(receipt, key), receipt),
    }),
  ];
}

const verify = (lines: readonly string[]) => verifyExport(lines.join('\n'));

describe('an export of the ledger', () => {
  it('verifies by its own bytes, and names the key that countersigned', () => {
    const { merchant, federation, head, kinds, spendings, countersignedBy } = verify(exported());
    expect({ merchant, federation }).to.deep.equal({ merchant: 'north', federation: 'market' });
    expect(head.length).to.equal(ENTRIES.length);
    expect(kinds).to.deep.equal({ opened: 1, joined: 1, spent: 1, refused: 1 });
    expect(spendings.map(({ job }) => job)).to.deep.equal(['counts']);
    expect(countersignedBy).to.equal(fingerprint(KEY.publicKey));
  });

  it('is refused when any line was edited, cut off, added, or swapped', () => {
    const lines = exported();
    const [header = '', ...records] = lines;
    const altered = (at: number, from: string, to: string): string[] =>
      lines.map((line, i) => (i === at ? line.replace(from, to) : line));
    expect(codeOf(() => verify(altered(3, '0.5', '0.1')))).to.equal('LEDGER_CORRUPT');
    expect(codeOf(() => verify(altered(4, 'POLICY_NOISE', 'POLICY_TASK')))).to.equal('LEDGER_CORRUPT');
    expect(codeOf(() => verify(altered(2, '{', '[')))).to.equal('LEDGER_CORRUPT');
    expect(codeOf(() => verify(lines.slice(0, -1)))).to.equal('LEDGER_ROLLED_BACK');
    expect(codeOf(() => verify([...lines, records.at(-1) ?? '']))).to.equal('LEDGER_CORRUPT');
    expect(codeOf(() => verify([header, ...records.toReversed()]))).to.equal('LEDGER_CORRUPT');
    expect(codeOf(() => verify(records))).to.equal('LEDGER_UNREADABLE');
    expect(codeOf(() => verify(['']))).to.equal('LEDGER_UNREADABLE');
  });

  it('is refused when a shorter head was written over it that the receipt contradicts', () => {
    const [header = '', ...records] = exported();
    const shorter = JSON.parse(header) as Record<string, unknown>;
    const kept = JSON.parse(records[1] ?? '') as { hash: string };
    const rewritten = JSON.stringify({ ...shorter, length: 2, head: kept.hash });
    expect(codeOf(() => verify([rewritten, ...records.slice(0, 2)]))).to.equal('LEDGER_ROLLED_BACK');
    const unsigned = JSON.stringify({ ...shorter, length: 2, head: kept.hash, receipt: null });
    expect(verify([unsigned, ...records.slice(0, 2)]).countersignedBy, 'the control').to.equal(undefined);
  });

  it('is refused when it was made up anew, and names the countersigned head as one that a person gave up', () => {
    const receiptHead = chain()[2]?.hash ?? '';
    const resolved = {
      kind: 'resolved',
      by: 'somebody',
      reason: 'to spend again',
      code: 'LEDGER_MISSING',
      lostHeads: [receiptHead],
      at: 9,
    } as const;
    const anew: JournalEntry[] = [{ kind: 'opened', salt: '6b'.repeat(32), at: 8 }, resolved];
    expect(codeOf(() => verify(exported({ entries: anew, receiptHead })))).to.equal('LEDGER_ROLLED_BACK');
    const wentOn = verify(exported({ entries: [...ENTRIES, resolved], receiptHead }));
    expect(wentOn.countersignedBy, 'the control').to.equal(fingerprint(KEY.publicKey));
  });

  it('is refused with a receipt of another key, another merchant or another ledger', () => {
    const other = SigningKey.fromSeed(new Uint8Array(32).fill(4));
    expect(codeOf(() => verify(exported({ key: other })))).to.equal('RECEIPT_INVALID');
    expect(codeOf(() => verify(exported({ merchant: 'south' })))).to.equal('RECEIPT_INVALID');
    expect(codeOf(() => verify(exported({ receiptHead: 'ab'.repeat(32) })))).to.equal('LEDGER_ROLLED_BACK');
  });
});
