import { expect } from 'chai';
import {
  Coins,
  discreteGaussianVariance,
  dyadicExponent,
  polyaTerms,
  sampleDiscreteGaussian,
  sampleDiscreteLaplace,
  samplePolya,
  sampleSkellam,
  skellamTerms,
} from '../../../privacy/index.js';
import { normalCdf } from '../../../privacy/accounting/special-functions.js';
import { cumulativeOf, fit, fixedKeyRandom, kolmogorov, polyaLaw } from '../../privacy/statistics.js';
import type { Fit } from '../../privacy/statistics.js';

const COUNT = 2_000_000;

interface Case {
  readonly name: string;
  readonly deviation: number;
  readonly sampler: (width: number) => (coins: Coins) => number;
  /** P(X ≤ k). */
  readonly cumulative: (k: number) => number;
}

/** Between integers a wide discrete Gaussian or Skellam is normal to far less than these tests resolve. */
const normal =
  (deviation: number) =>
  (k: number): number =>
    normalCdf((k + 0.5) / deviation);

const laplace = (decay: number) => {
  const alpha = Math.exp(-decay);
  return (k: number): number =>
    k < 0 ? Math.exp(decay * k) / (1 + alpha) : 1 - Math.exp(-decay * (k + 1)) / (1 + alpha);
};

const cases = (deviation: number): Case[] => [
  {
    name: 'discrete Gaussian',
    deviation,
    sampler: (width) => {
      const terms = discreteGaussianVariance((width * deviation) ** 2);
      return (coins) => sampleDiscreteGaussian(coins, terms);
    },
    cumulative: normal(deviation),
  },
  {
    name: 'Skellam',
    deviation,
    sampler: (width) => {
      const terms = skellamTerms((width * deviation) ** 2);
      return (coins) => sampleSkellam(coins, terms);
    },
    cumulative: normal(deviation),
  },
  {
    name: 'discrete Laplace',
    deviation,
    sampler: (width) => {
      const terms = dyadicExponent(Math.SQRT2 / (width * deviation));
      return (coins) => sampleDiscreteLaplace(coins, terms);
    },
    cumulative: laplace(Math.SQRT2 / deviation),
  },
];

const polya = (shares: number, decay: number): Case => ({
  name: `Pólya(1/${shares})`,
  deviation: Math.exp(-decay / 2) / (1 - Math.exp(-decay)) / Math.sqrt(shares),
  sampler: (width) => {
    const terms = polyaTerms(shares, dyadicExponent(decay / width));
    return (coins) => samplePolya(coins, terms);
  },
  cumulative: cumulativeOf(polyaLaw(shares, decay)),
});

/** All m differences together, which are a discrete Laplace value: any width has a closed form to hold it against. */
const polyaSum = (shares: number, deviation: number): Case => {
  const decay = (width: number): number => Math.SQRT2 / (width * deviation);
  return {
    name: `Sum of ${shares} Pólya differences`,
    deviation,
    sampler: (width) => {
      const terms = polyaTerms(shares, dyadicExponent(decay(width)));
      return (coins) => {
        let sum = 0;
        for (let i = 0; i < shares; i++) sum += samplePolya(coins, terms) - samplePolya(coins, terms);
        return sum;
      };
    },
    cumulative: laplace(decay(1)),
  };
};

/** Chi-square over cells of an eighth of a standard deviation. */
function cellFit(samples: Float64Array, { deviation, cumulative }: Case): Fit {
  const cell = Math.max(1, Math.round(deviation / 8));
  const law = new Map<number, number>();
  for (let c = -80; c <= 80; c++) law.set(c, cumulative((c + 1) * cell - 1) - cumulative(c * cell - 1));
  return fit(
    samples.map((value) => Math.floor(value / cell)),
    law,
  );
}

describe('privacy: exact samplers over the whole range of widths, on large samples', () => {
  for (const [i, tested] of [
    ...[30.7, 1e3, 1e5 + 0.3, 1e6].flatMap(cases),
    polya(4, 0.25),
    polya(3, 0.05),
    polya(6, 0.001),
    polya(1, 0.02),
    polyaSum(2, 1e4 + 0.7),
    polyaSum(4, 1e6),
    polyaSum(2, 5e6),
  ].entries()) {
    const { name, deviation, sampler, cumulative } = tested;
    const draw = (width: number): Float64Array => {
      const coins = new Coins(fixedKeyRandom(i + 1));
      const one = sampler(width);
      return new Float64Array(COUNT).map(() => one(coins));
    };
    it(`${name} of deviation ${deviation.toPrecision(3)} passes chi-square and Kolmogorov-Smirnov, and 3 % more fails both`, () => {
      const samples = draw(1);
      for (const test of [cellFit(samples, tested), kolmogorov(samples, cumulative)])
        expect(test.statistic).to.be.below(test.bound);
      const wide = draw(1.03);
      for (const test of [cellFit(wide, tested), kolmogorov(wide, cumulative)])
        expect(test.statistic, 'positive control').to.be.above(test.bound);
    });
  }
});
