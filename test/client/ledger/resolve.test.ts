import { expect } from 'chai';
import Database from 'libsql';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ledger } from '../../../client/ledger/ledger.js';
import type { LedgerPaths } from '../../../client/ledger/ledger.js';
import { RESOLUTION_JOB, resolveLedger } from '../../../client/ledger/resolve.js';
import { statePaths } from '../../../client/state/directory.js';
import type { LedgerEntry } from '../../../privacy/index.js';
import { codeOf, temporaryDirectory } from '../workspace.js';

const NOW = Date.UTC(2026, 0, 15);
const BUDGET = { epsilonTotal: 8, epsilonPerPeriod: 8, period: 'year', delta: 1e-6 } as const;
const DECISION = { by: 'D. P. Officer', reason: 'the disk was restored from Monday', charge: 8, now: NOW };

const entry = (round: number): LedgerEntry => ({
  contractSha256: String(round).repeat(64),
  job: 'counts',
  round,
  steps: 10,
  release: { kind: 'pure', epsilon: 0.5, sensitivity: 1 },
  spentAt: NOW,
});

describe('resolving a damaged ledger', () => {
  let workspace: ReturnType<typeof temporaryDirectory>;
  let paths: LedgerPaths;

  const spend = (...rounds: number[]): void => {
    const ledger = Ledger.open(paths);
    for (const round of rounds) ledger.spend(entry(round), BUDGET);
    ledger.close();
  };
  const opened = <T>(look: (ledger: Ledger) => T): T => {
    const ledger = Ledger.open(paths);
    try {
      return look(ledger);
    } finally {
      ledger.close();
    }
  };

  beforeEach(() => {
    workspace = temporaryDirectory();
    paths = statePaths(workspace.path);
    Ledger.create(paths, NOW).close();
    spend(1, 2);
  });
  afterEach(() => {
    workspace.remove();
  });

  it('is refused while the ledger is whole, and changes nothing', () => {
    const before = opened(({ head }) => head);
    expect(codeOf(() => resolveLedger(paths, DECISION))).to.equal('LEDGER_SOUND');
    expect(opened(({ head }) => head)).to.deep.equal(before);
  });

  it('goes on from a rolled-back ledger with what it holds, a charge, and the newer heads given up by name', () => {
    const newest = opened(({ head }) => head.hash);
    const backup = join(workspace.path, 'backup.sqlite');
    cpSync(paths.ledger, backup);
    spend(3);
    const lost = opened(({ head }) => head.hash);
    cpSync(backup, paths.ledger);
    expect(codeOf(() => Ledger.open(paths))).to.equal('LEDGER_ROLLED_BACK');
    const resolved = resolveLedger(paths, DECISION);
    expect(resolved).to.include({ code: 'LEDGER_ROLLED_BACK', saved: 3, charged: 8 });
    opened((ledger) => {
      expect(ledger.entries.map(({ job, round }) => [job, round])).to.deep.equal([
        ['counts', 1],
        ['counts', 2],
        [RESOLUTION_JOB, 0],
      ]);
      expect(ledger.records.find((record) => record.entry.kind === 'resolved')?.entry).to.include({
        by: DECISION.by,
        reason: DECISION.reason,
        code: 'LEDGER_ROLLED_BACK',
      });
      ledger.requireCountersigned(newest);
      ledger.requireCountersigned(lost);
      expect(codeOf(() => ledger.requireCountersigned('ab'.repeat(32)))).to.equal('LEDGER_ROLLED_BACK');
    });
  });

  it('charges so much that the budget is used up, unless a person says less by a number', () => {
    rmSync(paths.ledger);
    resolveLedger(paths, DECISION);
    opened((ledger) => expect(codeOf(() => ledger.spend(entry(4), BUDGET))).to.equal('BUDGET_EXHAUSTED'));
    rmSync(paths.ledger);
    expect(resolveLedger(paths, { ...DECISION, charge: 2 }).code).to.equal('LEDGER_MISSING');
    opened((ledger) => ledger.spend(entry(4), BUDGET));
  });

  it('saves what is sound before an edit, and nothing of what cannot be read', () => {
    const db = new Database(paths.ledger);
    db.exec(`UPDATE records SET entry = replace(entry, '0.5', '0.1') WHERE sequence = 2`);
    db.close();
    expect(resolveLedger(paths, DECISION)).to.include({ code: 'LEDGER_CORRUPT', saved: 2 });
    expect(opened(({ entries }) => entries.map(({ round }) => round))).to.deep.equal([1, 0]);
    writeFileSync(paths.ledger, 'garbage '.repeat(200));
    expect(resolveLedger(paths, DECISION)).to.include({ code: 'LEDGER_UNREADABLE', saved: 0 });
    expect(opened(({ entries }) => entries.map(({ job }) => job))).to.deep.equal([RESOLUTION_JOB]);
  });

  it('saves what is sound before a record that is none', () => {
    const db = new Database(paths.ledger);
    db.exec(`UPDATE records SET entry = 'not json' WHERE sequence = 2`);
    db.close();
    expect(resolveLedger(paths, { ...DECISION, charge: 0.5 })).to.include({ code: 'LEDGER_CORRUPT', saved: 2 });
    expect(opened(({ entries }) => entries.map(({ round }) => round))).to.deep.equal([1, 0]);
  });

  it('sets the old files aside as they were, and leaves no journal to be played back into the new one', () => {
    const garbage = 'garbage '.repeat(200);
    const anchor = readFileSync(paths.anchor, 'utf8');
    writeFileSync(paths.ledger, garbage);
    writeFileSync(`${paths.ledger}-journal`, 'a journal');
    const { setAside } = resolveLedger(paths, DECISION);
    expect(setAside.map((file) => readFileSync(file, 'utf8'))).to.include.members([garbage, anchor]);
    expect(existsSync(`${paths.ledger}-journal`)).to.equal(false);
    opened(() => undefined);
  });

  it('that was interrupted before the anchor is needed again, and is charged again', () => {
    rmSync(paths.anchor);
    const anchor = join(workspace.path, 'old.anchor');
    resolveLedger(paths, { ...DECISION, charge: 1 });
    cpSync(paths.anchor, anchor);
    // As if the anchor had stayed the one of a longer, other ledger.
    writeFileSync(paths.anchor, JSON.stringify({ length: 9, hash: 'ab'.repeat(32) }));
    expect(codeOf(() => Ledger.open(paths))).to.equal('LEDGER_ROLLED_BACK');
    resolveLedger(paths, { ...DECISION, charge: 1 });
    expect(opened(({ entries }) => entries.filter(({ job }) => job === RESOLUTION_JOB))).to.have.length(2);
  });
});
