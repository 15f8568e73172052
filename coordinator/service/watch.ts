import { GuildhallError } from '../../errors/index.js';
import { Envelope, JobState, Phase } from '../../proto/index.js';
import type { WatchResponse } from '../../proto/index.js';
import type { Announcer } from '../rounds/driver.js';
import type { OpenRound } from '../rounds/open-round.js';
import type { Presence } from '../rounds/presence.js';
import type { RoundState } from '../rounds/state.js';
import { digestOf } from '../store/index.js';
import type { JobRecord, ModelVersion, RoundRecord, Store, StoredPhase } from '../store/index.js';

/** Jobs that have ended are replayed to who comes late, so many of them. */
const ENDED_JOBS_REPLAYED = 16;
/** A watcher that does not read is cut off at so many messages. */
const LONGEST_QUEUE = 1000;

/** What the hub needs of a watch call. */
export interface WatchStream {
  readonly cancelled: boolean;
  readonly writableLength: number;
  on(event: 'cancelled' | 'error' | 'close', listener: () => void): unknown;
  write(message: WatchResponse): unknown;
  end(): unknown;
}

/** A job's state as it stands on the wire. */
export const JOB_STATES = {
  active: JobState.JOB_STATE_ACTIVE,
  done: JobState.JOB_STATE_DONE,
  failed: JobState.JOB_STATE_FAILED,
} as const satisfies Record<JobRecord['state'], JobState>;

/** A phase as it stands on the wire. */
export const PHASES = {
  advertising: Phase.PHASE_ADVERTISING,
  opening: Phase.PHASE_OPENING,
  sharing: Phase.PHASE_SHARING,
  collecting: Phase.PHASE_COLLECTING,
  agreeing: Phase.PHASE_AGREEING,
  unmasking: Phase.PHASE_UNMASKING,
  applying: Phase.PHASE_APPLYING,
  done: Phase.PHASE_DONE,
  aborted: Phase.PHASE_ABORTED,
} as const satisfies Record<StoredPhase & RoundState['phase'], Phase>;

/**
 * The open watch streams, one a merchant: replays the present state, then follows.
 *
 * A merchant counts as connected from the end of its replay until its newest stream closes.
 */
export class WatchHub implements Announcer {
  readonly #store: Store;
  readonly #presence: Presence;
  readonly #streams = new Map<string, WatchStream>();
  #announcements = 0;

  constructor(store: Store, presence: Presence) {
    this.#store = store;
    this.#presence = presence;
  }

  /**
   * Serves one watch call.
   * @throws GuildhallError CERTIFICATE_REVOKED when the merchant was revoked while its replay was read
   */
  async watch(call: WatchStream, merchant: string): Promise<void> {
    call.on('cancelled', () => {
      this.#leave(merchant, call);
    });
    call.on('error', () => {
      this.#leave(merchant, call);
    });
    call.on('close', () => {
      this.#leave(merchant, call);
    });
    const replay = await this.#presentState();
    // Asked last: a revocation before this found no stream to end, and one after it does.
    if ((await this.#store.merchants.find(merchant))?.state !== 'enrolled') {
      throw new GuildhallError('CERTIFICATE_REVOKED', `${merchant} has been revoked.`);
    }
    if (call.cancelled) return;
    const older = this.#streams.get(merchant);
    this.#streams.set(merchant, call);
    older?.end();
    for (const message of replay) call.write(message);
    this.#presence.connect(merchant);
  }

  round(round: OpenRound): void {
    const { state, record } = round;
    this.#send(
      roundEvent(record, {
        phase: state.phase,
        deadlineMs: round.deadlineMs,
        code: state.phase === 'aborted' ? state.code : '',
      }),
    );
  }

  model(model: ModelVersion): void {
    this.#send(modelEvent(model));
  }

  job(job: JobRecord): void {
    this.#send(jobEvent(job));
  }

  /** Ends a revoked merchant's stream. */
  dismiss(merchant: string): void {
    const stream = this.#streams.get(merchant);
    if (stream === undefined) return;
    this.#leave(merchant, stream);
    stream.end();
  }

  /** Ends every stream. */
  close(): void {
    for (const merchant of [...this.#streams.keys()]) this.dismiss(merchant);
  }

  #send(message: WatchResponse): void {
    this.#announcements += 1;
    for (const [merchant, stream] of [...this.#streams]) {
      if (stream.writableLength > LONGEST_QUEUE) this.dismiss(merchant);
      else stream.write(message);
    }
  }

  #leave(merchant: string, stream: WatchStream): void {
    // An older stream of the same merchant ends after the newer one began.
    if (this.#streams.get(merchant) !== stream) return;
    this.#streams.delete(merchant);
    this.#presence.disconnect(merchant);
  }

  /** Read again until nothing was announced meanwhile: what follows a replay is never older than the replay. */
  async #presentState(): Promise<WatchResponse[]> {
    for (;;) {
      const before = this.#announcements;
      const messages = await this.#read();
      if (this.#announcements === before) return messages;
    }
  }

  async #read(): Promise<WatchResponse[]> {
    const jobs = await this.#store.jobs.list();
    const ended = jobs.filter(({ state }) => state !== 'active').slice(-ENDED_JOBS_REPLAYED);
    const shown = [...ended, ...jobs.filter(({ state }) => state === 'active')];
    const messages: WatchResponse[] = [];
    for (const job of shown) {
      const model = await this.#store.models.newest(job.name);
      if (model !== undefined) messages.push(modelEvent(model));
    }
    for (const job of shown) {
      const round = await this.#store.rounds.newest(job.name);
      if (round !== undefined) messages.push(roundEvent(round, round));
      if (job.state !== 'active') messages.push(jobEvent(job));
    }
    return messages;
  }
}

function roundEvent(
  record: Pick<RoundRecord, 'contract'>,
  now: { phase: StoredPhase; deadlineMs: number; code: string },
): WatchResponse {
  const value = {
    contract: Envelope.decode(record.contract),
    phase: PHASES[now.phase],
    deadlineMs: now.deadlineMs,
    code: now.code,
  };
  return { event: { $case: 'round', value } };
}

function modelEvent(model: ModelVersion): WatchResponse {
  const { job, version, id, size } = model;
  return { event: { $case: 'model', value: { job, version, sha256: digestOf(id), size } } };
}

function jobEvent(job: JobRecord): WatchResponse {
  return { event: { $case: 'job', value: { job: job.name, state: JOB_STATES[job.state], code: job.code } } };
}
