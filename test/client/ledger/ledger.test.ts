import { expect } from 'chai';
import Database from 'libsql';
import { copyFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Ledger } from '../../../client/ledger/ledger.js';
import type { LedgerEntry } from '../../../privacy/index.js';
import { codeOf, temporaryDirectory } from '../workspace.js';

const NOW = Date.UTC(2026, 0, 15);
const BUDGET = { epsilonTotal: 3, epsilonPerPeriod: 2, period: 'year', delta: 1e-6 } as const;

const contract = (round: number): Uint8Array => new Uint8Array(32).fill(round);
const entry = (round: number, epsilon = 0.5, spentAt = NOW): LedgerEntry => ({
  contractSha256: Buffer.from(contract(round)).toString('hex'),
  job: 'counts',
  round,
  release: { kind: 'pure', epsilon, sensitivity: 1 },
  spentAt,
});
const name = (round: number, job = 'counts') => ({ job, round, contractSha256: contract(round) });

describe('the ledger', () => {
  let workspace: ReturnType<typeof temporaryDirectory>;
  let paths: { ledger: string; anchor: string };
  const alter = (sql: string): void => {
    const db = new Database(paths.ledger);
    db.exec(sql);
    db.close();
  };
  const spendTwice = (): void => {
    const ledger = Ledger.open(paths);
    ledger.spend(entry(1), BUDGET);
    ledger.spend(entry(2), BUDGET);
    ledger.close();
  };
  const openingCode = () => codeOf(() => Ledger.open(paths));

  beforeEach(() => {
    workspace = temporaryDirectory();
    paths = { ledger: join(workspace.path, 'ledger.sqlite'), anchor: join(workspace.path, 'ledger.anchor') };
    Ledger.create(paths).close();
  });
  afterEach(() => {
    workspace.remove();
  });

  it('keeps every spending across restarts and counts it on', () => {
    spendTwice();
    const ledger = Ledger.open(paths);
    expect(ledger.entries).to.deep.equal([entry(1), entry(2)]);
    ledger.spend(entry(3), BUDGET);
    ledger.close();
    const again = Ledger.open(paths);
    expect(again.entries.map(({ round }) => round)).to.deep.equal([1, 2, 3]);
    again.close();
  });

  it('refuses what the budget does not allow, in the period and in total, and writes nothing', () => {
    const ledger = Ledger.open(paths);
    for (const round of [1, 2, 3, 4]) ledger.spend(entry(round), BUDGET);
    expect(codeOf(() => ledger.spend(entry(5), BUDGET))).to.equal('BUDGET_EXHAUSTED');
    const nextYear = Date.UTC(2027, 0, 2);
    ledger.spend(entry(6, 1, nextYear), BUDGET);
    expect(codeOf(() => ledger.spend(entry(7, 0.5, nextYear), BUDGET))).to.equal('BUDGET_EXHAUSTED');
    expect(ledger.entries).to.have.length(5);
    ledger.close();
  });

  it('fails closed when its file or its anchor is missing', () => {
    copyFileSync(paths.ledger, `${paths.ledger}.kept`);
    rmSync(paths.ledger);
    expect(openingCode()).to.equal('LEDGER_MISSING');
    copyFileSync(`${paths.ledger}.kept`, paths.ledger);
    rmSync(paths.anchor);
    expect(openingCode()).to.equal('LEDGER_MISSING');
  });

  it('fails closed when its file is no database, empty, cut short or of another layout', () => {
    spendTwice();
    const whole = readFileSync(paths.ledger);
    writeFileSync(paths.ledger, 'garbage '.repeat(200));
    expect(openingCode()).to.equal('LEDGER_UNREADABLE');
    writeFileSync(paths.ledger, '');
    expect(openingCode()).to.equal('LEDGER_UNREADABLE');
    writeFileSync(paths.ledger, whole);
    truncateSync(paths.ledger, whole.length - 4096);
    expect(openingCode()).to.equal('LEDGER_UNREADABLE');
    writeFileSync(paths.ledger, whole);
    alter('PRAGMA user_version = 7');
    expect(openingCode()).to.equal('LEDGER_UNREADABLE');
  });

  it('fails closed when an entry was edited, removed, swapped or added by hand', () => {
    spendTwice();
    const whole = readFileSync(paths.ledger);
    const edits = [
      `UPDATE entries SET entry = replace(entry, '0.5', '0.1') WHERE sequence = 0`,
      'DELETE FROM entries WHERE sequence = 0',
      'DELETE FROM entries WHERE sequence = 1',
      `UPDATE entries SET hash = previous, previous = hash WHERE sequence = 1`,
      `INSERT INTO entries SELECT 2, hash, entry, hash FROM entries WHERE sequence = 1`,
      `UPDATE entries SET entry = 'not json' WHERE sequence = 1`,
    ];
    for (const edit of edits) {
      writeFileSync(paths.ledger, whole);
      alter(edit);
      expect(openingCode(), edit).to.equal('LEDGER_CORRUPT');
    }
    writeFileSync(paths.ledger, whole);
    Ledger.open(paths).close();
  });

  it('fails closed when an older copy of the file was put back', () => {
    const ledger = Ledger.open(paths);
    ledger.spend(entry(1), BUDGET);
    copyFileSync(paths.ledger, `${paths.ledger}.old`);
    ledger.spend(entry(2), BUDGET);
    ledger.close();
    copyFileSync(`${paths.ledger}.old`, paths.ledger);
    expect(openingCode()).to.equal('LEDGER_CORRUPT');
  });

  it('opens when a crash came between the entry and its anchor: what was written stays spent', () => {
    const ledger = Ledger.open(paths);
    ledger.spend(entry(1), BUDGET);
    const anchor = readFileSync(paths.anchor);
    ledger.spend(entry(2), BUDGET);
    ledger.close();
    writeFileSync(paths.anchor, anchor);
    const again = Ledger.open(paths);
    expect(again.entries).to.have.length(2);
    again.close();
  });

  it('knows every round that it began, by job and round and by contract, also after a restart', () => {
    const ledger = Ledger.open(paths);
    ledger.join(name(1), NOW);
    expect(codeOf(() => ledger.join(name(1), NOW))).to.equal('ROUND_ALREADY_JOINED');
    ledger.close();
    const again = Ledger.open(paths);
    expect(again.hasJoined(name(1))).to.equal(true);
    expect(again.hasJoined({ ...name(1), contractSha256: contract(9) }), 'same round, other contract').to.equal(true);
    expect(again.hasJoined({ job: 'other', round: 7, contractSha256: contract(1) }), 'same contract').to.equal(true);
    expect(again.hasJoined(name(2))).to.equal(false);
    again.spend(entry(2), BUDGET);
    expect(again.hasJoined(name(2)), 'paid for').to.equal(true);
    again.close();
  });

  it('counts rounds of the last day, records refusals once, and adds up bytes', () => {
    const ledger = Ledger.open(paths);
    ledger.join(name(1), NOW - 90_000_000);
    ledger.join(name(2), NOW);
    expect(ledger.roundsSince(NOW - 86_400_000)).to.equal(1);
    ledger.recordRefusal(name(3), 'POLICY_NOISE', NOW);
    ledger.recordRefusal(name(3), 'POLICY_NOISE', NOW + 1);
    expect(ledger.refusals()).to.deep.equal([
      { contractSha256: '03'.repeat(32), job: 'counts', round: 3, code: 'POLICY_NOISE', refusedAt: NOW },
    ]);
    ledger.addBytesSent(10);
    ledger.addBytesSent(32);
    expect(ledger.bytesSent()).to.equal(42);
    ledger.close();
  });

  it('survives a process that is killed right after spending', () => {
    const script = `
      import { Ledger } from '../../../client/ledger/ledger.js';
      const ledger = Ledger.open(${JSON.stringify(paths)});
      ledger.join({ job: 'counts', round: 1, contractSha256: new Uint8Array(32).fill(1) }, ${NOW});
      ledger.spend(${JSON.stringify(entry(1))}, ${JSON.stringify(BUDGET)});
      process.kill(process.pid, 'SIGKILL');
    `;
    const child = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    });
    expect(child.signal, child.stderr).to.equal('SIGKILL');
    const ledger = Ledger.open(paths);
    expect(ledger.entries).to.deep.equal([entry(1)]);
    expect(ledger.hasJoined(name(1))).to.equal(true);
    ledger.close();
  });
});
