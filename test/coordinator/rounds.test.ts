import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';

import { expect } from 'chai';

import { statePaths } from '../../coordinator/index.js';
import { GuildhallError } from '../../errors/index.js';
import { JobState, Phase } from '../../proto/index.js';
import { expectedSum, template, TestFederation } from './support/federation.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const PHASES = {
  advertising: Phase.PHASE_ADVERTISING,
  sharing: Phase.PHASE_SHARING,
  collecting: Phase.PHASE_COLLECTING,
  agreeing: Phase.PHASE_AGREEING,
  unmasking: Phase.PHASE_UNMASKING,
} as const;

/** The newest model's digest and the last round of the only job. */
async function outcome(
  federation: TestFederation,
): Promise<{ model: string; phase: Phase; survivors: string[]; round: number }> {
  const { jobs, rounds } = await federation.admin.status();
  const last = rounds.at(-1);
  return {
    model: jobs[0]?.modelSha256.toString('hex') ?? '',
    phase: last?.phase ?? Phase.PHASE_UNSPECIFIED,
    survivors: last?.survivors ?? [],
    round: last?.round ?? 0,
  };
}

describe('coordinator: a whole round over mutual TLS', () => {
  let federation: TestFederation;
  beforeEach(async () => {
    federation = await TestFederation.create();
    await federation.start();
    await federation.join(5);
  });
  afterEach(() => federation.destroy());

  it('publishes exactly the sum of the merchants’ vectors', async () => {
    federation.watch();
    await federation.admin.submitJob({ template: template('sum', { dimension: 70_000 }), model: Buffer.from('start') });
    for (const merchant of federation.merchants) await merchant.reaches(Phase.PHASE_DONE);
    expect(federation.merchants.flatMap(({ failures }) => failures)).to.deep.equal([]);
    const { model, survivors } = await outcome(federation);
    expect(survivors).to.have.length(5);
    expect(model).to.equal(sha256(expectedSum([0, 1, 2, 3, 4], 70_000)));
    const { jobs } = await federation.admin.status();
    expect(jobs[0]?.state).to.equal(JobState.JOB_STATE_DONE);
    expect(readdirSync(statePaths(federation.dir).roundKeys)).to.deep.equal([]);
    expect(existsSync(statePaths(federation.dir).store)).to.equal(true);
  });

  it('runs the steps of a job one round after another, and the jobs in order', async () => {
    federation.watch();
    await federation.admin.submitJob({ template: template('first', { steps: 3 }), model: Buffer.from('a') });
    await federation.admin.submitJob({ template: template('second', { steps: 1 }), model: Buffer.from('b') });
    const [merchant] = federation.merchants;
    await merchant?.until(() =>
      merchant.events.some(({ event }) => event?.$case === 'job' && event.value.job === 'second'),
    );
    const { rounds, jobs } = await federation.admin.status();
    expect(rounds.map(({ job, round }) => `${job}/${round}`)).to.deep.equal([
      'first/1',
      'first/2',
      'first/3',
      'second/1',
    ]);
    expect(jobs.map(({ modelVersion }) => modelVersion)).to.deep.equal([3, 1]);
  });

  for (const [name, phase] of Object.entries(PHASES).slice(1)) {
    it(`goes on without a merchant that is killed while ${name}, after its grace and not the deadline`, async () => {
      const killed = federation.merchants[4];
      killed?.idleIn.add(phase);
      federation.watch();
      await federation.admin.submitJob({ template: template('sum'), model: Buffer.from('start') });
      await killed?.reaches(phase);
      killed?.vanish();
      const others = federation.merchants.slice(0, 4);
      for (const merchant of others) await merchant.reaches(phase);
      await until(async () => {
        const { merchants } = { merchants: await federation.admin.listMerchants() };
        return merchants.filter(({ connected }) => connected).length === 4;
      });
      federation.clock.advance(2001);
      for (const merchant of others) await merchant.reaches(Phase.PHASE_DONE);
      const { model } = await outcome(federation);
      const counted =
        phase === Phase.PHASE_AGREEING || phase === Phase.PHASE_UNMASKING ? [0, 1, 2, 3, 4] : [0, 1, 2, 3];
      expect(model).to.equal(sha256(expectedSum(counted, 1000)));
    });
  }

  it('tries an aborted step again under a new number, and fails the job after too many', async () => {
    for (const merchant of federation.merchants) merchant.idleIn.add(Phase.PHASE_SHARING);
    federation.watch();
    await federation.admin.submitJob({ template: template('sum'), model: Buffer.from('start') });
    const [merchant] = federation.merchants;
    const aborted = (): number =>
      merchant?.events.filter(({ event }) => event?.$case === 'round' && event.value.phase === Phase.PHASE_ABORTED)
        .length ?? 0;
    for (let round = 1; round <= 5; round += 1) {
      await merchant?.until(
        () =>
          merchant.events.filter(({ event }) => event?.$case === 'round' && event.value.phase === Phase.PHASE_SHARING)
            .length === round,
      );
      federation.clock.advance(60_001);
      await merchant?.until(() => aborted() === round);
      // The pause before the next try: armed once the job's row has been read again.
      await until(async () => {
        federation.clock.advance(60_000);
        const { rounds, jobs } = await federation.admin.status();
        return rounds.length > round || jobs[0]?.state === JobState.JOB_STATE_FAILED;
      });
    }
    const { rounds, jobs } = await federation.admin.status();
    expect(rounds.map(({ round, code }) => `${round} ${code}`)).to.deep.equal(
      [1, 2, 3, 4, 5].map((round) => `${round} QUORUM_MISSED_SHARING`),
    );
    expect(jobs[0]?.state).to.equal(JobState.JOB_STATE_FAILED);
    expect(jobs[0]?.code).to.equal('QUORUM_MISSED_SHARING');
    expect(readdirSync(statePaths(federation.dir).roundKeys)).to.deep.equal([]);
  });
});

