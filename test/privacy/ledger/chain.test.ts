import { createHash } from 'node:crypto';
import { expect } from 'chai';
import {
  EMPTY_LEDGER,
  epsilonOf,
  eventsOf,
  headAfter,
  nextRecord,
  pldEpsilon,
  soundPrefix,
  verifyLedger,
} from '../../../privacy/index.js';
import type { JournalEntry, LedgerEntry, LedgerHead, LedgerRecord } from '../../../privacy/index.js';
import { expectCode } from '../../expect-code.js';

const OPENED: JournalEntry = { kind: 'opened', salt: '5a'.repeat(32), at: 1 };

function spending(round: number): LedgerEntry {
  return {
    contractSha256: round.toString(16).padStart(64, '0'),
    job: round < 3 ? 'reranker' : 'counts',
    round,
    steps: 4,
    release:
      round % 2 === 0
        ? {
            kind: 'discreteGaussian',
            noiseMultiplier: 1.25 + round,
            samplingRate: 0.1,
            sensitivity: 510.5,
            delta: 1e-6,
          }
        : { kind: 'pure', epsilon: 0.1 + 0.2, sensitivity: 4 },
    spentAt: 1_700_000_000_000 + round,
  };
}

const ENTRIES: readonly JournalEntry[] = [
  OPENED,
  { kind: 'joined', job: 'reranker', round: 1, contractSha256: '01'.repeat(32), at: 2 },
  { kind: 'spent', ...spending(2) },
  { kind: 'refused', job: '', round: 0, contractSha256: '03'.repeat(32), code: 'POLICY_NOISE', at: 4 },
  { kind: 'unmasked', modelSha256: '04'.repeat(32), survivors: ['a', 'b'], at: 5 },
  {
    kind: 'resolved',
    by: 'A. Person',
    reason: 'a lost disk',
    code: 'LEDGER_MISSING',
    lostHeads: ['05'.repeat(32)],
    at: 6,
  },
  { kind: 'spent', ...spending(3) },
];

function chainOf(entries: readonly JournalEntry[]): { records: LedgerRecord[]; head: LedgerHead } {
  const records: LedgerRecord[] = [];
  let head = EMPTY_LEDGER;
  for (const entry of entries) {
    const record = nextRecord(head, entry);
    records.push(record);
    head = headAfter(record);
  }
  return { records, head };
}

function replaced(records: readonly LedgerRecord[], at: number, change: Partial<LedgerRecord>): LedgerRecord[] {
  return records.map((record, i) => (i === at ? { ...record, ...change } : record));
}

