import type { Cohorts } from '../store/index.js';

/** Phases in which merchants are waited for. */
export type WaitingPhase = 'advertising' | 'opening' | 'sharing' | 'collecting' | 'agreeing' | 'unmasking';

/** The order of the phases in which merchants are waited for; `opening` is left out on the complete graph. */
export const WAITING_PHASES: readonly WaitingPhase[] = [
  'advertising',
  'opening',
  'sharing',
  'collecting',
  'agreeing',
  'unmasking',
];

/** What of a contract decides how a round goes. */
export interface RoundRules {
  readonly minimumMerchants: number;
  readonly maximumMerchants: number;
  /** The contract's U_min. */
  readonly minimumSurvivors: number;
  /** c. */
  readonly colluders: number;
  /** Length of each phase, ms. */
  readonly phaseMs: Readonly<Record<WaitingPhase, number>>;
  /** A merchant that lost its connection is waited for so much longer, ms. */
  readonly disconnectGraceMs: number;
}

/** A round in which merchants are waited for. */
export interface WaitingRound {
  readonly phase: WaitingPhase;
  /** End of the phase, ms since the epoch. */
  readonly deadlineMs: number;
  readonly cohorts: Cohorts;
  /** Those whose message of this phase has been accepted. */
  readonly answered: ReadonlySet<string>;
  /** Those who will not take part in the rest of the round. */
  readonly declined: ReadonlySet<string>;
  /**
   * Until when each merchant seen in this round counts as being there, ms since the epoch: infinite while it is
   * connected, the end of its grace once it is not.
   */
  readonly presence: ReadonlyMap<string, number>;
}

/** A round in which nobody is waited for any more, and the sum is unmasked and applied. */
export interface ComputingRound {
  readonly phase: 'applying';
  readonly cohorts: Cohorts;
}

/** A round that waits, computes or has ended. */
export type RoundState =
  | WaitingRound
  | ComputingRound
  | { readonly phase: 'done'; readonly cohorts: Cohorts }
  | { readonly phase: 'aborted'; readonly cohorts: Cohorts; readonly code: string };

/** What can happen to a round. */
export type RoundEvent =
  | { readonly kind: 'connected'; readonly merchant: string }
  | { readonly kind: 'disconnected'; readonly merchant: string }
  /** The merchant's message of the present phase was accepted and stored. */
  | { readonly kind: 'answered'; readonly merchant: string }
  /** The merchant refused, or was revoked. */
  | { readonly kind: 'declined'; readonly merchant: string }
  | { readonly kind: 'tick' }
  | { readonly kind: 'applied' }
  | { readonly kind: 'failed'; readonly code: string };

/** What the driver has to do, in this order, before the new state counts. */
export type RoundEffect =
  /** Close a phase of the secure-aggregation machine. */
  | { readonly kind: 'close'; readonly phase: WaitingPhase }
  /** Store the new state. */
  | { readonly kind: 'persist' }
  /** Tell every watcher. */
  | { readonly kind: 'announce' }
  /** Send a tick at this time, ms since the epoch; it replaces the one asked for before. */
  | { readonly kind: 'wake'; readonly atMs: number }
  /** Unmask, sum and apply. */
  | { readonly kind: 'apply' }
  /** Destroy the round's secrets. */
  | { readonly kind: 'end' };

/** A new state and what has to be done for it. */
export interface Transition {
  readonly state: RoundState;
  readonly effects: readonly RoundEffect[];
}

/** Whether merchants are waited for. */
export function isWaiting(state: RoundState): state is WaitingRound {
  return state.phase !== 'applying' && state.phase !== 'done' && state.phase !== 'aborted';
}
