import type { SecAggServer } from '../../crypto/index.js';
import { GuildhallError } from '../../errors/index.js';
import type { Agreements, Coins, Delivery, Roster, Survivors } from '../../proto/index.js';
import { valueOf } from './replay.js';
import { WAITING_PHASES } from './state.js';
import type { RoundState, WaitingPhase } from './state.js';

/** What an open round answers to merchants: each step's result, once the step is closed, for those who came through it. */
export class RoundAnswers {
  readonly #machine: SecAggServer;
  readonly #state: () => RoundState;

  constructor(machine: SecAggServer, state: () => RoundState) {
    this.#machine = machine;
    this.#state = state;
  }

  /** The roster, for those in it. @throws GuildhallError PHASE_NOT_REACHED, NOT_IN_ROUND */
  roster(merchant: string): Roster {
    this.#requireCohort('opening', merchant, this.#state().cohorts.roster);
    return valueOf(this.#machine.closeAdvertising());
  }

  /** Every opened coin, for those who opened theirs. @throws GuildhallError PHASE_NOT_REACHED, NOT_IN_ROUND */
  coins(merchant: string): Coins {
    this.#requireCohort('sharing', merchant, this.#state().cohorts.openers);
    return valueOf(this.#machine.closeOpening());
  }

  /** A sharer's boxes. @throws GuildhallError PHASE_NOT_REACHED, NOT_IN_ROUND */
  delivery(merchant: string): Delivery {
    this.#requireCohort('collecting', merchant, this.#state().cohorts.sharers);
    return this.#machine.delivery(merchant);
  }

  /** U3's envelopes, for those in it. @throws GuildhallError PHASE_NOT_REACHED, NOT_IN_ROUND */
  survivors(merchant: string): Survivors {
    this.#requireCohort('agreeing', merchant, this.#state().cohorts.survivors);
    return valueOf(this.#machine.closeCollecting());
  }

  /** The signatures on the one view, for U3. @throws GuildhallError PHASE_NOT_REACHED, NOT_IN_ROUND */
  agreements(merchant: string): Agreements {
    this.#requireCohort('unmasking', merchant, this.#state().cohorts.survivors);
    return valueOf(this.#machine.closeAgreeing());
  }

  #requireCohort(from: WaitingPhase, merchant: string, cohort: readonly string[] | undefined): void {
    const state = this.#state();
    if (cohort === undefined || !hasReached(state, from)) {
      throw new GuildhallError('PHASE_NOT_REACHED', `The round is in the phase ${state.phase}.`);
    }
    if (!cohort.includes(merchant)) {
      throw new GuildhallError('NOT_IN_ROUND', `${merchant} did not come through the step before.`);
    }
  }
}

const PHASE_ORDER: readonly RoundState['phase'][] = [...WAITING_PHASES, 'applying', 'done'];

function hasReached(state: RoundState, phase: WaitingPhase): boolean {
  return PHASE_ORDER.indexOf(state.phase) >= PHASE_ORDER.indexOf(phase);
}
