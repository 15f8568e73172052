import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import type { DemoReport } from '../../simulations/demo/index.js';

const COMMAND = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');

/** Runs the built command with a temporary directory of its own, so that what it leaves behind can be seen. */
function start(args: readonly string[], temporary: string) {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: temporary },
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const progress: string[] = [];
  const lines = createInterface({ input: child.stderr });
  lines.on('line', (line) => progress.push(line));
  const end = once(child, 'close').then(([exit]) => ({ exit: exit as number | null, stdout, progress }));
  return { child, lines, end };
}

/** Processes whose command line names a directory. */
function processesIn(directory: string): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      try {
        return readFileSync(join('/proc', pid, 'cmdline'), 'utf8').includes(directory);
      } catch {
        return false;
      }
    });
}

describe('guildhall demo, end to end with real processes', function () {
  this.timeout(180_000);
  let temporary: string;

  before(() => {
    expect(existsSync(COMMAND), 'npm run build comes first').to.equal(true);
  });

  beforeEach(() => {
    temporary = mkdtempSync(join(tmpdir(), 'guildhall-e2e-'));
  });

  afterEach(() => rmSync(temporary, { recursive: true }));

  function expectNothingLeft(): void {
    expect(readdirSync(temporary).filter((name) => name.startsWith('guildhall-demo'))).to.deep.equal([]);
    if (existsSync('/proc/self/cmdline')) expect(processesIn(temporary)).to.deep.equal([]);
  }

  it('ends with the table although a client is killed in the middle of a round', async () => {
    const jobs = ['--jobs', 'reranker,counts,popularity'];
    const args = ['demo', '--merchants', '4', '--shoppers', '60', ...jobs, '--epsilon', '4', '--json'];
    const { exit, stdout, progress } = await start(args, temporary).end;
    expect(exit, progress.join('\n')).to.equal(0);
    const report = JSON.parse(stdout) as DemoReport;

    expect(report).to.include({ dataset: 'synthetic', synthetic: true });
    expect(report.merchants.map(({ name }) => name)).to.deep.equal(['alder', 'birch', 'cedar', 'elder']);
    for (const merchant of report.merchants) {
      expect(merchant).to.have.keys([
        ...['name', 'catalogue', 'shoppers', 'evaluated', 'alone', 'tuned', 'together', 'togetherUntuned'],
        ...['gain', 'gainOverTuned', 'weights', 'unused', 'epsilon', 'delta', 'advantage', 'bytesSent'],
      ]);
      expect(merchant.shoppers).to.equal(60);
      for (const { hr10, ndcg10 } of [merchant.alone, merchant.tuned, merchant.together]) {
        expect(hr10).to.be.within(0, 1);
        expect(ndcg10).to.be.within(0, hr10);
      }
      expect(merchant.gain).to.have.keys(['ndcg10', 'low', 'high']);
      expect(merchant.gain.ndcg10).to.be.within(merchant.gain.low, merchant.gain.high);
      // One ε over all jobs is the ceiling of each merchant's own ledger.
      expect(merchant.epsilon).to.be.within(0, 4);
      expect(merchant.delta).to.equal(1e-6);
      expect(merchant.advantage).to.be.within(0, 1);
      expect(merchant.bytesSent).to.be.greaterThan(0);
    }
    expect(Object.keys(report.mean)).to.have.members([
      ...['alone', 'tuned', 'together', 'togetherUntuned'],
      ...['gain', 'gainOverTuned', 'gainUntuned', 'gainOfTuning', 'better'],
    ]);

    expect(report.strategies.map(({ strategy, together }) => [strategy, together])).to.deep.equal([
      ['worst-case', report.mean.together],
    ]);
    // Four of four survive, or three without the one that is killed; one colludes: two shares of noise are enough.
    expect(report.strategies[0]?.noiseLeft).to.be.oneOf([2, 1.5]);

    expect(report.rounds.filter(({ status }) => status === 'done').map(({ job }) => job)).to.deep.equal([
      'reranker',
      'reranker',
      'counts-market',
      'popularity-market',
    ]);
    expect(report.popular).to.have.length(1);
    const [popularity] = report.popular ?? [];
    expect(popularity).to.include({ job: 'popularity-market', catalogue: 'market', itemsAShopper: 1, releases: 1 });
    expect(popularity?.deviation).to.be.above(0);
    // Names of items that noise alone does not explain; of so few shoppers there need not be any.
    expect(popularity?.items.every(({ count }) => count > popularity.deviation)).to.equal(true);

    for (const round of report.rounds) {
      expect(round.contract).to.match(/^[0-9a-f]{64}$/);
      expect(round.roster.length).to.be.within(3, 4);
      expect(round.dropped).to.deep.equal(round.roster.filter((merchant) => !round.survivors.includes(merchant)));
    }

    expect(report.killed).to.deep.include({ merchant: 'elder', job: 'reranker' });
    const hit = report.rounds.find(({ job, round }) => job === report.killed?.job && round === report.killed.round);
    expect(hit?.status).to.equal('done');
    expect(hit?.roster).to.include('elder');
    expect(progress.join('\n'))
      .to.contain('KILLED the client of elder')
      .and.to.contain('Started the client of elder again');
    expectNothingLeft();
  });

  it('leaves no process and no file behind when it is interrupted', async () => {
    const { child, lines, end } = start(['demo', '--merchants', '4', '--shoppers', '60'], temporary);
    lines.on('line', (line) => {
      if (line.includes('collecting')) child.kill('SIGINT');
    });
    const { exit, stdout, progress } = await end;
    expect(exit).to.equal(130);
    expect(stdout).to.equal('');
    expect(progress.at(-1)).to.contain('interrupted');
    expectNothingLeft();
  });
});
