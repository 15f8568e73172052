import { expect } from 'chai';
import { renderStatus, statusData } from '../../cli/status.js';
import { ERRORS } from '../../errors/index.js';
import { GetStatusResponse, JobState, Phase } from '../../proto/index.js';

const round = (number: number, phase: Phase, code = '') => ({
  job: 'reranker',
  round: number,
  phase,
  code,
  contractSha256: Buffer.alloc(32),
});

function status(job: { readonly state: JobState; readonly reason?: string }, rounds: ReturnType<typeof round>[]) {
  return GetStatusResponse.fromPartial({ federation: 'f', jobs: [{ job: 'reranker', steps: 3, ...job }], rounds });
}

const reason = (response: GetStatusResponse): string | undefined => statusData(response).jobs[0]?.reason;

describe('the status of a coordinator', () => {
  const aborted = round(2, Phase.PHASE_ABORTED, 'SECAGG_SURVIVORS_TOO_FEW');

  it('says how the newest round of a job was aborted, and what to do, while it is tried again and when it has failed', () => {
    for (const state of [JobState.JOB_STATE_ACTIVE, JobState.JOB_STATE_FAILED]) {
      const response = status({ state }, [aborted, round(1, Phase.PHASE_DONE)]);
      expect(reason(response)).to.equal(
        `Round 2 was aborted: SECAGG_SURVIVORS_TOO_FEW. ${ERRORS.SECAGG_SURVIVORS_TOO_FEW.help}`,
      );
      expect(renderStatus(response)).to.contain('Round 2 was aborted');
    }
  });

  it('gives the reason for which no round could open before any round’s', () => {
    const response = status({ state: JobState.JOB_STATE_FAILED, reason: 'The model is gone.' }, [aborted]);
    expect(reason(response)).to.equal('The model is gone.');
  });

  it('gives none where the newest round is under way or done, whatever happened before', () => {
    for (const phase of [Phase.PHASE_COLLECTING, Phase.PHASE_DONE])
      expect(reason(status({ state: JobState.JOB_STATE_ACTIVE }, [aborted, round(3, phase)]))).to.equal(undefined);
    expect(reason(status({ state: JobState.JOB_STATE_ACTIVE }, []))).to.equal(undefined);
  });

  it('gives a code that it does not know as it is', () => {
    const foreign = round(1, Phase.PHASE_ABORTED, 'SOMETHING_NEW');
    expect(reason(status({ state: JobState.JOB_STATE_ACTIVE }, [foreign]))).to.equal(
      'Round 1 was aborted: SOMETHING_NEW.',
    );
  });
});
