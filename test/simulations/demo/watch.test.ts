import { expect } from 'chai';
import { JobState, Phase } from '../../../proto/index.js';
import type { GetStatusResponse, JobStatus, RoundStatus } from '../../../proto/index.js';
import { GuildhallError } from '../../../errors/index.js';
import { watchJobs } from '../../../simulations/demo/watch.js';
import type { WatchOptions } from '../../../simulations/demo/watch.js';

function job(name: string, state: JobState, code = ''): JobStatus {
  return { job: name, state, stepsDone: 0, steps: 1, code, reason: '', modelVersion: 0, modelSha256: Buffer.alloc(32) };
}

function round(phase: Phase, parts: Partial<RoundStatus> = {}): RoundStatus {
  return {
    job: 'reranker',
    round: 1,
    contractSha256: Buffer.alloc(32, 7),
    phase,
    code: '',
    roster: ['a', 'b', 'c', 'd'],
    sharers: ['a', 'b', 'c', 'd'],
    survivors: [],
    refusals: [],
    startedAtMs: 0,
    endedAtMs: 0,
    ...parts,
  };
}

/** Plays statuses one after another; the last one stays. */
function watching(statuses: readonly GetStatusResponse[], options: Partial<WatchOptions> = {}) {
  const said: string[] = [];
  const updates: string[] = [];
  let at = 0;
  const result = watchJobs({
    status: () => Promise.resolve(statuses[Math.min(at++, statuses.length - 1)] ?? status([], [])),
    jobs: ['reranker'],
    failure: new Promise<never>(() => undefined),
    progress: { say: (line) => said.push(line), update: (line) => updates.push(line) },
    signal: new AbortController().signal,
    pause: (signal) => (signal.aborted ? Promise.reject(signal.reason as Error) : Promise.resolve()),
    ...options,
  });
  return { result, said, updates };
}

const status = (jobs: JobStatus[], rounds: RoundStatus[]): GetStatusResponse => ({
  ...{ federation: 'test', jobs, rounds, certificates: [] },
});

describe('watching jobs', () => {
  it('tells each phase once and reports the rounds with whom they lost', async () => {
    const active = [job('reranker', JobState.JOB_STATE_ACTIVE)];
    const done = round(Phase.PHASE_DONE, {
      survivors: ['a', 'b', 'c'],
      refusals: [{ merchant: 'e', code: 'POLICY_APPROVAL' }],
    });
    const { result, said, updates } = watching([
      status(active, [round(Phase.PHASE_COLLECTING)]),
      status(active, [round(Phase.PHASE_COLLECTING)]),
      status([job('reranker', JobState.JOB_STATE_DONE)], [done]),
    ]);
    expect(await result).to.deep.equal([
      {
        job: 'reranker',
        round: 1,
        contract: '07'.repeat(32),
        roster: ['a', 'b', 'c', 'd'],
        survivors: ['a', 'b', 'c'],
        dropped: ['d'],
        declined: [{ merchant: 'e', code: 'POLICY_APPROVAL' }],
        status: 'done',
      },
    ]);
    expect(updates).to.deep.equal(['reranker, round 1: collecting']);
    expect(said).to.deep.equal(['reranker, round 1: done, 3 of 4 merchants in the sum; lost d']);
  });

  it('reports aborted rounds with their code and goes on', async () => {
    const { result } = watching([
      status(
        [job('reranker', JobState.JOB_STATE_DONE)],
        [
          round(Phase.PHASE_ABORTED, { code: 'QUORUM_MISSED_SHARING' }),
          round(Phase.PHASE_DONE, { round: 2, survivors: ['a', 'b', 'c', 'd'] }),
        ],
      ),
    ]);
    expect((await result).map(({ round: number, status: end, code }) => [number, end, code])).to.deep.equal([
      [1, 'aborted', 'QUORUM_MISSED_SHARING'],
      [2, 'done', undefined],
    ]);
  });

  it('fails when a job fails, and says its code', async () => {
    const { result } = watching([
      status([job('reranker', JobState.JOB_STATE_FAILED, 'QUORUM_MISSED_ADVERTISING')], []),
    ]);
    const error: unknown = await result.catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(GuildhallError).with.property('code', 'JOB_FAILED');
    expect(error).to.have.property('message').that.contains('QUORUM_MISSED_ADVERTISING');
  });

  it('ends when a process dies or a person interrupts, though the job goes on', async () => {
    const active = status([job('reranker', JobState.JOB_STATE_ACTIVE)], []);
    const died = new GuildhallError('PROCESS_FAILED', 'gone');
    const first: unknown = await watching([active], { failure: Promise.reject(died) }).result.catch((e: unknown) => e);
    expect(first).to.equal(died);
    const controller = new AbortController();
    const { result } = watching([active], { signal: controller.signal });
    controller.abort();
    const second: unknown = await result.catch((thrown: unknown) => thrown);
    expect(second).to.have.property('name', 'AbortError');
  });
});
