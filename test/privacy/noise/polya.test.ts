import { expect } from 'chai';
import { Coins, noiseShare, sampleNoise } from '../../../privacy/index.js';
import { dyadicExponent } from '../../../privacy/noise/bernoulli-exp.js';
import { polyaWeights, polyaTerms, samplePolya } from '../../../privacy/noise/polya.js';
import { discreteLaplaceLaw, fit, fixedKeyRandom, polyaLaw } from '../statistics.js';
import { polyaByGeometric } from './polya-by-geometric.js';
import { weightError } from './weights.js';

const COUNT = 200_000;

function drawPolya(shares: number, exponent: number, key: number): Int32Array {
  const coins = new Coins(fixedKeyRandom(key));
  const terms = polyaTerms(shares, dyadicExponent(exponent));
  return new Int32Array(COUNT).map(() => samplePolya(coins, terms));
}

/** The sum of the shares that `survivors` merchants draw when each plans for `planned` of them. */
function summedShares(survivors: number, planned: number, epsilon: number, key: number): Int32Array {
  const share = noiseShare({ mechanism: 'laplace', epsilon, sensitivity: 1, minimumSurvivors: planned, colluders: 0 });
  const total = new Int32Array(COUNT);
  for (let merchant = 0; merchant < survivors; merchant++) {
    const noise = sampleNoise(share, COUNT, fixedKeyRandom(key + merchant));
    for (let i = 0; i < COUNT; i++) total[i] = (total[i] ?? 0) + (noise[i] ?? 0);
  }
  return total;
}

describe('privacy: Pólya shares of discrete Laplace noise', () => {
  it('follow the negative binomial law with r = 1/m', () => {
    for (const [i, [shares, exponent]] of (
      [
        [1, 1],
        [2, 0.5],
        [3, 0.1],
        [8, 4],
        [8, 0.5],
        [100, 0.7],
        [4, 0.02],
        [20, 0.004],
        [2, 0.003],
        [100, 0.002],
        [90, 0.05],
        [9900, 0.03],
      ] as const
    ).entries()) {
      const { statistic, bound } = fit(drawPolya(shares, exponent, 40 + i), polyaLaw(shares, exponent));
      expect(statistic, `m ${shares} γ ${exponent}`).to.be.below(bound);
    }
  });

  it('follow it as values drawn by geometric candidates and rational coins do', () => {
    for (const [i, [shares, decay]] of (
      [
        [2, 0.5],
        [3, 0.1],
        [30, 0.2],
      ] as const
    ).entries()) {
      const coins = new Coins(fixedKeyRandom(180 + i));
      const exponent = dyadicExponent(decay);
      const reference = new Int32Array(COUNT / 4).map(() => polyaByGeometric(coins, shares, exponent));
      const drawn = drawPolya(shares, decay, 184 + i);
      const { statistic, bound } = fit(reference, polyaLaw(shares, decay));
      expect(statistic, `the reference, m ${shares} γ ${decay}`).to.be.below(bound);
      const shareOf = (samples: Int32Array, k: number): number =>
        samples.filter((value) => value === k).length / samples.length;
      for (const k of [0, 1, 2, 5]) {
        const p = shareOf(drawn, k);
        expect(shareOf(reference, k)).to.be.closeTo(p, 6 * Math.sqrt((p * (1 - p) * 5) / COUNT));
      }
    }
  });

  it('have weights within 2^−42 of those that integers give, or negligible ones below 2^−91', () => {
    for (const shares of [1, 2, 3, 100, 9900, 2 ** 20]) {
      for (const decay of [2 ** -22, 2 ** -15.3, 0.001, 0.0123, 0.1, 1, 7, 63.9, 2 ** 20]) {
        const weights = polyaWeights(shares, dyadicExponent(decay));
        for (const k of [0, 1, 2, 5, 63, 64, 65, 66, 639, 641, 1000, 5000, 12_345]) {
          const { relative, neglected } = weightError(weights, k);
          expect(relative, `m ${shares} γ ${decay} k ${k}`).to.be.below(2 ** -42);
          expect(neglected, `m ${shares} γ ${decay} k ${k}`).to.be.below(2 ** -91);
        }
      }
    }
  });

  it('positive controls: a decay wrong by 6 %, or m wrong by one, is caught', () => {
    const samples = drawPolya(3, 0.5, 50);
    for (const law of [polyaLaw(3, 0.53), polyaLaw(3, 0.47), polyaLaw(4, 0.5), polyaLaw(2, 0.5)]) {
      const { statistic, bound } = fit(samples, law);
      expect(statistic).to.be.above(bound);
    }
  });

  it('sum over m merchants to exactly the discrete Laplace distribution', () => {
    for (const [m, epsilon] of [
      [2, 1],
      [5, 0.5],
      [8, 2],
    ] as const) {
      const { statistic, bound } = fit(summedShares(m, m, epsilon, 60 + m), discreteLaplaceLaw(epsilon));
      expect(statistic, `m ${m} ε ${epsilon}`).to.be.below(bound);
    }
  });

  it('positive controls: one share missing and one too many are caught', () => {
    for (const survivors of [4, 6]) {
      const { statistic, bound } = fit(summedShares(survivors, 5, 0.5, 90), discreteLaplaceLaw(0.5));
      expect(statistic).to.be.above(bound);
    }
  });
});
