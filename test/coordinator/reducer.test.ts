import { expect } from 'chai';

import { expectedIn, openRound, quorumOf, reduce } from '../../coordinator/rounds/reducer.js';
import { isWaiting, WAITING_PHASES } from '../../coordinator/rounds/state.js';
import type {
  RoundEvent,
  RoundRules,
  RoundState,
  Transition,
  WaitingPhase,
  WaitingRound,
} from '../../coordinator/rounds/state.js';

const RULES: RoundRules = {
  minimumMerchants: 5,
  maximumMerchants: 8,
  minimumSurvivors: 4,
  colluders: 1,
  phaseMs: { advertising: 1000, opening: 1000, sharing: 1000, collecting: 1000, agreeing: 1000, unmasking: 1000 },
  disconnectGraceMs: 100,
};
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const NEXT = {
  advertising: 'sharing',
  opening: 'sharing',
  sharing: 'collecting',
  collecting: 'agreeing',
  agreeing: 'unmasking',
} as const;

/** A round at the beginning of a phase at time 0: six merchants came through everything before. */
function roundIn(phase: WaitingPhase): WaitingRound {
  const cohorts = {
    advertising: {},
    opening: { roster: NAMES },
    sharing: { roster: NAMES },
    collecting: { roster: NAMES, sharers: NAMES },
    agreeing: { roster: NAMES, sharers: NAMES, survivors: NAMES },
    unmasking: { roster: NAMES, sharers: NAMES, survivors: NAMES },
  }[phase];
  return {
    phase,
    deadlineMs: 1000,
    cohorts,
    answered: new Set(),
    declined: new Set(),
    presence: new Map(NAMES.map((name) => [name, Infinity])),
  };
}

/** Applies events, each at its time. */
function play(state: RoundState, ...events: readonly (readonly [atMs: number, event: RoundEvent])[]): Transition {
  return events.reduce<Transition>((transition, [atMs, event]) => reduce(RULES, transition.state, event, atMs), {
    state,
    effects: [],
  });
}

const answered = (merchant: string): RoundEvent => ({ kind: 'answered', merchant });
const declined = (merchant: string): RoundEvent => ({ kind: 'declined', merchant });
const disconnected = (merchant: string): RoundEvent => ({ kind: 'disconnected', merchant });
const connected = (merchant: string): RoundEvent => ({ kind: 'connected', merchant });
const TICK: RoundEvent = { kind: 'tick' };
const at = (atMs: number) => (event: RoundEvent) => [atMs, event] as const;

/** What a phase becomes when it closes well. */
function successor(phase: WaitingPhase): RoundState['phase'] {
  return phase === 'unmasking' ? 'applying' : NEXT[phase];
}

