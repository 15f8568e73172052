import { quorums, thresholds } from '../../crypto/index.js';
import type { ErrorCode } from '../../errors/index.js';
import type { Cohorts } from '../store/index.js';
import { isWaiting, WAITING_PHASES } from './state.js';
import type {
  RoundEffect,
  RoundEvent,
  RoundRules,
  RoundState,
  Transition,
  WaitingPhase,
  WaitingRound,
} from './state.js';

const QUORUM_CODES = {
  advertising: 'QUORUM_MISSED_ADVERTISING',
  opening: 'QUORUM_MISSED_OPENING',
  sharing: 'QUORUM_MISSED_SHARING',
  collecting: 'QUORUM_MISSED_COLLECTING',
  agreeing: 'QUORUM_MISSED_AGREEING',
  unmasking: 'QUORUM_MISSED_UNMASKING',
} as const satisfies Record<WaitingPhase, ErrorCode>;

/** A round at its beginning, to be stored before its effects: everybody who is connected is waited for. */
export function openRound(rules: RoundRules, connected: Iterable<string>, nowMs: number): Transition {
  const state: WaitingRound = {
    phase: 'advertising',
    deadlineMs: nowMs + rules.phaseMs.advertising,
    cohorts: {},
    answered: new Set(),
    declined: new Set(),
    presence: new Map([...connected].map((merchant) => [merchant, Infinity])),
  };
  return { state, effects: [{ kind: 'announce' }, wakeOf(state, nowMs)] };
}

/**
 * How a round goes on after an event: pure, so that every rule is in one table of tests.
 *
 * A phase closes when everybody who is expected has answered, declined or been away for longer than the grace, provided
 * that the quorum is met; at its deadline it closes with the quorum or ends the round. It ends the round early only
 * when refusals alone have put the quorum out of reach: whoever is merely away may come back.
 */
export function reduce(rules: RoundRules, state: RoundState, event: RoundEvent, nowMs: number): Transition {
  if (state.phase === 'done' || state.phase === 'aborted') return { state, effects: [] };
  if (event.kind === 'failed') return abort(state.cohorts, event.code);
  if (!isWaiting(state)) {
    if (event.kind !== 'applied') return { state, effects: [] };
    return {
      state: { phase: 'done', cohorts: state.cohorts },
      effects: [{ kind: 'persist' }, { kind: 'end' }, { kind: 'announce' }],
    };
  }
  return settle(rules, observe(rules, state, event, nowMs), nowMs);
}

/** The quorum of a phase; `rosterSize` is |U1|, not yet known while advertising. */
export function quorumOf(rules: RoundRules, phase: WaitingPhase, rosterSize: number): number {
  if (phase === 'advertising') return rules.minimumMerchants;
  const { agreement, minimumSurvivors } = quorums({ ...rules, merchants: rosterSize });
  // T of the survivors hold t shares of each secret: all but one of them on the complete graph; on a sparse one with the
  // probability that its degree is chosen for, while no more than its share of merchants is lost.
  return phase === 'agreeing' || phase === 'unmasking' ? agreement : minimumSurvivors;
}

/** Who can still answer in the present phase, whether connected or away. */
export function awaitedIn(state: WaitingRound): string[] {
  const expected = expectedIn(state);
  return expected.filter((merchant) => !state.answered.has(merchant) && !state.declined.has(merchant));
}

/** The merchants that came through the phase before; all that were seen while advertising. */
export function expectedIn(state: WaitingRound): readonly string[] {
  switch (state.phase) {
    case 'advertising':
      return [...state.presence.keys()];
    case 'opening':
      return state.cohorts.roster ?? [];
    case 'sharing':
      return state.cohorts.openers ?? state.cohorts.roster ?? [];
    case 'collecting':
      return state.cohorts.sharers ?? [];
    case 'agreeing':
    case 'unmasking':
      return state.cohorts.survivors ?? [];
  }
}

