import { expect } from 'chai';
import { JudgementPace } from '../../../client/rounds/pace.js';
import { ManualClock } from '../manual-clock.js';

const never = new AbortController().signal;
const TEN_SECONDS = 10_000;

/** Lets everything go on that waits for nothing but its turn in the queue of promises. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the pace of judgements', () => {
  let clock: ManualClock;
  let pace: JudgementPace;
  beforeEach(() => {
    clock = new ManualClock();
    pace = new JudgementPace(clock);
  });

  /** So many refusals at once. */
  const refuse = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i += 1) await pace.turn(never);
  };

  it('lets 64 refusals through at once, and then one each ten seconds', async () => {
    await refuse(64);
    let judged = 0;
    const more = [1, 2, 3].map(() => pace.turn(never).then(() => (judged += 1)));
    await settled();
    expect(judged).to.equal(0);
    for (const expected of [1, 2, 3]) {
      clock.advance(TEN_SECONDS);
      await settled();
      expect(judged).to.equal(expected);
    }
    await Promise.all(more);
  });

  it('holds up nobody whose contracts are not refused', async () => {
    for (let round = 0; round < 1000; round += 1) {
      await pace.turn(never);
      pace.giveBack();
    }
    expect(clock.waits).to.deep.equal([]);
  });

  it('never saves up more turns than it began with', async () => {
    clock.advance(1000 * TEN_SECONDS);
    await refuse(64);
    void pace.turn(never);
    await settled();
    expect(clock.waits).to.have.length(1);
  });

  it('goes on where the recorded refusals left it: 64 just now leave none, and ten seconds give one back', async () => {
    const now = clock.now();
    const left = async (refusedAt: readonly number[]): Promise<number> => {
      const resumed = new JudgementPace(clock, refusedAt);
      const stop = new AbortController();
      let turns = 0;
      const asked = Array.from({ length: 64 }, () => resumed.turn(stop.signal).then(() => (turns += 1), String));
      await settled();
      stop.abort(new Error('stopped'));
      await Promise.all(asked);
      return turns;
    };
    const burst = (at: number): number[] => new Array<number>(64).fill(at);
    expect(await left([]), 'nothing refused').to.equal(64);
    expect(await left(burst(now))).to.equal(0);
    expect(await left(burst(now - 3 * TEN_SECONDS))).to.equal(3);
    expect(await left([...burst(now - 10 * TEN_SECONDS), ...new Array<number>(4).fill(now)])).to.equal(6);
    expect(await left(burst(now - 1000 * TEN_SECONDS)), 'long ago').to.equal(64);
  });

  it('is not held up for longer than a turn by a clock that was set back', async () => {
    pace = new JudgementPace(clock, new Array<number>(64).fill(clock.now() + 1_000_000));
    void pace.turn(never);
    await settled();
    expect(clock.waits).to.deep.equal([TEN_SECONDS]);
  });

  it('is full when 64 contracts wait, and waits no longer than the client runs', async () => {
    await refuse(64);
    const stop = new AbortController();
    const waiting = Array.from({ length: 64 }, () => pace.turn(stop.signal).then(() => 'judged', String));
    expect(pace.isFull).to.equal(true);
    stop.abort(new Error('stopped'));
    expect(new Set(await Promise.all(waiting))).to.deep.equal(new Set(['Error: stopped']));
    expect(pace.isFull).to.equal(false);
  });
});