describe('coordinator: restarted in the middle of a round', () => {
  let federation: TestFederation;
  beforeEach(async () => {
    federation = await TestFederation.create();
    await federation.start();
    await federation.join(5);
  });
  afterEach(() => federation.destroy());

  for (const [name, phase] of Object.entries(PHASES)) {
    it(`gives the exact sum after a restart while ${name}, with some answers already in`, async () => {
      const late = federation.merchants.slice(3);
      for (const merchant of late) merchant.idleIn.add(phase);
      federation.watch();
      await federation.admin.submitJob({ template: template('sum'), model: Buffer.from('start') });
      for (const merchant of federation.merchants) await merchant.reaches(phase);
      await federation.stop();
      await federation.start();
      for (const merchant of late) merchant.idleIn.clear();
      federation.reconnect();
      for (const merchant of federation.merchants) await merchant.reaches(Phase.PHASE_DONE);
      const { model, round } = await outcome(federation);
      expect(round).to.equal(1);
      expect(model).to.equal(sha256(expectedSum([0, 1, 2, 3, 4], 1000)));
    });
  }

  it('gives the exact sum after a restart while applying', async () => {
    await federation.stop();
    let attempts = 0;
    await federation.start({
      applySum: () => {
        attempts += 1;
        return Promise.reject(new GuildhallError('STORAGE_UNAVAILABLE', 'The disk is full.'));
      },
    });
    federation.reconnect();
    await federation.admin.submitJob({ template: template('sum'), model: Buffer.from('start') });
    for (const merchant of federation.merchants) await merchant.reaches(Phase.PHASE_APPLYING);
    await federation.stop();
    expect(attempts).to.be.greaterThan(0);
    await federation.start();
    federation.reconnect();
    for (const merchant of federation.merchants) await merchant.reaches(Phase.PHASE_DONE);
    const { model, round } = await outcome(federation);
    expect(round).to.equal(1);
    expect(model).to.equal(sha256(expectedSum([0, 1, 2, 3, 4], 1000)));
  });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds()));
}
