import { GuildhallError } from '../../errors/index.js';
import { Phase } from '../../proto/index.js';
import type { RoundEvent } from '../../proto/index.js';
import type { Clock } from '../clock.js';
import { reasonOf } from '../clock.js';

/** The part of a round event that moves a participant. */
export type RoundProgress = Pick<RoundEvent, 'phase' | 'code'>;

/** How long a participant waits for a phase. */
export interface ReachOptions {
  readonly clock: Clock;
  /** Milliseconds by the local clock; the coordinator's clock is not trusted. */
  readonly withinMs: number;
  readonly signal: AbortSignal;
}

type Waiter = (progress: RoundProgress) => void;

/**
 * Where one round stands, as the watch stream tells: phases only go forward, so that a reconnect that replays an older
 * state changes nothing. Written by the watcher, awaited by the participant.
 */
export class RoundFeed {
  #progress: RoundProgress;
  readonly #waiters = new Set<Waiter>();

  constructor(progress: RoundProgress) {
    this.#progress = progress;
  }

  /** The latest phase seen. */
  get phase(): Phase {
    return this.#progress.phase;
  }

  /** Takes a newer event in; older ones are ignored. */
  update(progress: RoundProgress): void {
    if (progress.phase <= this.#progress.phase) return;
    this.#progress = progress;
    for (const waiter of [...this.#waiters]) waiter(progress);
  }

  /**
   * Resolves once the round is in `phase` or later.
   * @throws GuildhallError ROUND_ENDED when the round is aborted, ROUND_DEADLINE when the time is up; the signal's reason
   */
  async reach(phase: Phase, { clock, withinMs, signal }: ReachOptions): Promise<void> {
    const finished = new AbortController();
    const deadline = clock.sleep(withinMs, AbortSignal.any([signal, finished.signal])).then(() => {
      throw new GuildhallError('ROUND_DEADLINE', `The round did not reach ${Phase[phase]} within ${withinMs} ms.`);
    });
    try {
      await Promise.race([this.#reached(phase, finished.signal), deadline]);
    } finally {
      finished.abort(new Error('no longer waited for'));
      await deadline.catch(() => undefined);
    }
    if (signal.aborted) throw reasonOf(signal);
  }

  /** Rejects with ROUND_ENDED when the round is aborted before `cancelled` is; otherwise never settles. */
  async aborted(cancelled: AbortSignal): Promise<never> {
    await this.#reached(Phase.PHASE_ABORTED, cancelled);
    throw new Error('an aborted round always rejects');
  }

  #reached(phase: Phase, cancelled: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const judge = (progress: RoundProgress): void => {
        if (progress.phase === Phase.PHASE_ABORTED) reject(ended(progress.code));
        else if (progress.phase >= phase) resolve();
        else return;
        this.#waiters.delete(judge);
      };
      this.#waiters.add(judge);
      cancelled.addEventListener('abort', () => this.#waiters.delete(judge), { once: true });
      judge(this.#progress);
    });
  }
}

function ended(code: string): GuildhallError {
  return new GuildhallError('ROUND_ENDED', `The coordinator ended the round${code === '' ? '' : `: ${code}`}.`, {
    details: { reason: code },
  });
}