describe('coordinator: the round reducer', () => {
  it('waits at the beginning for everybody who is connected', () => {
    const { state, effects } = openRound(RULES, ['a', 'b'], 5);
    expect(state.phase).to.equal('advertising');
    expect(effects).to.deep.equal([{ kind: 'announce' }, { kind: 'wake', atMs: 1005 }]);
  });

  it('asks for the quorums of the protocol: the minimum, then max(U_min, T), then T', () => {
    expect(WAITING_PHASES.map((phase) => quorumOf(RULES, phase, 6))).to.deep.equal([5, 4, 4, 4, 4, 4]);
    expect(WAITING_PHASES.map((phase) => quorumOf({ ...RULES, colluders: 2 }, phase, 8))).to.deep.equal([
      5, 6, 6, 6, 6, 6,
    ]);
    expect(quorumOf({ ...RULES, minimumSurvivors: 6 }, 'collecting', 6)).to.equal(6);
    expect(quorumOf({ ...RULES, minimumSurvivors: 6 }, 'unmasking', 6)).to.equal(4);
  });

  for (const phase of WAITING_PHASES) {
    const quorum = quorumOf(RULES, phase, phase === 'advertising' ? 0 : NAMES.length);
    const code = `QUORUM_MISSED_${phase.toUpperCase()}`;

    describe(`while ${phase}`, () => {
      it('closes before the deadline once everybody has answered', () => {
        const before = play(roundIn(phase), ...NAMES.slice(1).map(answered).map(at(10)));
        expect(before.state.phase).to.equal(phase);
        const { state, effects } = play(before.state, [20, answered('a')]);
        expect(state.phase).to.equal(successor(phase));
        expect(effects.map(({ kind }) => kind)).to.deep.equal(
          phase === 'unmasking' ? ['close', 'persist', 'announce', 'apply'] : ['close', 'persist', 'announce', 'wake'],
        );
        if (isWaiting(state)) expect(state.deadlineMs).to.equal(1020);
      });

      it('closes at the deadline with the quorum, without those who are silent', () => {
        const some = NAMES.slice(0, quorum).map(answered).map(at(10));
        expect(play(roundIn(phase), ...some, [999, TICK]).state.phase).to.equal(phase);
        expect(play(roundIn(phase), ...some, [1000, TICK]).state.phase).to.equal(successor(phase));
      });

      it('ends the round at the deadline one short of the quorum', () => {
        const tooFew = NAMES.slice(0, quorum - 1)
          .map(answered)
          .map(at(10));
        const { state, effects } = play(roundIn(phase), ...tooFew, [1000, TICK]);
        expect(state).to.include({ phase: 'aborted', code });
        expect(effects.map(({ kind }) => kind)).to.deep.equal(['persist', 'end', 'announce']);
      });

      it('does not wait for a merchant that declined', () => {
        const others = NAMES.slice(1).map(answered).map(at(10));
        expect(play(roundIn(phase), ...others, [20, declined('a')]).state.phase).to.equal(successor(phase));
      });

      it('ends the round at once when refusals have put the quorum out of reach', () => {
        const refusals = NAMES.slice(quorum - 1)
          .map(declined)
          .map(at(10));
        expect(play(roundIn(phase), ...refusals.slice(1)).state.phase).to.equal(phase);
        expect(play(roundIn(phase), ...refusals).state).to.include({ phase: 'aborted', code });
      });

      it('waits for a merchant that lost its connection until its grace is over', () => {
        const others = NAMES.slice(1).map(answered).map(at(10));
        const gone = play(roundIn(phase), ...others, [20, disconnected('a')]);
        expect(gone.state.phase).to.equal(phase);
        expect(gone.effects).to.deep.equal([{ kind: 'wake', atMs: 120 }]);
        expect(play(gone.state, [119, TICK]).state.phase).to.equal(phase);
        expect(play(gone.state, [120, TICK]).state.phase).to.equal(successor(phase));
      });

      it('waits on for a merchant that came back within its grace', () => {
        const others = NAMES.slice(1).map(answered).map(at(10));
        const back = play(roundIn(phase), ...others, [20, disconnected('a')], [60, connected('a')], [500, TICK]);
        expect(back.state.phase).to.equal(phase);
        expect(back.effects).to.deep.equal([{ kind: 'wake', atMs: 1000 }]);
      });

      it('does not end the round early because merchants are away: they may come back', () => {
        const away = NAMES.map(disconnected).map(at(10));
        expect(play(roundIn(phase), ...away, [900, TICK]).state.phase).to.equal(phase);
      });

      it('ends the round with the code of a failure', () => {
        const { state } = play(roundIn(phase), [10, { kind: 'failed', code: 'SECAGG_SHARES_TOO_FEW' }]);
        expect(state).to.include({ phase: 'aborted', code: 'SECAGG_SHARES_TOO_FEW' });
      });
    });
  }

  it('waits for merchants that connect while advertising, and closes when the roster is full', () => {
    const rules = { ...RULES, maximumMerchants: 6 };
    const later = reduce(rules, roundIn('advertising'), connected('g'), 5).state;
    const five = NAMES.slice(0, 5).reduce((state, name) => reduce(rules, state, answered(name), 10).state, later);
    expect(five.phase).to.equal('advertising');
    const full = reduce(rules, five, answered('g'), 11).state;
    expect(full.phase).to.equal('sharing');
    expect(full.cohorts.roster).to.deep.equal(['a', 'b', 'c', 'd', 'e', 'g']);
  });

  it('opens coins only where they draw the graph: above 200 merchants', () => {
    const rules = { ...RULES, maximumMerchants: 300 };
    const after = (merchants: number): WaitingRound => {
      const names = Array.from({ length: merchants }, (_, index) => `m${index}`);
      const open = openRound(rules, names, 0).state;
      const { state } = names.reduce<Transition>(
        (transition, name) => reduce(rules, transition.state, answered(name), 1),
        { state: open, effects: [] },
      );
      if (!isWaiting(state)) throw new Error('a round that waits');
      return state;
    };
    expect(after(200).phase).to.equal('sharing');
    const opening = after(201);
    expect(opening.phase).to.equal('opening');
    const roster = opening.cohorts.roster ?? [];
    const openers = roster.slice(1);
    const all = openers.reduce<RoundState>((state, name) => reduce(rules, state, answered(name), 2).state, opening);
    const sharing = reduce(rules, all, TICK, opening.deadlineMs).state;
    expect(sharing.phase).to.equal('sharing');
    expect(sharing.cohorts).to.deep.equal({ roster, openers });
    // Who has not opened is out.
    expect(isWaiting(sharing) && expectedIn(sharing)).to.deep.equal(openers);
  });

  it('does not wait for shares of who has not signed the view', () => {
    const agreed = play(roundIn('agreeing'), ...NAMES.slice(0, 4).map(answered).map(at(10)), [1000, TICK]).state;
    expect(agreed.phase).to.equal('unmasking');
    expect(play(agreed, ...NAMES.slice(0, 4).map(answered).map(at(1010))).state.phase).to.equal('applying');
  });

  it('keeps a refusal for the rest of the round', () => {
    const shared = play(
      roundIn('sharing'),
      ...NAMES.map(declined).slice(0, 1).map(at(5)),
      ...NAMES.slice(1).map(answered).map(at(10)),
    ).state;
    expect(isWaiting(shared) && [...shared.declined]).to.deep.equal(['a']);
  });

  it('is done once applied, and nothing changes an ended round', () => {
    const applying: RoundState = { phase: 'applying', cohorts: {} };
    const done = reduce(RULES, applying, { kind: 'applied' }, 0);
    expect(done.state.phase).to.equal('done');
    expect(done.effects.map(({ kind }) => kind)).to.deep.equal(['persist', 'end', 'announce']);
    expect(reduce(RULES, applying, TICK, 9e9)).to.deep.equal({ state: applying, effects: [] });
    for (const event of [TICK, answered('a'), { kind: 'failed', code: 'INTERNAL' } as const]) {
      expect(reduce(RULES, done.state, event, 0)).to.deep.equal({ state: done.state, effects: [] });
    }
  });
});
