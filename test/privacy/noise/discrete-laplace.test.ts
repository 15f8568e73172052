import { expect } from 'chai';
import { Coins, dyadicExponent, sampleDiscreteLaplace } from '../../../privacy/index.js';
import { sampleLaplaceOfScale } from '../../../privacy/noise/discrete-laplace.js';
import { discreteLaplaceLaw, fit, fixedKeyRandom } from '../statistics.js';

const COUNT = 300_000;

describe('privacy: the discrete Laplace sampler', () => {
  it('follows P(y) ∝ e^(−γ|y|) for decays below, at and above 1', () => {
    for (const [i, decay] of [0.04, 0.3, 1, 3.5].entries()) {
      const coins = new Coins(fixedKeyRandom(70 + i));
      const terms = dyadicExponent(decay);
      const samples = new Int32Array(COUNT).map(() => sampleDiscreteLaplace(coins, terms));
      const { statistic, bound } = fit(samples, discreteLaplaceLaw(decay));
      expect(statistic, `γ ${decay}`).to.be.below(bound);
    }
  });

  it('follows P(y) ∝ e^(−|y|/t) as the Gaussian’s proposal, and a scale wrong by 6 % is caught', () => {
    for (const t of [1, 4, 16]) {
      const coins = new Coins(fixedKeyRandom(30 + t));
      const samples = new Int32Array(COUNT).map(() => sampleLaplaceOfScale(coins, t));
      const { statistic, bound } = fit(samples, discreteLaplaceLaw(1 / t));
      expect(statistic, `scale ${t}`).to.be.below(bound);
      const wrong = fit(samples, discreteLaplaceLaw(1 / (t * 1.06)));
      expect(wrong.statistic, 'positive control').to.be.above(wrong.bound);
    }
  });

  it('gives the same values as wide noise that it gives as narrow noise, cut into longer runs', () => {
    const draw = (decay: number): number[] => {
      const coins = new Coins(fixedKeyRandom(80));
      return Array.from({ length: 1000 }, () => sampleDiscreteLaplace(coins, dyadicExponent(decay)));
    };
    const wide = draw(2 ** -20);
    const narrow = draw(2 ** -10);
    // Where neither drew a second zero, both cut the same geometric values.
    expect(narrow.slice(0, 10)).to.deep.equal(wide.slice(0, 10).map((value) => Math.trunc(value / 2 ** 10)));
  });
});
