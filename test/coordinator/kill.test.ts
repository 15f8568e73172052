import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { expect } from 'chai';

import { sha256 } from '../../crypto/index.js';
import { Phase } from '../../proto/index.js';
import { expectedSum, template, TestFederation } from './support/federation.js';

const CHILD = join(import.meta.dirname, 'support', 'coordinator-child.ts');

describe('coordinator: killed in the middle of a round', function () {
  this.timeout(60_000);
  let federation: TestFederation;
  let child: ChildProcess | undefined;
  before(async () => {
    federation = await TestFederation.create();
  });
  after(async () => {
    child?.kill('SIGKILL');
    await federation.destroy();
  });

  /** Starts a coordinator in a process of its own. @returns its address */
  async function start(): Promise<string> {
    const started = spawn(process.execPath, ['--import', 'tsx', CHILD, federation.dir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child = started;
    const [line] = (await once(started.stdout, 'data')) as [Buffer];
    return line.toString().trim();
  }

  it('gives the exact sum of the same round when it is started again, with half of the uploads in before', async () => {
    await start();
    await federation.join(5);
    const late = federation.merchants.slice(3);
    for (const merchant of late) merchant.idleIn.add(Phase.PHASE_COLLECTING);
    federation.watch();
    await federation.admin.submitJob({ template: template('sum'), model: Buffer.from('start') });
    for (const merchant of federation.merchants) await merchant.reaches(Phase.PHASE_COLLECTING);
    const killed = child;
    killed?.kill('SIGKILL');
    if (killed !== undefined) await once(killed, 'close');

    const address = await start();
    for (const merchant of late) merchant.idleIn.clear();
    for (const merchant of federation.merchants) merchant.reconnect(address);
    for (const merchant of federation.merchants) await merchant.reaches(Phase.PHASE_DONE);
    const { jobs, rounds } = await federation.admin.status();
    expect(rounds.map(({ round, code }) => `${round} ${code}`)).to.deep.equal(['1 ']);
    expect(jobs[0]?.modelSha256).to.deep.equal(sha256(expectedSum([0, 1, 2, 3, 4], 1000)));
  });
});
