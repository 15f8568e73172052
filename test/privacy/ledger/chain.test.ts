import { expect } from 'chai';
import { EMPTY_LEDGER, eventsOf, headAfter, nextRecord, verifyLedger } from '../../../privacy/index.js';
import type { LedgerEntry, LedgerHead, LedgerRecord } from '../../../privacy/index.js';
import { expectCode } from '../../expect-code.js';

function entry(round: number): LedgerEntry {
  return {
    contractSha256: round.toString(16).padStart(64, '0'),
    job: round < 3 ? 'reranker' : 'counts',
    round,
    release:
      round % 2 === 0
        ? { kind: 'gaussian', noiseMultiplier: 1.25 + round, samplingRate: 0.1, sensitivity: 510.5, delta: 1e-6 }
        : { kind: 'pure', epsilon: 0.1 + 0.2, sensitivity: 4 },
    spentAt: 1_700_000_000_000 + round,
  };
}

function chain(length: number): { records: LedgerRecord[]; head: LedgerHead } {
  const records: LedgerRecord[] = [];
  let head = EMPTY_LEDGER;
  for (let round = 0; round < length; round++) {
    const record = nextRecord(head, entry(round));
    records.push(record);
    head = headAfter(record);
  }
  return { records, head };
}

function replaced(records: readonly LedgerRecord[], at: number, change: Partial<LedgerRecord>): LedgerRecord[] {
  return records.map((record, i) => (i === at ? { ...record, ...change } : record));
}

describe('privacy: the ledger as a hash chain', () => {
  it('verifies, and gives the head to append to', () => {
    const { records, head } = chain(5);
    expect(verifyLedger(records)).to.deep.equal(head);
    expect(verifyLedger(records, head)).to.deep.equal(head);
    expect(verifyLedger([])).to.deep.equal(EMPTY_LEDGER);
  });

  it('survives storage as JSON bit for bit', () => {
    const { records, head } = chain(5);
    const stored = JSON.parse(JSON.stringify(records)) as LedgerRecord[];
    expect(verifyLedger(stored, head)).to.deep.equal(head);
  });

  it('keeps its format: two fixed entries end in this hash (computed independently)', () => {
    expect(chain(2).head.hash).to.equal('01edb21d42faf41dce3c1b97ce3a78151a4e4da5443ab0087147dcc9d6a3c222');
  });

  it('names the entry whose any field was edited', () => {
    const { records } = chain(5);
    const original = entry(2);
    const edits: LedgerEntry[] = [
      { ...original, contractSha256: 'f'.repeat(64) },
      { ...original, job: 'other' },
      { ...original, round: 7 },
      { ...original, spentAt: original.spentAt + 1 },
    ];
    if (original.release.kind === 'gaussian') {
      const { release } = original;
      edits.push(
        { ...original, release: { ...release, noiseMultiplier: release.noiseMultiplier + 2 ** -50 } },
        { ...original, release: { ...release, samplingRate: 0.05 } },
        { ...original, release: { ...release, sensitivity: 1 } },
        { ...original, release: { ...release, delta: 1e-7 } },
        { ...original, release: { kind: 'pure', epsilon: 0.001, sensitivity: 1 } },
      );
    }
    for (const edited of edits) {
      const error = expectCode(() => verifyLedger(replaced(records, 2, { entry: edited })), 'LEDGER_CORRUPT');
      expect(error.details.entry).to.equal(2);
    }
  });

  it('names the place where an entry was removed, swapped, repeated or put in', () => {
    const { records } = chain(5);
    const [first, second, third, ...rest] = records;
    if (first === undefined || second === undefined || third === undefined) throw new Error('five records expected');
    const broken: [LedgerRecord[], number][] = [
      [[second, third, ...rest], 0],
      [[first, third, ...rest], 1],
      [[first, third, second, ...rest], 1],
      [[first, second, second, third, ...rest], 2],
    ];
    for (const [given, at] of broken) {
      const error = expectCode(() => verifyLedger(given), 'LEDGER_CORRUPT');
      expect(error.details.entry).to.equal(at);
    }
  });

  it('notices a cut end and a rollback by the head kept elsewhere, which a rewritten chain cannot match', () => {
    const { records, head } = chain(5);
    const cut = expectCode(() => verifyLedger(records.slice(0, 3), head), 'LEDGER_CORRUPT');
    expect(cut.details.entry).to.equal(3);
    expectCode(() => verifyLedger([], head), 'LEDGER_CORRUPT');
    const rewritten: LedgerRecord[] = [];
    let other = EMPTY_LEDGER;
    for (let round = 0; round < 5; round++) {
      const record = nextRecord(other, { ...entry(round), job: 'cheaper' });
      rewritten.push(record);
      other = headAfter(record);
    }
    expect(verifyLedger(rewritten).length, 'consistent by itself').to.equal(5);
    const error = expectCode(() => verifyLedger(rewritten, head), 'LEDGER_CORRUPT');
    expect(error.details.entry).to.equal(4);
  });

  it('accepts a chain longer than the kept head: the crash came between the two writes', () => {
    const { records, head } = chain(5);
    const kept = chain(4).head;
    expect(verifyLedger(records, kept)).to.deep.equal(head);
  });

  it('refuses impossible values, stored or to be written', () => {
    const gaussian = { kind: 'gaussian', noiseMultiplier: 1, samplingRate: 1, sensitivity: 1, delta: 0 } as const;
    const impossible: LedgerEntry[] = [
      { ...entry(0), contractSha256: 'abc' },
      { ...entry(0), round: -1 },
      { ...entry(0), spentAt: NaN },
      { ...entry(0), release: { ...gaussian, noiseMultiplier: NaN } },
      { ...entry(0), release: { ...gaussian, noiseMultiplier: 0 } },
      { ...entry(0), release: { ...gaussian, samplingRate: 1.5 } },
      { ...entry(0), release: { ...gaussian, sensitivity: -1 } },
      { ...entry(0), release: { ...gaussian, delta: 1 } },
      { ...entry(0), release: { kind: 'pure', epsilon: -1, sensitivity: 1 } },
    ];
    const { records } = chain(1);
    for (const bad of impossible) {
      expect(() => nextRecord(EMPTY_LEDGER, bad)).to.throw(RangeError);
      expectCode(() => verifyLedger(replaced(records, 0, { entry: bad })), 'LEDGER_CORRUPT');
    }
  });

  it('gives the accountant one event an entry', () => {
    expect(eventsOf([entry(0), entry(1)])).to.deep.equal([
      { kind: 'gaussian', noiseMultiplier: 1.25, samplingRate: 0.1, steps: 1 },
      { kind: 'pure', epsilon: 0.1 + 0.2 },
    ]);
  });
});
