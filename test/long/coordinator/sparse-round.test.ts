import { expect } from 'chai';

import { COMPLETE_UP_TO, sha256 } from '../../../crypto/index.js';
import { JobState, Phase } from '../../../proto/index.js';
import { expectedSum, template, TestFederation } from '../../coordinator/support/federation.js';

/** One more than on the complete graph, after those who will not open their coins have advertised. */
const MERCHANTS = COMPLETE_UP_TO + 4;
const DIMENSION = 50;

describe('coordinator: a round above 200 merchants over mutual TLS', () => {
  let federation: TestFederation;
  before(async () => {
    federation = await TestFederation.create();
    for (const limit of ['calls_per_second', 'burst', 'enrolments_per_minute']) {
      federation.configure(new RegExp(`${limit} = .*`), `${limit} = 100000`);
    }
    await federation.start();
    await federation.join(MERCHANTS);
  });
  after(() => federation.destroy());

  it('opens coins, goes on after a restart while opening, drops who does not open, and gives the exact sum', async () => {
    const silent = federation.merchants.slice(0, 3);
    const late = federation.merchants.slice(3, 6);
    for (const merchant of [...silent, ...late]) merchant.idleIn.add(Phase.PHASE_OPENING);
    federation.watch();
    await federation.admin.submitJob({
      template: template('sum', {
        dimension: DIMENSION,
        roster: { minimumMerchants: MERCHANTS, colluders: 3, minimumSurvivors: 5, maximumMerchants: 300 },
      }),
      model: Buffer.from('start'),
    });
    for (const merchant of federation.merchants) await merchant.reaches(Phase.PHASE_OPENING);
    await federation.stop();
    await federation.start();
    for (const merchant of late) merchant.idleIn.clear();
    federation.reconnect();
    for (const merchant of federation.merchants) await merchant.reaches(Phase.PHASE_OPENING);
    federation.clock.advance(60_001);
    const others = federation.merchants.slice(3);
    // So many clients in one process keep its event loop so busy that connections are taken for dead: real ones come back.
    for (const merchant of federation.merchants) merchant.comesBackTo = federation.coordinator.address;
    const [witness] = others;
    const isDone = async (): Promise<boolean> =>
      (await federation.admin.status()).jobs[0]?.state === JobState.JOB_STATE_DONE;
    await witness?.until(() => witness.events.some(({ event }) => event?.$case === 'job'));
    expect(await isDone()).to.equal(true);
    const { jobs, rounds } = await federation.admin.status();
    expect(rounds.at(-1)?.survivors).to.deep.equal(others.map(({ name }) => name).sort());
    const expected = expectedSum(
      others.map((_, index) => index + 3),
      DIMENSION,
    );
    expect(jobs[0]?.modelSha256.toString('hex')).to.equal(sha256(expected).toString('hex'));
  });
});
