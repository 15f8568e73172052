import { expect } from 'chai';
import fc from 'fast-check';
import { Backoff } from '../../../client/backoff.js';
import { uploadMessages } from '../../../client/rounds/api.js';
import { refuseCloseCohorts } from '../../../client/rounds/cohorts.js';
import { RoundFeed } from '../../../client/rounds/feed.js';
import { tellableCode } from '../../../client/rounds/outcome.js';
import { uploadSlot } from '../../../client/rounds/slots.js';
import { Phase } from '../../../proto/index.js';
import { ManualClock } from '../manual-clock.js';
import { codeOf, rejectionOf } from '../workspace.js';

describe('an upload slot', () => {
  it('is at once when the input was ready before, else the next of 250 ms, 500 ms, 1 s, …', () => {
    expect([-5, 0, 1, 250, 251, 3000].map(uploadSlot)).to.deep.equal([0, 0, 250, 250, 500, 4000]);
  });

  it('never comes before the input is ready, costs less than twice the time, and takes few values', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_600_000 }), (ready) => {
        const slot = uploadSlot(ready);
        return slot >= ready && slot < Math.max(2 * ready, 251) && Number.isInteger(Math.log2(slot / 250));
      }),
    );
  });
});

describe('a backoff', () => {
  it('grows up to its ceiling, stays between half the bound and the bound, and starts over', () => {
    for (const [uniform, factor] of [
      [0, 0.5],
      [1, 1],
    ] as const) {
      const backoff = new Backoff({ initialMs: 100, maximumMs: 400, multiplier: 2 }, () => uniform);
      expect([1, 2, 3, 4].map(() => backoff.next())).to.deep.equal([100, 200, 400, 400].map((ms) => ms * factor));
      backoff.reset();
      expect(backoff.next()).to.equal(100 * factor);
    }
  });
});

describe('cohorts without noise', () => {
  const earlier = [['a', 'b', 'c', 'd']];
  it('may be the same, or differ by as many as the floor', () => {
    refuseCloseCohorts(['d', 'c', 'b', 'a'], earlier, 3);
    refuseCloseCohorts(['a', 'b', 'e'], earlier, 3);
    refuseCloseCohorts(['a'], [], 3);
  });

  it('may not differ by fewer, in either direction', () => {
    const close = [
      ['a', 'b', 'c'],
      ['a', 'b', 'c', 'd', 'e'],
      ['a', 'b', 'c', 'e'],
    ];
    for (const cohort of close) {
      expect(codeOf(() => refuseCloseCohorts(cohort, earlier, 3))).to.equal('ROUND_COHORT_TOO_CLOSE');
    }
  });
});

describe('a round’s feed', () => {
  const feed = (phase = Phase.PHASE_ADVERTISING): RoundFeed => new RoundFeed({ phase, code: '' });
  const options = (clock = new ManualClock()) => ({ clock, withinMs: 1000, signal: new AbortController().signal });

  it('only goes forward: a replay of an older phase changes nothing', () => {
    const round = feed(Phase.PHASE_COLLECTING);
    round.update({ phase: Phase.PHASE_SHARING, code: '' });
    expect(round.phase).to.equal(Phase.PHASE_COLLECTING);
  });

  it('lets a participant through at the phase or any later one, and leaves no timer behind', async () => {
    const clock = new ManualClock();
    const round = feed();
    const reached = round.reach(Phase.PHASE_SHARING, options(clock));
    round.update({ phase: Phase.PHASE_COLLECTING, code: '' });
    await reached;
    expect(clock.sleeping).to.equal(0);
  });

  it('turns a participant away when the time is up, the round aborted, or the client stopped', async () => {
    const clock = new ManualClock();
    const late = feed().reach(Phase.PHASE_SHARING, options(clock));
    clock.advance(1000);
    expect((await rejectionOf(late)).code).to.equal('ROUND_DEADLINE');
    const round = feed();
    const aborted = round.reach(Phase.PHASE_SHARING, options());
    round.update({ phase: Phase.PHASE_ABORTED, code: 'QUORUM_MISSED_ADVERTISING' });
    const failure = await rejectionOf(aborted);
    expect(failure.code).to.equal('ROUND_ENDED');
    expect(failure.message).to.include('QUORUM_MISSED_ADVERTISING');
    const stop = new AbortController();
    const stopped = feed().reach(Phase.PHASE_SHARING, { ...options(), signal: stop.signal });
    stop.abort(new Error('stop'));
    expect(await stopped.catch((error: unknown) => String(error))).to.equal('Error: stop');
  });
});

describe('what is told of a refusal', () => {
  it('is the code where it follows from contracts, rosters, policy and ledger, and one code for all else', () => {
    for (const code of ['POLICY_NOISE', 'BUDGET_EXHAUSTED', 'SECAGG_NOT_A_MEMBER', 'MODEL_HASH_MISMATCH'] as const) {
      expect(tellableCode(code)).to.equal(code);
    }
    for (const code of ['DATA_EMPTY', 'INTERNAL', 'STATE_DISK_FULL', 'ENGINE_UNAVAILABLE', 'LEDGER_CORRUPT'] as const) {
      expect(tellableCode(code)).to.equal('TRAINING_FAILED');
    }
  });
});

describe('an upload’s messages', () => {
  it('are the header and then the bytes in order, whatever the length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 600_000 }), (length) => {
        const vector = new Uint8Array(length).map((_, index) => index % 253);
        const [header, ...chunks] = [
          ...uploadMessages(new Uint8Array(32), {
            input: { payloadType: '', payload: Buffer.alloc(0), signatures: [] },
            vector,
            ledgerHead: new Uint8Array(32),
          }),
        ];
        const bytes = chunks.map(({ part }) => (part?.$case === 'chunk' ? part.value : Buffer.alloc(0)));
        return header?.part?.$case === 'header' && Buffer.concat(bytes).equals(Buffer.from(vector));
      }),
      { numRuns: 20 },
    );
  });
});
