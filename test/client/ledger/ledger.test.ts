import { expect } from 'chai';
import Database from 'libsql';
import { copyFileSync, existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { Ledger } from '../../../client/ledger/ledger.js';
import type { LedgerPaths } from '../../../client/ledger/ledger.js';
import { statePaths } from '../../../client/state/directory.js';
import { eventsOf } from '../../../privacy/index.js';
import type { LedgerEntry } from '../../../privacy/index.js';
import { codeOf, temporaryDirectory } from '../workspace.js';

const NOW = Date.UTC(2026, 0, 15);
const BUDGET = { epsilonTotal: 3, epsilonPerPeriod: 2, period: 'year', delta: 1e-6 } as const;

const contract = (round: number): Uint8Array => new Uint8Array(32).fill(round);
const entry = (round: number, epsilon = 0.5, spentAt = NOW): LedgerEntry => ({
  contractSha256: Buffer.from(contract(round)).toString('hex'),
  job: 'counts',
  round,
  steps: 10,
  release: { kind: 'pure', epsilon, sensitivity: 1 },
  spentAt,
});
const name = (round: number, job = 'counts') => ({ job, round, contractSha256: contract(round) });

describe('the ledger', () => {
  let workspace: ReturnType<typeof temporaryDirectory>;
  let paths: LedgerPaths;
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
  const openingCode = () => codeOf(() => Ledger.open(paths).close());

  beforeEach(() => {
    workspace = temporaryDirectory();
    paths = statePaths(workspace.path);
    Ledger.create(paths, NOW).close();
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

  it('keeps how often one round of local training released, and counts each', () => {
    const release = {
      kind: 'discreteGaussian',
      noiseMultiplier: 4,
      samplingRate: 0.1,
      sensitivity: 500,
      delta: 1e-6,
      repetitions: 20,
    } as const;
    const ledger = Ledger.open(paths);
    ledger.spend({ ...entry(1), release }, BUDGET);
    ledger.close();
    const again = Ledger.open(paths);
    expect(again.entries.map((kept) => kept.release)).to.deep.equal([release]);
    expect(eventsOf(again.entries)).to.have.nested.property('[0].steps', 20);
    expect(() => again.spend({ ...entry(2), release: { ...release, repetitions: 0 } }, BUDGET)).to.throw(RangeError);
    again.close();
  });

  it('refuses what the budget does not allow, in the period and in total, and writes nothing', () => {
    const ledger = Ledger.open(paths);
    for (const round of [1, 2, 3, 4]) ledger.spend(entry(round), BUDGET);
    const head = ledger.head;
    expect(codeOf(() => ledger.spend(entry(5), BUDGET))).to.equal('BUDGET_EXHAUSTED');
    expect(ledger.head).to.deep.equal(head);
    const nextYear = Date.UTC(2027, 0, 2);
    ledger.spend(entry(6, 1, nextYear), BUDGET);
    expect(codeOf(() => ledger.spend(entry(7, 0.5, nextYear), BUDGET))).to.equal('BUDGET_EXHAUSTED');
    expect(ledger.entries).to.have.length(5);
    ledger.close();
  });

  it('counts what was spent while the clock was set back in the period that had begun, also after a restart', () => {
    const ledger = Ledger.open(paths);
    ledger.spend(entry(1), BUDGET);
    const yearBefore = Date.UTC(2025, 11, 31);
    for (const round of [2, 3, 4]) ledger.spend(entry(round, 0.5, yearBefore), BUDGET);
    expect(codeOf(() => ledger.spend(entry(5), BUDGET))).to.equal('BUDGET_EXHAUSTED');
    ledger.close();
    const again = Ledger.open(paths);
    expect(codeOf(() => again.spend(entry(5), BUDGET))).to.equal('BUDGET_EXHAUSTED');
    expect(again.records.at(-1)?.entry, 'the record keeps what the clock said').to.include({ spentAt: yearBefore });
    again.spend(entry(5, 0.5, Date.UTC(2027, 0, 2)), BUDGET);
    again.close();
  });

  it('begins with a salt of its own, so that equal histories have unrelated heads', () => {
    const other = temporaryDirectory();
    Ledger.create(statePaths(other.path), NOW).close();
    const heads = [paths, statePaths(other.path)].map((each) => {
      const ledger = Ledger.open(each);
      ledger.spend(entry(1), BUDGET);
      ledger.close();
      return ledger.head;
    });
    expect(heads[0]?.length).to.equal(heads[1]?.length);
    expect(heads[0]?.hash).not.to.equal(heads[1]?.hash);
    other.remove();
  });

  it('is readable by its owner alone: it holds the salt', function () {
    if (process.platform === 'win32') this.skip();
    expect(statSync(paths.ledger).mode & 0o777).to.equal(0o600);
  });

  it('fails closed when its file or its anchor is missing', () => {
    copyFileSync(paths.ledger, `${paths.ledger}.kept`);
    rmSync(paths.ledger);
    expect(openingCode()).to.equal('LEDGER_MISSING');
    copyFileSync(`${paths.ledger}.kept`, paths.ledger);
    Ledger.open(paths).close();
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
    Ledger.open(paths).close();
    alter('PRAGMA user_version = 7');
    expect(openingCode()).to.equal('LEDGER_UNREADABLE');
  });

  it('fails closed when anchor or receipt cannot be read', () => {
    for (const file of [paths.anchor, paths.receipt]) {
      const whole = existsSync(file) ? readFileSync(file) : undefined;
      writeFileSync(file, '{}');
      expect(openingCode()).to.equal('LEDGER_UNREADABLE');
      if (whole === undefined) rmSync(file);
      else writeFileSync(file, whole);
      Ledger.open(paths).close();
    }
  });

  it('fails closed when a record was edited, removed, swapped or added by hand', () => {
    spendTwice();
    const whole = readFileSync(paths.ledger);
    const edits = [
      `UPDATE records SET entry = replace(entry, '0.5', '0.1') WHERE sequence = 1`,
      'DELETE FROM records WHERE sequence = 0',
      'DELETE FROM records WHERE sequence = 1',
      `UPDATE records SET hash = previous, previous = hash WHERE sequence = 2`,
      `INSERT INTO records SELECT 3, hash, entry, hash FROM records WHERE sequence = 2`,
      `UPDATE records SET entry = 'not json' WHERE sequence = 2`,
    ];
    for (const edit of edits) {
      writeFileSync(paths.ledger, whole);
      alter(edit);
      expect(openingCode(), edit).to.equal('LEDGER_CORRUPT');
    }
    writeFileSync(paths.ledger, whole);
    Ledger.open(paths).close();
  });

  it('fails closed when records were cut off at the end, whatever they say', () => {
    const ledger = Ledger.open(paths);
    ledger.spend(entry(1), BUDGET);
    ledger.recordRefusal(name(2), 'POLICY_NOISE', NOW);
    ledger.close();
    alter('DELETE FROM records WHERE sequence = 2');
    expect(openingCode()).to.equal('LEDGER_ROLLED_BACK');
  });

  it('fails closed when an older copy of the file was put back', () => {
    const ledger = Ledger.open(paths);
    ledger.spend(entry(1), BUDGET);
    copyFileSync(paths.ledger, `${paths.ledger}.old`);
    ledger.spend(entry(2), BUDGET);
    ledger.close();
    copyFileSync(`${paths.ledger}.old`, paths.ledger);
    expect(openingCode()).to.equal('LEDGER_ROLLED_BACK');
  });

  it('fails closed when file and anchor are old together but a receipt names a newer head', () => {
    const ledger = Ledger.open(paths);
    ledger.spend(entry(1), BUDGET);
    for (const file of [paths.ledger, paths.anchor]) copyFileSync(file, `${file}.old`);
    ledger.spend(entry(2), BUDGET);
    const newest = ledger.head.hash;
    ledger.keepReceipt({ ledgerHead: newest, receipt: 'AAAA' });
    ledger.close();
    Ledger.open(paths).close();
    for (const file of [paths.ledger, paths.anchor]) copyFileSync(`${file}.old`, file);
    expect(openingCode()).to.equal('LEDGER_ROLLED_BACK');
    // All three restored from one backup: only the coordinator's newest receipt still knows.
    rmSync(paths.receipt);
    const restored = Ledger.open(paths);
    expect(codeOf(() => restored.requireCountersigned(newest))).to.equal('LEDGER_ROLLED_BACK');
    restored.requireCountersigned(restored.head.hash);
    restored.close();
  });

  it('opens when a crash came between the record and its anchor: what was written stays spent', () => {
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

  it('keeps cohorts by model, sorted, also after a restart', () => {
    const ledger = Ledger.open(paths);
    ledger.recordCohort(contract(1), ['b', 'a'], NOW);
    ledger.close();
    const again = Ledger.open(paths);
    expect(again.cohorts(contract(1))).to.deep.equal([['a', 'b']]);
    expect(again.cohorts(contract(2))).to.deep.equal([]);
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
      { contractSha256: '03'.repeat(32), job: 'counts', round: 3, code: 'POLICY_NOISE', at: NOW },
    ]);
    ledger.addBytesSent(10);
    ledger.addBytesSent(32);
    expect(ledger.bytesSent()).to.equal(42);
    ledger.close();
  });
});
