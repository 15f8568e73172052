import { Phase } from '../../proto/index.js';
import type { GetStatusResponse, RoundStatus } from '../../proto/index.js';
import type { DemoProgress } from './options.js';

/** What the saboteur needs. */
export interface SabotageOptions {
  /** The merchant whose client dies. */
  readonly victim: string;
  /** The job in one of whose rounds it dies. */
  readonly job: string;
  /** Not before this round of the job. */
  readonly fromRound: number;
  readonly kill: (merchant: string) => Promise<void>;
  readonly restart: (merchant: string) => Promise<void>;
  readonly progress: DemoProgress;
}

/** Who was killed, and in which round. */
export interface Killed {
  readonly merchant: string;
  readonly job: string;
  readonly round: number;
}

/**
 * Kills one client in the middle of a round, after the roster was set and before the sum can be opened, and starts it
 * again when that round has ended.
 */
export class Sabotage {
  readonly #options: SabotageOptions;
  #killed: Killed | undefined;
  #isRestarted = false;

  constructor(options: SabotageOptions) {
    this.#options = options;
  }

  /** Undefined while nobody was killed. */
  get killed(): Killed | undefined {
    return this.#killed;
  }

  /** Acts on a status of the coordinator; called with every one of them, one after another. */
  async observe({ rounds }: GetStatusResponse): Promise<void> {
    if (this.#killed === undefined) await this.#kill(rounds.find((round) => this.#isMoment(round)));
    else if (!this.#isRestarted) await this.#restartAfter(this.#killed, rounds);
  }

  #isMoment({ job, round, phase, roster }: RoundStatus): boolean {
    const { victim, fromRound } = this.#options;
    const isMiddle = phase === Phase.PHASE_SHARING || phase === Phase.PHASE_COLLECTING;
    return job === this.#options.job && round >= fromRound && isMiddle && roster.includes(victim);
  }

  async #kill(round: RoundStatus | undefined): Promise<void> {
    if (round === undefined) return;
    const { victim, kill, progress } = this.#options;
    await kill(victim);
    this.#killed = { merchant: victim, job: round.job, round: round.round };
    progress.say(`KILLED the client of ${victim} (SIGKILL) in the middle of ${round.job}, round ${round.round}.`);
  }

  async #restartAfter(killed: Killed, rounds: readonly RoundStatus[]): Promise<void> {
    const round = rounds.find(({ job, round: number }) => job === killed.job && number === killed.round);
    if (round?.phase !== Phase.PHASE_DONE && round?.phase !== Phase.PHASE_ABORTED) return;
    this.#isRestarted = true;
    await this.#options.restart(killed.merchant);
    this.#options.progress.say(`Started the client of ${killed.merchant} again: same identity, same ledger.`);
  }
}
