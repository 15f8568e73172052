import { ERRORS, isErrorCode } from '../errors/index.js';
import type { GetStatusResponse, JobState, MerchantState, Phase } from '../proto/index.js';
import { renderTable } from './table.js';

/** The names of the wire's numbers, as commands print them. They stand here so that no command loads proto for them. */
const JOB_STATES: Readonly<Record<JobState, string>> = {
  0: 'unknown',
  1: 'active',
  2: 'done',
  3: 'failed',
  [-1]: 'unknown',
};
const PHASES: Readonly<Record<Phase, string>> = {
  0: 'unknown',
  1: 'advertising',
  2: 'opening',
  3: 'sharing',
  4: 'collecting',
  5: 'agreeing',
  6: 'unmasking',
  7: 'applying',
  8: 'done',
  9: 'aborted',
  [-1]: 'unknown',
};
const MERCHANT_STATES: Readonly<Record<MerchantState, string>> = {
  0: 'unknown',
  1: 'invited',
  2: 'enrolled',
  3: 'revoked',
  [-1]: 'unknown',
};

/** invited, enrolled or revoked. */
export function merchantStateName(state: MerchantState): string {
  return MERCHANT_STATES[state];
}

type JobStatus = GetStatusResponse['jobs'][number];
type RoundStatus = GetStatusResponse['rounds'][number];

/** A coordinator's status as `--json` prints it: hashes in hexadecimal, states by name, times in ISO 8601. */
export function statusData(status: GetStatusResponse) {
  return {
    federation: status.federation,
    jobs: status.jobs.map((job) => ({
      job: job.job,
      state: JOB_STATES[job.state],
      stepsDone: job.stepsDone,
      steps: job.steps,
      ...(job.code === '' ? {} : { code: job.code }),
      ...reasonFor(job, status.rounds),
      modelVersion: job.modelVersion,
      modelSha256: hex(job.modelSha256),
    })),
    certificates: status.certificates.map(({ holder, expiresAtMs, expiresSoon }) => ({
      holder,
      expires: time(expiresAtMs),
      expiresSoon,
    })),
    rounds: status.rounds.map((round) => ({
      job: round.job,
      round: round.round,
      contract: hex(round.contractSha256),
      phase: PHASES[round.phase],
      ...(round.code === '' ? {} : { code: round.code }),
      roster: round.roster,
      survivors: round.survivors,
      refusals: round.refusals.map(({ merchant, code }) => ({ merchant, code })),
      startedAt: time(round.startedAtMs),
      endedAt: time(round.endedAtMs),
    })),
  };
}

/** What keeps a job from going on: why no round of it could open, or how its newest round was aborted and what to do. */
function reasonFor(job: JobStatus, rounds: readonly RoundStatus[]): { readonly reason?: string } {
  if (job.reason !== '') return { reason: job.reason };
  const ofJob = rounds.filter((round) => round.job === job.job);
  const newest = ofJob.reduce<RoundStatus | undefined>(
    (last, round) => (last === undefined || round.round > last.round ? round : last),
    undefined,
  );
  if (newest === undefined || PHASES[newest.phase] !== 'aborted') return {};
  const help = isErrorCode(newest.code) ? ` ${ERRORS[newest.code].help}` : '';
  return { reason: `Round ${newest.round} was aborted: ${newest.code}.${help}` };
}

/** A coordinator's status for a person. */
export function renderStatus(status: GetStatusResponse): string {
  const data = statusData(status);
  const jobs = renderTable(
    [
      { heading: 'job' },
      { heading: 'state' },
      { heading: 'steps', align: 'right' },
      { heading: 'code' },
      { heading: 'reason' },
    ],
    data.jobs.map((job) => [job.job, job.state, `${job.stepsDone}/${job.steps}`, job.code ?? '', job.reason ?? '']),
  );
  const rounds = renderTable(
    [
      { heading: 'job' },
      { heading: 'round', align: 'right' },
      { heading: 'phase' },
      { heading: 'roster', align: 'right' },
      { heading: 'survivors', align: 'right' },
      { heading: 'declined' },
      { heading: 'code' },
    ],
    data.rounds.map((round) => [
      round.job,
      String(round.round),
      round.phase,
      String(round.roster.length),
      String(round.survivors.length),
      round.refusals.map(({ merchant, code }) => `${merchant}: ${code}`).join(', '),
      round.code ?? '',
    ]),
  );
  const expiring = data.certificates
    .filter(({ expiresSoon }) => expiresSoon)
    .map(
      ({ holder, expires }) =>
        `WARNING: the certificate of ${holder} expires at ${expires ?? ''}. ${renewalOf(holder)}`,
    );
  return [`Federation ${data.federation}`, ...expiring, jobs, rounds].join('\n\n');
}

/** What to do about a certificate that expires soon. */
function renewalOf(holder: string): string {
  switch (holder) {
    case 'authority':
      return 'Plan a new federation that merchants join again: the authority is pinned and cannot be renewed.';
    case 'coordinator':
    case 'administrator':
      return 'Renew it: guildhall coordinator renew.';
    default:
      return 'Its client renews it when it runs; for one that is away, guildhall merchants renew writes a file.';
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function time(milliseconds: number): string | null {
  return milliseconds === 0 ? null : new Date(milliseconds).toISOString();
}
