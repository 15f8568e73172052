import { expect } from 'chai';
import { decide, FEWEST_CHANGED, HARM_LEVEL, studentCumulative } from '../../../recommender/gate/index.js';
import { standardNormal, uniform } from '../../../recommender/random.js';
import { seeded } from '../support/coins.js';

/** Gate evidence of `shoppers`, a third of whom the component moves by normal steps around `effect`. */
function evidence(seed: string, shoppers: number, effect: number): { without: Float64Array; with: Float64Array } {
  const random = seeded(seed);
  const without = Float64Array.from({ length: shoppers }, () => uniform(random));
  const moved = without.map((value) => value + (uniform(random) < 1 / 3 ? effect + 0.3 * standardNormal(random) : 0));
  return { without, with: moved };
}

const refusals = (effect: number, trials: number): number =>
  Array.from({ length: trials }, (_, trial) => decide('re-ranker', evidence(`${effect} ${trial}`, 200, effect))).filter(
    ({ use }) => !use,
  ).length / trials;

describe('the gate’s decision', () => {
  it('follows Student’s distribution', () => {
    expect(studentCumulative(0, 5)).to.equal(0.5);
    expect(studentCumulative(-1, 1)).to.be.closeTo(0.25, 1e-12);
    expect(studentCumulative(2.015048372669157, 5)).to.be.closeTo(0.95, 1e-9);
    expect(studentCumulative(-1.6525467, 199)).to.be.closeTo(0.05, 1e-7);
    expect(studentCumulative(3, 2)).to.be.closeTo(0.5 + 3 / (2 * Math.sqrt(2 + 9)), 1e-12);
  });

  it('drops a harmless component in no more than the stated share of cases', () => {
    // 400 trials at .10: more than .16 has probability below 1e−4.
    expect(refusals(0, 400)).to.be.within(0.05, 0.16);
  });

  it('hardly ever drops a useful one', () => {
    expect(refusals(0.1, 200)).to.be.below(0.03);
  });

  it('drops one that does real harm', () => {
    expect(refusals(-0.2, 200)).to.be.above(0.95);
  });

  it('uses the public default where too few shoppers are ranked differently to judge', () => {
    const without = new Float64Array(100).fill(0.5);
    const worse = without.map((value, shopper) => (shopper < FEWEST_CHANGED - 1 ? 0 : value));
    const decision = decide('counts', { without, with: worse });
    expect(decision.use).to.equal(true);
    expect(decision.pHarm).to.equal(1);
    expect(decision.reason).to.include('too few to judge');
  });

  it('counts every pattern of signs where few shoppers change', () => {
    const differences = [0.5, -0.25, -0.25, -0.5, 0, 0];
    const without = new Float64Array(6).fill(0.5);
    const { pHarm, changed } = decide('counts', {
      without,
      with: without.map((value, at) => value + (differences[at] ?? 0)),
    });
    const sums = Array.from({ length: 16 }, (_, signs) =>
      [0.5, 0.25, 0.25, 0.5].reduce((sum, size, at) => sum + ((signs >> at) & 1 ? -size : size), 0),
    );
    expect(pHarm).to.equal(sums.filter((sum) => sum <= -0.5).length / 16);
    expect(changed).to.equal(4);
  });

  it('keeps its level exactly where few shoppers change', () => {
    const random = seeded('few');
    const trials = Array.from({ length: 600 }, () => {
      const without = new Float64Array(50).fill(0.5);
      const moved = without.map((value, at) =>
        at < 8 ? value + (uniform(random) < 0.5 ? -1 : 1) * uniform(random) : value,
      );
      return decide('counts', { without, with: moved }).use;
    });
    // 600 trials at just below .10; five standard deviations above.
    expect(trials.filter((use) => !use).length / 600).to.be.within(0.04, 0.1 + 5 * Math.sqrt(0.09 / 600));
  });

  it('stops a component that harms every shopper alike', () => {
    const without = new Float64Array(30).fill(0.5);
    const decision = decide('counts', { without, with: without.map((value) => value - 0.25) });
    expect(decision).to.include({ use: false, pHarm: 0, shoppers: 30, changed: 30, without: 0.5, with: 0.25 });
  });

  it('lets a tower in only where it shows a gain: no benefit of the doubt', () => {
    const without = new Float64Array(40).fill(0.5);
    const better = decide('tower', { without, with: without.map((value, at) => value + (at % 2) / 4) });
    expect(better.use).to.equal(true);
    expect(better.reason).to.match(/^The federated tower is used: .* shows a gain/);
    const alike = { without, with: without.map((value, at) => value + (at % 4 === 0 ? 0.2 : at % 4 === 1 ? -0.2 : 0)) };
    expect(decide('re-ranker', alike).use, 'another component').to.equal(true);
    expect(decide('tower', alike).use).to.equal(false);
    expect(decide('tower', { without, with: without }).reason).to.include('shows no gain');
  });

  it('explains itself in one sentence with the figures it judged by', () => {
    const { reason, use } = decide('re-ranker', evidence('sentence', 200, 0.1));
    expect(use).to.equal(true);
    expect(reason).to.match(/^The federated re-ranker is used: NDCG@10 goes from 0\.\d{4} to 0\.\d{4} on 200 shoppers/);
    expect(reason).to.include(String(HARM_LEVEL));
  });

  it('needs both sides of every shopper', () => {
    expect(() => decide('counts', { without: new Float64Array(2), with: new Float64Array(3) })).to.throw(RangeError);
  });
});
