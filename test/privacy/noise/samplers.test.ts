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
import type { RandomSource } from '../../../privacy/index.js';
import {
  biasedRandom,
  cumulativeOf,
  discreteGaussianLaw,
  discreteLaplaceLaw,
  fit,
  fixedKeyRandom,
  kolmogorov,
  momentError,
  polyaLaw,
  skellamLaw,
} from '../statistics.js';
import type { Fit } from '../statistics.js';

const COUNT = 400_000;

interface Sampler {
  readonly name: string;
  readonly law: ReadonlyMap<number, number>;
  /** The sampler with its width times `factor`. */
  readonly of: (factor: number) => (coins: Coins) => number;
  /** The continuous law of the same shape, rounded. */
  readonly rounded: (uniform: () => number) => number;
}

const normal = (uniform: () => number): number =>
  Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());

const SAMPLERS: readonly Sampler[] = [
  {
    name: 'discrete Gaussian',
    law: discreteGaussianLaw(2),
    of: (factor) => {
      const terms = discreteGaussianVariance(2 * factor * factor);
      return (coins) => sampleDiscreteGaussian(coins, terms);
    },
    rounded: (uniform) => Math.round(Math.SQRT2 * normal(uniform)),
  },
  {
    name: 'discrete Laplace',
    law: discreteLaplaceLaw(0.7),
    of: (factor) => {
      const terms = dyadicExponent(0.7 / factor);
      return (coins) => sampleDiscreteLaplace(coins, terms);
    },
    rounded: (uniform) => Math.round((Math.log(uniform()) / 0.7) * (uniform() < 0.5 ? 1 : -1)),
  },
  {
    name: 'Pólya',
    law: polyaLaw(2, 0.5),
    of: (factor) => {
      const terms = polyaTerms(2, dyadicExponent(0.5 / factor));
      return (coins) => samplePolya(coins, terms);
    },
    // A gamma variable of shape ½ is half the square of a normal one.
    rounded: (uniform) => Math.round(normal(uniform) ** 2),
  },
  {
    name: 'Skellam',
    law: skellamLaw(2),
    of: (factor) => {
      const terms = skellamTerms(2 * factor * factor);
      return (coins) => sampleSkellam(coins, terms);
    },
    rounded: (uniform) => Math.round(Math.SQRT2 * normal(uniform)),
  },
];

const TESTS: Readonly<Record<string, (samples: Int32Array, law: ReadonlyMap<number, number>) => Fit>> = {
  'chi-square': fit,
  'Kolmogorov-Smirnov': (samples, law) => kolmogorov(samples, cumulativeOf(law)),
  moments: momentError,
};

describe('privacy: exact samplers under three tests that would catch an inexact one', () => {
  for (const [index, { name, law, of, rounded }] of SAMPLERS.entries()) {
    const draw = (sampler: (coins: Coins) => number, source: RandomSource): Int32Array => {
      const coins = new Coins(source);
      return new Int32Array(COUNT).map(() => sampler(coins));
    };
    const verdicts = (samples: Int32Array): string[] =>
      Object.entries(TESTS).flatMap(([test, run]) => {
        const { statistic, bound } = run(samples, law);
        return statistic > bound ? [test] : [];
      });

    it(`${name}: passes all three`, () => {
      expect(verdicts(draw(of(1), fixedKeyRandom(200 + index)))).to.deep.equal([]);
    });

    it(`${name}: positive control: a width wrong by 3 % fails all three, either way`, () => {
      for (const factor of [1.03, 0.97]) {
        expect(verdicts(draw(of(factor), fixedKeyRandom(204 + index)))).to.deep.equal(Object.keys(TESTS));
      }
    });

    it(`${name}: positive control: biased coins fail all three`, () => {
      expect(verdicts(draw(of(1), biasedRandom(208 + index)))).to.deep.equal(Object.keys(TESTS));
    });

    it(`${name}: positive control: the rounded continuous law fails`, () => {
      const coins = new Coins(fixedKeyRandom(212 + index));
      const uniform = (): number => (coins.bits(53) + 0.5) * 2 ** -53;
      expect(verdicts(new Int32Array(COUNT).map(() => rounded(uniform)))).to.include('chi-square');
    });
  }
});
