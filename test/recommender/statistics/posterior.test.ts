import { expect } from 'chai';
import { uniform } from '../../../recommender/random.js';
import type { RandomSource } from '../../../recommender/random.js';
import {
  meanUnits,
  noiseMasses,
  posteriorMean,
  posteriorMeans,
  publicUnitMix,
} from '../../../recommender/statistics/index.js';
import type { CountNoise } from '../../../recommender/statistics/index.js';
import { seeded } from '../support/coins.js';

const at = (array: ArrayLike<number>, index: number): number => array[index] ?? Number.NaN;

function poisson(random: RandomSource, rate: number): number {
  let product = uniform(random);
  let count = 0;
  for (; product > Math.exp(-rate); count += 1) product *= uniform(random);
  return count;
}

const geometric = (random: RandomSource, alpha: number): number =>
  Math.floor(Math.log(1 - uniform(random)) / Math.log(alpha));

describe('the known noise of a release', () => {
  it('is discrete Laplace when exactly the needed shares were added', () => {
    const masses = noiseMasses({ alpha: 0.5 }, 60);
    expect(at(masses, 0)).to.be.closeTo(1 / 3, 1e-15);
    expect(at(masses, 3)).to.be.closeTo(1 / 24, 1e-15);
    const total = masses.reduce((sum, mass, z) => sum + (z === 0 ? 1 : 2) * mass, 0);
    expect(total).to.be.closeTo(1, 1e-12);
  });

  it('is the sum of two releases’ noise when twice the shares were added', () => {
    const single = noiseMasses({ alpha: 0.3 }, 80);
    const double = noiseMasses({ alpha: 0.3, shape: 2 }, 10);
    for (let z = 0; z <= 10; z += 1) {
      let convolved = 0;
      for (let k = -60; k <= 60; k += 1) convolved += at(single, Math.abs(k)) * at(single, Math.abs(z - k));
      expect(at(double, z)).to.be.closeTo(convolved, 1e-12);
    }
  });

  it('has the variance 2·r·α / (1 − α)² for any share r', () => {
    const masses = noiseMasses({ alpha: 0.6, shape: 1.37 }, 200);
    const variance = masses.reduce((sum, mass, z) => sum + 2 * z * z * mass, 0);
    expect(variance).to.be.closeTo((2 * 1.37 * 0.6) / 0.16, 1e-7);
  });

  it('refuses an α outside (0, 1) and too few shares', () => {
    for (const alpha of [0, 1, Number.NaN]) expect(() => noiseMasses({ alpha }, 3)).to.throw(RangeError);
    expect(() => noiseMasses({ alpha: 0.5, shape: 0.9 }, 3)).to.throw(RangeError);
  });
});

describe('the posterior of a pair count', () => {
  it('is the conditional mean that a simulation finds', () => {
    const random = seeded('posterior');
    const [rate, alpha] = [0.4, Math.exp(-1)];
    const mix = publicUnitMix(2);
    const sums = new Map<number, { total: number; seen: number }>();
    for (let trial = 0; trial < 60_000; trial += 1) {
      let units = 0;
      for (let pairs = poisson(random, rate); pairs > 0; pairs -= 1) units += uniform(random) < 0.7 ? 1 : 2;
      const observed = units + geometric(random, alpha) - geometric(random, alpha);
      const entry = sums.get(observed) ?? { total: 0, seen: 0 };
      entry.total += Math.log1p(units / meanUnits(mix));
      entry.seen += 1;
      sums.set(observed, entry);
    }
    // How many standard errors, of at most .45 / √seen each, the posterior under a noise is off at worst.
    const worst = (noise: CountNoise): number => {
      const likelihood = noiseMasses(noise, 60);
      const errors = [-1, 0, 1, 2, 3].map((observed) => {
        const { total, seen } = sums.get(observed) ?? { total: 0, seen: 0 };
        expect(seen).to.be.above(1000);
        return (Math.abs(posteriorMean(observed, rate, mix, likelihood) - total / seen) * Math.sqrt(seen)) / 0.45;
      });
      return Math.max(...errors);
    };
    expect(worst({ alpha })).to.be.below(5);
    expect(worst({ alpha: alpha / 2 })).to.be.above(5);
  });

  it('rises with the observed count and with the rate', () => {
    const likelihood = noiseMasses({ alpha: 0.4 }, 60);
    let previous = 0;
    for (let observed = -3; observed <= 20; observed += 1) {
      const value = posteriorMean(observed, 0.1, [0.7, 0.3], likelihood);
      expect(value).to.be.at.least(previous);
      previous = value;
    }
    expect(posteriorMean(1, 0.5, [1], likelihood)).to.be.above(posteriorMean(1, 0.01, [1], likelihood));
  });

  it('reads close to the exact value from its table, and clamps what lies beyond', () => {
    const rates = Float64Array.from({ length: 40 }, (_, cell) => 2e-4 * 1.25 ** cell);
    const observed = rates.map((_, cell) => (cell % 7) - 2);
    const means = posteriorMeans(observed, rates, [0.7, 0.3], { alpha: Math.exp(-4) });
    const likelihood = noiseMasses({ alpha: Math.exp(-4) }, 60);
    means.forEach((value, cell) =>
      expect(value).to.be.closeTo(posteriorMean(at(observed, cell), at(rates, cell), [0.7, 0.3], likelihood), 5e-3),
    );
    const [low, floor] = posteriorMeans([-40, -3], Float64Array.of(0.1, 0.1), [1], { alpha: 0.3 });
    expect(low).to.equal(floor);
  });

  it('knows the unit mix of K = 1 and 2 only', () => {
    expect(meanUnits(publicUnitMix(1))).to.equal(1);
    expect(meanUnits(publicUnitMix(2))).to.be.closeTo(1.3, 1e-15);
    expect(() => publicUnitMix(3)).to.throw(RangeError);
  });
});
