import { expect } from 'chai';
import { Coins, noiseShare, sampleNoise } from '../../../privacy/index.js';
import { dyadicExponent } from '../../../privacy/noise/bernoulliExp.js';
import { samplePolya } from '../../../privacy/noise/polya.js';
import { discreteLaplaceLaw, fit, fixedKeyRandom, polyaLaw } from '../statistics.js';

const COUNT = 200_000;

function drawPolya(shares: number, exponent: number, key: number): Int32Array {
  const coins = new Coins(fixedKeyRandom(key));
  const terms = dyadicExponent(exponent);
  return new Int32Array(COUNT).map(() => samplePolya(coins, shares, terms));
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
      ] as const
    ).entries()) {
      const { statistic, bound } = fit(drawPolya(shares, exponent, 40 + i), polyaLaw(shares, exponent));
      expect(statistic, `m ${shares} γ ${exponent}`).to.be.below(bound);
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
