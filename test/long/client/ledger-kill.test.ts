import { expect } from 'chai';
import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Ledger } from '../../../client/ledger/ledger.js';
import type { LedgerPaths } from '../../../client/ledger/ledger.js';
import { statePaths } from '../../../client/state/directory.js';
import { NAME, NOW, SPENDING } from '../../client/ledger/spending.js';
import { temporaryDirectory } from '../../client/workspace.js';

const CHILD = join(import.meta.dirname, '..', '..', 'client', 'ledger', 'spending-child.ts');
/** Everything by which SQLite and the anchor change the disk, and everything that makes a change durable. */
const CALLS = ['pwrite64', 'ftruncate', 'unlink', 'rename', 'fsync', 'fdatasync'] as const;
const TOGETHER = 2;

type Order = 'write-first' | 'tell-first';
interface Death {
  readonly call: string;
  readonly nth: number;
  /** What the child had said: after "spent" an input may leave. */
  readonly said: string;
  readonly joined: boolean;
  readonly spendings: number;
}

/** Whether this machine can stop a process at a chosen system call. */
const canTrace = spawnSync('strace', ['-f', '-e', 'trace=none', 'true']).status === 0;

/** The paths whose system calls count: the ledger's file, its journal, its anchor, and their folder. */
const watched = ({ ledger, anchor }: LedgerPaths, folder: string): string[] =>
  [ledger, `${ledger}-journal`, anchor, folder].flatMap((path) => ['-P', path]);

/** Kills a recording child at the nth call of a kind. @returns what it left; undefined when it ended before that */
async function killAt(order: Order, call: string, nth: number): Promise<Death | undefined> {
  const workspace = temporaryDirectory();
  const { ledger: file, anchor, receipt } = statePaths(workspace.path);
  const paths = { ledger: file, anchor, receipt };
  Ledger.create(paths, NOW).close();
  // strace matches a path only with a call's first one, and the anchor is what its temporary file becomes.
  const filter = call === 'rename' ? [] : watched(paths, workspace.path);
  const args = ['-f', '-qq', '-o', '/dev/null', ...filter];
  const inject = ['-e', `trace=${call}`, '-e', `inject=${call}:signal=SIGKILL:when=${nth}`];
  const child = [process.execPath, '--import', 'tsx', CHILD, order, JSON.stringify(paths)];
  const { said, ended } = await new Promise<{ said: string; ended: boolean }>((resolve) => {
    execFile('strace', [...args, ...inject, ...child], (error, stdout) =>
      resolve({ said: stdout, ended: error === null }),
    );
  });
  try {
    if (ended) return undefined;
    const ledger = Ledger.open(paths);
    const left = { call, nth, said, joined: ledger.hasJoined(NAME), spendings: ledger.entries.length };
    if (left.spendings > 0) expect(ledger.entries).to.deep.equal([SPENDING]);
    ledger.close();
    return left;
  } finally {
    workspace.remove();
  }
}

/** Deaths at every call of every kind, one run each. */
async function everyDeath(order: Order): Promise<Death[]> {
  const deaths: Death[] = [];
  const sweep = async (call: string): Promise<void> => {
    for (let nth = 1; ; nth += 1) {
      const death = await killAt(order, call, nth);
      if (death === undefined) return;
      deaths.push(death);
    }
  };
  const waiting = [...CALLS];
  const worker = async (): Promise<void> => {
    for (let call = waiting.shift(); call !== undefined; call = waiting.shift()) await sweep(call);
  };
  await Promise.all(Array.from({ length: TOGETHER }, worker));
  return deaths;
}

/** Whether something was told that is not in the ledger: an entry too few. */
const isShort = ({ said, joined, spendings }: Death): boolean =>
  (said.includes('joined') && !joined) || (said.includes('spent') && spendings === 0);

// Skipped where strace, which kills a process at a chosen system call, does not work.
describe('a process that is killed at any of its writes (needs strace)', () => {
  before(function () {
    if (!canTrace) this.skip();
  });

  it('leaves a ledger that opens and has at most an entry too many, never one too few', async () => {
    const deaths = await everyDeath('write-first');
    expect(deaths.length).to.be.at.least(30);
    expect(new Set(deaths.map(({ call }) => call))).to.include.all.keys('pwrite64', 'fsync', 'unlink', 'rename');
    expect(deaths.filter(isShort)).to.deep.equal([]);
    const tooMany = deaths.filter(({ said, spendings }) => spendings === 1 && !said.includes('spent'));
    expect(tooMany, 'deaths between entry and upload happen, and are spent').not.to.deep.equal([]);
  });

  it('would be caught if it told before it wrote: the control', async () => {
    const death = await killAt('tell-first', 'pwrite64', 1);
    expect(death).to.include({ said: 'begin joined ', joined: false });
    expect(death !== undefined && isShort(death)).to.equal(true);
  });
});
