import { expect } from 'chai';
import { calibrateNoiseMultiplier, planRounds } from '../../../privacy/index.js';

const GOAL = {
  shoppers: 20_000,
  merchants: 10,
  minimumSurvivors: 6,
  colluders: 1,
  epsilon: 4,
  delta: 1e-6,
  rounds: 52,
  samplingRates: [0.05, 0.5, 1],
};

describe('privacy: planning rounds', () => {
  const rows = planRounds(GOAL);

  it('spends the whole ε by the accountant that budgets enforce, and less by loss distributions', () => {
    for (const { rdp, pld, advantage } of rows) {
      expect(rdp).to.be.within(4 - 1e-6, 4);
      expect(pld).to.be.below(rdp);
      expect(advantage).to.be.within(0.01, 0.5);
    }
    const { epsilon, delta, rounds } = GOAL;
    expect(rows.map(({ noiseMultiplier }) => noiseMultiplier)).to.deep.equal(
      GOAL.samplingRates.map((samplingRate) =>
        calibrateNoiseMultiplier({ epsilon, delta, samplingRate, steps: rounds }),
      ),
    );
  });

  it('gives the relative error of one round: central z/(qN), and the price of drawing for the fewest honest', () => {
    for (const { samplingRate, noiseMultiplier, centralError, relativeError, worstError, localError } of rows) {
      expect(centralError).to.be.closeTo(noiseMultiplier / (samplingRate * 20_000), 1e-12);
      expect(relativeError / centralError).to.be.closeTo(Math.sqrt(10 / 5), 1e-12);
      expect(worstError / centralError).to.be.closeTo(Math.sqrt(6 / 5) * (10 / 6), 1e-12);
      // Ten merchants that share nothing add ten times the variance.
      expect(localError / centralError).to.be.closeTo(Math.sqrt(10), 1e-12);
    }
  });

  it('agrees with noise drawn as merchants draw it', () => {
    const [row] = planRounds({ ...GOAL, samplingRates: [1] });
    if (row === undefined) throw new Error('one rate gives one row');
    const honest = GOAL.minimumSurvivors - GOAL.colluders;
    const ofSum = (survivors: number): number => Math.sqrt(survivors * (row.noiseMultiplier ** 2 / honest));
    expect(row.relativeError).to.be.closeTo(ofSum(10) / 20_000, 1e-12);
    expect(row.worstError).to.be.closeTo(ofSum(6) / (20_000 * 0.6), 1e-12);
  });

  it('refuses rosters that cannot be', () => {
    expect(() => planRounds({ ...GOAL, minimumSurvivors: 11 })).to.throw(RangeError);
    expect(() => planRounds({ ...GOAL, colluders: 6 })).to.throw(RangeError);
  });
});
