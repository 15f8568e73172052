import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { statePaths } from '../../coordinator/index.js';
import { GuildhallError } from '../../errors/index.js';
import { JobState, Phase } from '../../proto/index.js';
import { expectedSum, sumIsModel, template, TestFederation } from './support/federation.js';
import { codeOf, required, unary } from './support/calls.js';

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

  it('starts a job from what an earlier job has released by then, and refuses one that starts from nothing', async () => {
    const contracted = (job: string): string | undefined => {
      const [merchant] = federation.merchants;
      const models = merchant?.events.flatMap(({ event }) => (event?.$case === 'model' ? [event.value] : []));
      return models?.find((model) => model.job === job && model.version === 1)?.sha256.toString('hex');
    };
    await federation.stop();
    await federation.start({ startFrom: (model, source) => Buffer.concat([model, source]) });
    federation.reconnect();
    federation.watch();
    const own = Buffer.from('own');
    const later = { template: template('later'), model: own, startsFrom: 'first' };
    const refusal = await federation.admin.submitJob(later).then(
      () => 'accepted',
      (error: unknown) => (error instanceof GuildhallError ? error.code : 'another error'),
    );
    expect(refusal).to.equal('JOB_MALFORMED');
    await federation.admin.submitJob({ template: template('first'), model: Buffer.from('a') });
    await federation.admin.submitJob(later);
    const [merchant] = federation.merchants;
    await merchant?.until(() =>
      merchant.events.some(({ event }) => event?.$case === 'job' && event.value.job === 'later'),
    );
    const released = expectedSum([0, 1, 2, 3, 4], 1000);
    expect(contracted('later')).to.equal(sha256(Buffer.concat([own, released])));
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

  it('goes on by itself once a full disk has room again', async () => {
    await federation.stop();
    let attempts = 0;
    await federation.start({
      applySum: (release) => {
        attempts += 1;
        if (attempts === 1) return Promise.reject(new GuildhallError('STORAGE_UNAVAILABLE', 'The disk is full.'));
        return sumIsModel(release);
      },
    });
    federation.reconnect();
    await federation.admin.submitJob({ template: template('sum'), model: Buffer.from('start') });
    const [merchant] = federation.merchants;
    await merchant?.reaches(Phase.PHASE_APPLYING);
    await until(async () => {
      federation.clock.advance(500);
      return (await federation.admin.status()).jobs[0]?.state === JobState.JOB_STATE_DONE;
    });
    expect(attempts).to.equal(2);
    expect((await outcome(federation)).model).to.equal(sha256(expectedSum([0, 1, 2, 3, 4], 1000)));
  });

  it('goes on without a merchant that declines, and records its code and nothing else', async () => {
    const unwilling = federation.merchants[4];
    unwilling?.idleIn.add(Phase.PHASE_ADVERTISING);
    federation.watch();
    await federation.admin.submitJob({ template: template('sum'), model: Buffer.from('start') });
    const { contract } = (await unwilling?.reaches(Phase.PHASE_ADVERTISING)) ?? {};
    const contractSha256 = createHash('sha256')
      .update(contract?.payload ?? '')
      .digest();
    const decline = (code: string): Promise<unknown> =>
      unary((done) => required(unwilling).rounds.decline({ contractSha256, code }, done));
    expect(await decline('my shoppers are 17').then(() => 'nothing', codeOf)).to.equal('REQUEST_MALFORMED');
    await decline('POLICY_NOISE');
    await federation.merchants[0]?.reaches(Phase.PHASE_DONE);
    const [round] = (await federation.admin.status()).rounds;
    expect(round?.refusals).to.deep.equal([{ merchant: 'm04', code: 'POLICY_NOISE' }]);
    expect(round?.roster).to.deep.equal(['m00', 'm01', 'm02', 'm03']);
    expect((await outcome(federation)).model).to.equal(sha256(expectedSum([0, 1, 2, 3], 1000)));
  });

  it('opens no round before enough merchants are connected', async () => {
    for (const merchant of federation.merchants.slice(0, 3)) merchant.watch();
    await until(async () => (await federation.admin.listMerchants()).filter(({ connected }) => connected).length === 3);
    await federation.admin.submitJob({ template: template('sum'), model: Buffer.from('start') });
    federation.clock.advance(10_000);
    expect((await federation.admin.status()).rounds).to.deep.equal([]);
    federation.merchants[3]?.watch();
    await until(async () => {
      federation.clock.advance(500);
      return (await federation.admin.status()).rounds.length === 1;
    });
  });

  it('tells whoever comes late how things stand: the newest model, the last round, the ended job', async () => {
    const late = required(federation.merchants[4]);
    for (const merchant of federation.merchants.slice(0, 4)) merchant.watch();
    await federation.admin.submitJob({ template: template('sum'), model: Buffer.from('start') });
    await until(async () => {
      federation.clock.advance(500);
      return (await federation.admin.status()).jobs[0]?.state === JobState.JOB_STATE_DONE;
    });
    late.watch();
    await late.until(() => late.events.length === 3);
    expect(late.events.map(({ event }) => event?.$case)).to.deep.equal(['model', 'round', 'job']);
    const [{ event } = { event: undefined }] = late.events;
    const digest = event?.$case === 'model' ? event.value.sha256 : Buffer.alloc(0);
    const chunks: Buffer[] = [];
    for await (const { chunk } of late.rounds.downloadModel({ sha256: digest }) as AsyncIterable<{ chunk: Buffer }>) {
      chunks.push(chunk);
    }
    expect(Buffer.concat(chunks)).to.deep.equal(expectedSum([0, 1, 2, 3], 1000));
  });

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

  it('gives the round up when its key is gone, and tries the step again', async () => {
    for (const merchant of federation.merchants) merchant.idleIn.add(Phase.PHASE_COLLECTING);
    federation.watch();
    await federation.admin.submitJob({ template: template('sum'), model: Buffer.from('start') });
    for (const merchant of federation.merchants) await merchant.reaches(Phase.PHASE_COLLECTING);
    await federation.stop();
    const keys = statePaths(federation.dir).roundKeys;
    for (const name of readdirSync(keys)) rmSync(join(keys, name));
    await federation.start();
    for (const merchant of federation.merchants) merchant.idleIn.clear();
    federation.reconnect();
    await until(async () => {
      federation.clock.advance(500);
      return (await federation.admin.status()).jobs[0]?.state === JobState.JOB_STATE_DONE;
    });
    const { rounds } = await federation.admin.status();
    expect(rounds.map(({ code }) => code)).to.deep.equal(['ROUND_KEY_LOST', '']);
    expect((await outcome(federation)).model).to.equal(sha256(expectedSum([0, 1, 2, 3, 4], 1000)));
  });

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
