import { setTimeout as delay } from 'node:timers/promises';
import { GuildhallError } from '../../errors/index.js';
import { JobState, Phase } from '../../proto/index.js';
import type { GetStatusResponse, RoundStatus } from '../../proto/index.js';
import type { DemoProgress } from './options.js';
import type { RoundReport } from './report.js';

/** How often the coordinator is asked how its rounds stand. */
const POLL_MS = 50;

const PHASES: Readonly<Record<Phase, string>> = {
  [Phase.PHASE_UNSPECIFIED]: 'unknown',
  [Phase.PHASE_ADVERTISING]: 'advertising',
  [Phase.PHASE_OPENING]: 'opening',
  [Phase.PHASE_SHARING]: 'sharing',
  [Phase.PHASE_COLLECTING]: 'collecting',
  [Phase.PHASE_AGREEING]: 'agreeing',
  [Phase.PHASE_UNMASKING]: 'unmasking',
  [Phase.PHASE_APPLYING]: 'applying',
  [Phase.PHASE_DONE]: 'done',
  [Phase.PHASE_ABORTED]: 'aborted',
  [Phase.UNRECOGNIZED]: 'unknown',
};

/** What is watched, and by whom. */
export interface WatchOptions {
  readonly status: () => Promise<GetStatusResponse>;
  /** Names of the jobs to wait for. */
  readonly jobs: readonly string[];
  /** Rejects when the wait is in vain: a process of the simulation died. */
  readonly failure: Promise<never>;
  /** Sees every status before the next is asked for. */
  readonly observe?: (status: GetStatusResponse) => Promise<void>;
  readonly progress: DemoProgress;
  readonly signal: AbortSignal;
  /** Waits between two questions; rejects when the signal is aborted. @default 50 ms */
  readonly pause?: (signal: AbortSignal) => Promise<void>;
}

const shortPause = (signal: AbortSignal): Promise<void> => delay(POLL_MS, undefined, { signal });

/**
 * Waits until every job has ended, and tells how it goes on.
 * @returns every round of the jobs, in order of their ends
 * @throws GuildhallError JOB_FAILED when a job ends without its result
 */
export async function watchJobs(options: WatchOptions): Promise<RoundReport[]> {
  const { jobs, progress, signal, pause = shortPause } = options;
  const told = new Set<string>();
  for (;;) {
    const status = await Promise.race([options.failure, options.status()]);
    const rounds = status.rounds.filter(({ job }) => jobs.includes(job));
    for (const round of rounds) tell(round, { told, progress });
    await options.observe?.(status);
    const states = jobs.map((name) => status.jobs.find(({ job }) => job === name));
    const failed = states.find((job) => job?.state === JobState.JOB_STATE_FAILED);
    if (failed !== undefined) throw new GuildhallError('JOB_FAILED', `The job ${failed.job} failed: ${failed.code}.`);
    if (states.every((job) => job?.state === JobState.JOB_STATE_DONE)) return rounds.filter(hasEnded).map(reportOf);
    await Promise.race([options.failure, pause(signal)]);
  }
}

/** A round of the coordinator's status as a demo reports it. */
export function reportOf(round: RoundStatus): RoundReport {
  const { job, roster, survivors, refusals, code } = round;
  return {
    job,
    round: round.round,
    contract: Buffer.from(round.contractSha256).toString('hex'),
    roster,
    survivors,
    dropped: roster.filter((merchant) => !survivors.includes(merchant)),
    declined: refusals.map(({ merchant, code: reason }) => ({ merchant, code: reason })),
    status: round.phase === Phase.PHASE_DONE ? 'done' : 'aborted',
    ...(code === '' ? {} : { code }),
  };
}

function hasEnded({ phase }: RoundStatus): boolean {
  return phase === Phase.PHASE_DONE || phase === Phase.PHASE_ABORTED;
}

function tell(round: RoundStatus, { told, progress }: { told: Set<string>; progress: DemoProgress }): void {
  const name = `${round.job}, round ${round.round}`;
  const line = `${name}: ${PHASES[round.phase]}`;
  if (told.has(line)) return;
  told.add(line);
  if (!hasEnded(round)) {
    progress.update(line);
    return;
  }
  const { survivors, roster, dropped, status, code } = reportOf(round);
  const lost = dropped.length === 0 ? '' : `; lost ${dropped.join(', ')}`;
  const end = status === 'done' ? `${survivors.length} of ${roster.length} merchants in the sum${lost}` : (code ?? '');
  progress.say(`${name}: ${status}, ${end}`);
}
