import { expect } from 'chai';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BudgetReport, ClientEvent } from '../../../client/index.js';
import { epsilonOf, eventsOf } from '../../../privacy/index.js';
import { Ledger } from '../../../client/ledger/ledger.js';
import { statePaths } from '../../../client/state/directory.js';
import { temporaryDirectory } from '../workspace.js';
import { TestFederation } from './federation.js';

const NAMES = ['north', 'south', 'east', 'west'];
const MAIN = join(import.meta.dirname, '..', '..', '..', 'cli', 'main.ts');
const DYING = join(import.meta.dirname, 'dying-client.ts');

const ended =
  (job: string) =>
  (event: ClientEvent): boolean =>
    event.kind === 'job-ended' && event.job === job;

/** `guildhall client budget --json` in a process of its own. */
async function printedBudget(dir: string): Promise<BudgetReport> {
  const args = ['--import', 'tsx', MAIN, 'client', 'budget', '--dir', dir, '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as BudgetReport;
}

describe('a client that is killed between its ledger entry and its upload', function () {
  this.timeout(60_000);

  it('has spent what it lost: the budget shows both jobs, and counts both', async () => {
    const workspace = temporaryDirectory();
    const federation = await TestFederation.start(workspace.path);
    try {
      await federation.enrol(NAMES);
      const dir = federation.dir('north');
      const others = NAMES.slice(1).map((name) => federation.run(name));
      const north = federation.run('north');
      const [first] = await federation.submit(['reranker'], { merchants: 4, epsilon: 1, job: 'first' });
      await Promise.all([north, ...others].map((client) => client.until(ended('first'))));
      const { bytesSent } = await north.stop();
      expect(bytesSent).to.be.above(0);

      const child = spawn(process.execPath, ['--import', 'tsx', DYING, dir], { stdio: 'inherit' });
      await federation.submit(['reranker'], { merchants: 4, epsilon: 1, job: 'second' });
      const [, signal] = (await once(child, 'close')) as [number | null, string | null];
      expect(signal).to.equal('SIGKILL');

      const report = await printedBudget(dir);
      expect(report.jobs.map(({ job, releases }) => [job, releases])).to.deep.equal([
        ['first', first?.template.steps],
        ['second', 1],
      ]);
      const alone = report.jobs[0]?.epsilon ?? Infinity;
      const ledger = Ledger.open(statePaths(dir));
      expect(report.total.epsilon).to.equal(epsilonOf(eventsOf(ledger.entries), report.delta));
      expect(report.total.epsilon, 'the lost one counts').to.be.above(1.02 * alone);
      ledger.close();
    } finally {
      await federation.close();
      workspace.remove();
    }
  });
});
