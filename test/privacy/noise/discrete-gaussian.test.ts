import { expect } from 'chai';
import fc from 'fast-check';
import { Coins } from '../../../privacy/index.js';
import {
  acceptsCandidate,
  discreteGaussianVariance,
  sampleDiscreteGaussian,
} from '../../../privacy/noise/discrete-gaussian.js';
import { discreteGaussianLaw, fit, fixedKeyRandom, meanSquare } from '../statistics.js';

const COUNT = 300_000;

function draw(variance: number, key: number, count = COUNT): Int32Array {
  const coins = new Coins(fixedKeyRandom(key));
  const terms = discreteGaussianVariance(variance);
  return new Int32Array(count).map(() => sampleDiscreteGaussian(coins, terms));
}

describe('privacy: the discrete Gaussian sampler', () => {
  it('follows P(k) ∝ e^(−k²/2σ²) for small and larger σ, on and off the powers of two', () => {
    for (const [i, variance] of [0.5, 1, 2, 9, 50, 1000].entries()) {
      const { statistic, bound } = fit(draw(variance, 10 + i), discreteGaussianLaw(variance));
      expect(statistic, `variance ${variance}`).to.be.below(bound);
    }
  });

  it('positive control: standard deviation and variance swapped is caught', () => {
    const { statistic, bound } = fit(draw(Math.sqrt(9), 22, 20_000), discreteGaussianLaw(9));
    expect(statistic).to.be.above(bound);
  });

  it('has the published normaliser and variances of the discrete Gaussian', () => {
    const moment = (variance: number): number =>
      [...discreteGaussianLaw(variance)].reduce((sum, [k, p]) => sum + k * k * p, 0);
    let normaliser = 0;
    for (let k = -40; k <= 40; k++) normaliser += Math.exp((-k * k) / 2);
    expect(normaliser).to.be.closeTo(2.506628288042905, 1e-14);
    expect(moment(1)).to.be.closeTo(0.9999997887677282, 1e-14);
    expect(moment(0.5)).to.be.closeTo(0.49897913083282047, 1e-14);
    // Six standard errors of the mean square.
    expect(meanSquare(draw(0.5, 23))).to.be.closeTo(0.49897913083282047, 6 * 0.499 * Math.sqrt(2.1 / COUNT));
    expect(meanSquare(draw(1e8, 24)) / 1e8).to.be.closeTo(1, 6 * Math.sqrt(2 / COUNT));
  });

  it('accepts a Laplace candidate y with e^−((|y| − σ²/t)²/2σ²), and none from far outside', () => {
    const coins = new Coins(fixedKeyRandom(28));
    const terms = discreteGaussianVariance(9);
    for (const candidate of [0, -2, 4, 7]) {
      const expected = Math.exp(-((Math.abs(candidate) - 9 / terms.scale) ** 2) / 18);
      let accepted = 0;
      for (let i = 0; i < 100_000; i++) if (acceptsCandidate(coins, candidate, terms)) accepted++;
      expect(Math.abs(accepted / 100_000 - expected)).to.be.below(6 * Math.sqrt((expected * (1 - expected)) / 100_000));
    }
    for (const candidate of [400, -(2 ** 30)]) expect(acceptsCandidate(coins, candidate, terms)).to.be.false;
  });

  it('is symmetric and uncorrelated from one draw to the next', () => {
    const samples = draw(16, 25);
    const sum = samples.reduce((total, value) => total + value, 0);
    expect(Math.abs(sum)).to.be.below(6 * 4 * Math.sqrt(COUNT));
    const lagged = samples.reduce((total, value, i) => total + value * (samples[i + 1] ?? 0), 0);
    expect(Math.abs(lagged)).to.be.below(6 * 16 * Math.sqrt(COUNT));
  });

  it('represents any variance in range, never below what was asked and within 2^−18 above', () => {
    fc.assert(
      fc.property(fc.double({ min: -4, max: 44, noNaN: true }), (exponent) => {
        const asked = Math.min(2 ** 44, Math.max(2 ** -4, 2 ** exponent));
        const { scale, numerator, denominator, variance } = discreteGaussianVariance(asked);
        expect(variance).to.equal((scale * numerator) / denominator);
        expect(variance)
          .to.be.at.least(asked)
          .and.at.most(asked * (1 + 2 ** -18));
        expect(Number.isInteger(Math.log2(scale)) && Number.isInteger(Math.log2(denominator))).to.be.true;
        expect(2 * scale * numerator * denominator).to.be.below(2 ** 48);
      }),
      { seed: 7, numRuns: 2000 },
    );
    for (const bad of [0, -1, NaN, Infinity, 2 ** 45]) expect(() => discreteGaussianVariance(bad)).to.throw(RangeError);
  });

  it('repeats exactly from the same bytes', () => {
    expect(draw(100, 26, 500)).to.deep.equal(draw(100, 26, 500));
    expect(draw(100, 26, 500)).not.to.deep.equal(draw(100, 27, 500));
  });
});