function observe(rules: RoundRules, state: WaitingRound, event: RoundEvent, nowMs: number): WaitingRound {
  switch (event.kind) {
    case 'connected':
      return { ...state, presence: new Map(state.presence).set(event.merchant, Infinity) };
    case 'disconnected': {
      if (!state.presence.has(event.merchant)) return state;
      return { ...state, presence: new Map(state.presence).set(event.merchant, nowMs + rules.disconnectGraceMs) };
    }
    case 'answered':
      return { ...state, answered: new Set(state.answered).add(event.merchant) };
    case 'declined':
      return { ...state, declined: new Set(state.declined).add(event.merchant) };
    case 'tick':
    case 'applied':
    case 'failed':
      return state;
  }
}

function settle(rules: RoundRules, state: WaitingRound, nowMs: number): Transition {
  const { phase, answered } = state;
  const quorum = quorumOf(rules, phase, state.cohorts.roster?.length ?? 0);
  const awaited = awaitedIn(state);
  const isFull = phase === 'advertising' && answered.size >= rules.maximumMerchants;
  const isComplete = isFull || awaited.every((merchant) => (state.presence.get(merchant) ?? 0) <= nowMs);
  const isOver = nowMs >= state.deadlineMs;
  if (answered.size >= quorum && (isComplete || isOver)) return advance(rules, state, nowMs);
  if (isOver || answered.size + awaited.length < quorum) return abort(state.cohorts, QUORUM_CODES[phase]);
  return { state, effects: [wakeOf(state, nowMs)] };
}

function advance(rules: RoundRules, state: WaitingRound, nowMs: number): Transition {
  const cohorts = cohortsAfter(state);
  const close: RoundEffect = { kind: 'close', phase: state.phase };
  const next = phaseAfter(rules, state);
  if (next === undefined) {
    return {
      state: { phase: 'applying', cohorts },
      effects: [close, { kind: 'persist' }, { kind: 'announce' }, { kind: 'apply' }],
    };
  }
  const opened: WaitingRound = {
    phase: next,
    deadlineMs: nowMs + rules.phaseMs[next],
    cohorts,
    answered: new Set(),
    declined: next === 'unmasking' ? withoutAgreement(state) : state.declined,
    presence: state.presence,
  };
  return { state: opened, effects: [close, { kind: 'persist' }, { kind: 'announce' }, wakeOf(opened, nowMs)] };
}

/** The phase that comes next: coins are opened only where they draw the graph. */
function phaseAfter(rules: RoundRules, state: WaitingRound): WaitingPhase | undefined {
  const next = WAITING_PHASES[WAITING_PHASES.indexOf(state.phase) + 1];
  if (next !== 'opening') return next;
  return thresholds({ ...rules, merchants: state.answered.size }).edgeProbability === 1 ? 'sharing' : 'opening';
}

/** Who has not signed R3 is not going to unmask, so nobody waits for it. */
function withoutAgreement(state: WaitingRound): ReadonlySet<string> {
  const silent = expectedIn(state).filter((merchant) => !state.answered.has(merchant));
  return new Set([...state.declined, ...silent]);
}

function cohortsAfter(state: WaitingRound): Cohorts {
  const answered = [...state.answered].sort();
  switch (state.phase) {
    case 'advertising':
      return { roster: answered };
    case 'opening':
      return { ...state.cohorts, openers: answered };
    case 'sharing':
      return { ...state.cohorts, sharers: answered };
    case 'collecting':
      return { ...state.cohorts, survivors: answered };
    case 'agreeing':
    case 'unmasking':
      return state.cohorts;
  }
}

function abort(cohorts: Cohorts, code: string): Transition {
  return {
    state: { phase: 'aborted', cohorts, code },
    effects: [{ kind: 'persist' }, { kind: 'end' }, { kind: 'announce' }],
  };
}

function wakeOf(state: WaitingRound, nowMs: number): RoundEffect {
  const graces = awaitedIn(state)
    .map((merchant) => state.presence.get(merchant) ?? 0)
    .filter((until) => until > nowMs);
  return { kind: 'wake', atMs: Math.min(state.deadlineMs, ...graces) };
}
