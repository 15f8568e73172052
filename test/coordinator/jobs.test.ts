import { expect } from 'chai';

import { GuildhallError } from '../../errors/index.js';
import { JobState } from '../../proto/index.js';
import { template, TestFederation } from './support/federation.js';

describe('coordinator: a job of which no round can open', () => {
  let federation: TestFederation;
  beforeEach(async () => {
    federation = await TestFederation.create();
    await federation.start();
    await federation.join(4);
  });
  afterEach(() => federation.destroy());

  /** Runs a job, one that builds on it but whose start fails so, and a third behind them; until the third is done. */
  async function run(failure: () => Error): Promise<{ jobs: string[]; announced: string[]; attempts: number }> {
    let attempts = 0;
    await federation.stop();
    await federation.start({
      startFrom: () => {
        attempts += 1;
        throw failure();
      },
    });
    federation.reconnect();
    const { admin, clock, merchants } = federation;
    await admin.submitJob({ template: template('first'), model: Buffer.from('a') });
    await admin.submitJob({ template: template('second'), model: Buffer.from('b'), startsFrom: 'first' });
    await admin.submitJob({ template: template('third'), model: Buffer.from('c') });
    for (;;) {
      clock.advance(500);
      const { jobs } = await admin.status();
      if (jobs[2]?.state !== JobState.JOB_STATE_DONE) continue;
      const [merchant] = merchants;
      const told = (): string[] =>
        (merchant?.events ?? []).flatMap(({ event }) =>
          event?.$case === 'job' ? [`${event.value.job} ${event.value.code}`.trim()] : [],
        );
      await merchant?.until(() => told().includes('third'));
      return { jobs: jobs.map(({ code, reason }) => `${code} ${reason}`.trim()), announced: told(), attempts };
    }
  }

  it('fails with its code and its reason, and the next job runs', async () => {
    const { jobs, announced, attempts } = await run(
      () => new GuildhallError('MODEL_MALFORMED', 'The models have nothing in common.'),
    );
    expect(jobs).to.deep.equal(['', 'MODEL_MALFORMED The models have nothing in common.', '']);
    expect(announced).to.deep.equal(['first', 'second MODEL_MALFORMED', 'third']);
    expect(attempts).to.equal(1);
  });

  it('fails for a fault of ours after as many tries as aborted rounds have, and says nothing of its text', async () => {
    const { jobs, attempts } = await run(() => new TypeError('x is undefined'));
    expect(jobs).to.deep.equal(['', 'INTERNAL', '']);
    expect(attempts).to.equal(5);
  });

  it('waits while the disk is full, and goes on once it has room', async () => {
    let failures = 0;
    await federation.stop();
    await federation.start({
      startFrom: (model) => {
        failures += 1;
        if (failures <= 7) throw new GuildhallError('STORAGE_UNAVAILABLE', 'The disk is full.');
        return model;
      },
    });
    federation.reconnect();
    const { admin, clock } = federation;
    await admin.submitJob({ template: template('first'), model: Buffer.from('a') });
    await admin.submitJob({ template: template('second'), model: Buffer.from('b'), startsFrom: 'first' });
    while ((await admin.status()).jobs[1]?.state !== JobState.JOB_STATE_DONE) clock.advance(500);
    expect(failures).to.equal(8);
  });
});