describe('privacy: the ledger as a hash chain', () => {
  const { records, head } = chainOf(ENTRIES);

  it('verifies, and gives the head to append to', () => {
    expect(verifyLedger(records)).to.deep.equal(head);
    expect(verifyLedger(records, head)).to.deep.equal(head);
    expect(verifyLedger([])).to.deep.equal(EMPTY_LEDGER);
  });

  it('survives storage as JSON bit for bit, with members in any order', () => {
    const stored = JSON.parse(JSON.stringify(records)) as LedgerRecord[];
    expect(verifyLedger(stored, head)).to.deep.equal(head);
    const reversed = stored.map((record) => ({
      ...record,
      entry: Object.fromEntries(Object.entries(record.entry).reverse()) as unknown as JournalEntry,
    }));
    expect(verifyLedger(reversed, head)).to.deep.equal(head);
  });

  it('hashes as documented: SHA-256 over the canonical JSON of domain, number, hash before and entry', () => {
    const text = `["guildhall ledger v2",0,"${'0'.repeat(64)}",{"at":1,"kind":"opened","salt":"${'5a'.repeat(32)}"}]`;
    expect(records[0]?.hash).to.equal(createHash('sha256').update(text).digest('hex'));
    const second = `["guildhall ledger v2",1,"${records[0]?.hash}",{"at":2,"contractSha256":"${'01'.repeat(32)}","job":"reranker","kind":"joined","round":1}]`;
    expect(records[1]?.hash).to.equal(createHash('sha256').update(second).digest('hex'));
  });

  it('depends on the salt at every record, and on no other part alone', () => {
    const salted = chainOf([{ ...OPENED, salt: '5b'.repeat(32) }, ...ENTRIES.slice(1)]);
    records.forEach(({ hash }, at) => expect(salted.records[at]?.hash).not.to.equal(hash));
  });

  it('names the record of which any field was edited, added or removed', () => {
    for (const [at, record] of records.entries()) {
      for (const [name, value] of Object.entries(record.entry)) {
        if (name === 'kind') continue;
        const other: unknown =
          typeof value === 'number' ? value + 1 : typeof value === 'string' ? `${value}x` : [value, 'x'];
        const entry = { ...record.entry, [name]: other };
        if (name === 'lostHeads') continue;
        const error = expectCode(() => verifyLedger(replaced(records, at, { entry })), 'LEDGER_CORRUPT');
        expect(error.details, name).to.include({ record: at });
      }
    }
    const lowered = { kind: 'spent', ...spending(2), release: { kind: 'pure', epsilon: 0, sensitivity: 4 } } as const;
    expectCode(() => verifyLedger(replaced(records, 2, { entry: lowered })), 'LEDGER_CORRUPT');
  });

  it('breaks where a record was removed, swapped or inserted', () => {
    const [first, second] = records;
    if (first === undefined || second === undefined) throw new Error('the chain has records');
    expectCode(() => verifyLedger([first, ...records.slice(2)]), 'LEDGER_CORRUPT');
    expectCode(() => verifyLedger([second, first, ...records.slice(2)]), 'LEDGER_CORRUPT');
    expectCode(() => verifyLedger([first, second, ...records.slice(1)]), 'LEDGER_CORRUPT');
  });

  it('is opened once, by its first record', () => {
    const joined = ENTRIES.slice(1, 2);
    expectCode(() => verifyLedger(chainOf(joined).records), 'LEDGER_CORRUPT');
    expectCode(() => verifyLedger(chainOf([OPENED, OPENED]).records), 'LEDGER_CORRUPT');
    verifyLedger(chainOf([OPENED, ...joined]).records);
  });

  it('is rolled back when it ends before the kept head, and corrupt when it differs there; more is welcome', () => {
    expectCode(() => verifyLedger(records.slice(0, -1), head), 'LEDGER_ROLLED_BACK');
    expectCode(() => verifyLedger([], head), 'LEDGER_ROLLED_BACK');
    const other = chainOf([OPENED, ...ENTRIES.slice(2)]);
    expectCode(() => verifyLedger(records, other.head), 'LEDGER_CORRUPT');
    const earlier = records[3];
    if (earlier === undefined) throw new Error('the chain has records');
    expect(verifyLedger(records, headAfter(earlier))).to.deep.equal(head);
  });

  it('saves the longest sound beginning of a damaged chain', () => {
    expect(soundPrefix(records)).to.deep.equal(records);
    expect(soundPrefix(replaced(records, 3, { hash: '00'.repeat(32) }))).to.deep.equal(records.slice(0, 3));
    expect(soundPrefix(records.slice(1))).to.deep.equal([]);
  });

  it('refuses to record what cannot be', () => {
    const impossible: JournalEntry[] = [
      { kind: 'opened', salt: 'short', at: 1 },
      { kind: 'joined', job: 'a', round: -1, contractSha256: '01'.repeat(32), at: 1 },
      { kind: 'refused', job: 'a', round: 1, contractSha256: 'no hash', code: 'INTERNAL', at: 1 },
      { kind: 'refused', job: 'a', round: 1, contractSha256: '01'.repeat(32), code: 'INTERNAL', at: NaN },
      { kind: 'unmasked', modelSha256: 'x', survivors: [], at: 1 },
      { kind: 'resolved', by: 'a', reason: 'b', code: 'c', lostHeads: ['x'], at: 1 },
      { kind: 'spent', ...spending(2), steps: 0 },
      { kind: 'spent', ...spending(2), release: { kind: 'pure', epsilon: NaN, sensitivity: 1 } },
      { kind: 'spent', ...spending(2), release: { kind: 'pure', epsilon: -1, sensitivity: 1 } },
    ];
    for (const entry of impossible) expect(() => nextRecord(EMPTY_LEDGER, entry)).to.throw(RangeError, /impossible/);
  });
});

describe('privacy: what spendings count as', () => {
  const gaussian = (samplingRate: number): LedgerEntry => ({
    ...spending(2),
    release: { kind: 'discreteGaussian', noiseMultiplier: 2, samplingRate, sensitivity: 10, delta: 1e-6 },
  });

  it('is a discrete Gaussian, which loss distributions take as the continuous one of 9 quanta² less variance', () => {
    expect(eventsOf([gaussian(1)])).to.deep.equal([
      { kind: 'discreteGaussian', deviation: 20, sensitivity: 10, samplingRate: 1, steps: 1 },
    ]);
    const narrower = { kind: 'gaussian', noiseMultiplier: Math.sqrt(391) / 10, steps: 1 } as const;
    for (const samplingRate of [1, 0.1]) {
      const counted = pldEpsilon(eventsOf([gaussian(samplingRate)]), 1e-6);
      expect(counted).to.be.closeTo(pldEpsilon([{ ...narrower, samplingRate }], 1e-6), 1e-9);
      const wide = { kind: 'gaussian', noiseMultiplier: 2, samplingRate, steps: 1 } as const;
      expect(counted, 'the control: as if it were continuous').to.be.above(pldEpsilon([wide], 1e-6) + 1e-3);
    }
  });

  it('is by Rényi divergences, unsampled, that of the continuous Gaussian of equal deviation', () => {
    const continuous = { kind: 'gaussian', noiseMultiplier: 2, samplingRate: 1, steps: 1 } as const;
    expect(epsilonOf(eventsOf([gaussian(1)]), 1e-6)).to.equal(epsilonOf([continuous], 1e-6));
  });
});
