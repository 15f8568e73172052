import { expect } from 'chai';
import { Coins } from '../../../privacy/index.js';
import { poissonTerms, poissonWeights, samplePoisson } from '../../../privacy/noise/poisson.js';
import { fit, fixedKeyRandom, lawOf, meanSquare } from '../statistics.js';
import { weightError } from './weights.js';

const COUNT = 200_000;
const MEANS = [0.0625, 0.9, 4.5, 50, 255.99, 256, 256.1, 1024.25, 9000.3, 3e5 + 0.5, 5e11, 2 ** 43];

/** Poisson probabilities around the mode. */
function poissonLaw(mean: number): Map<number, number> {
  const mode = Math.floor(mean);
  const reach = Math.ceil(12 * Math.sqrt(mean) + 30);
  const weights = new Map([[mode, 1]]);
  for (let k = mode; k < mode + reach; k++) weights.set(k + 1, ((weights.get(k) ?? 0) * mean) / (k + 1));
  for (let k = mode; k > Math.max(0, mode - reach); k--) weights.set(k - 1, ((weights.get(k) ?? 0) * k) / mean);
  return lawOf((k) => weights.get(k) ?? 0, Math.max(0, mode - reach), mode + reach);
}

function draw(mean: number, key: number): Float64Array {
  const coins = new Coins(fixedKeyRandom(key));
  const terms = poissonTerms(mean);
  return new Float64Array(COUNT).map(() => samplePoisson(coins, terms));
}

describe('privacy: the Poisson sampler', () => {
  it('follows e^(−λ)·λ^k/k! for small and larger, whole and broken means', () => {
    for (const [i, mean] of [0.0625, 0.9, 4.5, 50, 1023.75, 1024.25].entries()) {
      const { statistic, bound } = fit(draw(mean, 150 + i), poissonLaw(mean));
      expect(statistic, `λ ${mean}`).to.be.below(bound);
    }
  });

  it('positive control: a mean wrong by 1 % is caught', () => {
    const { statistic, bound } = fit(draw(50.5, 160), poissonLaw(50));
    expect(statistic).to.be.above(bound);
  });

  it('has mean and variance λ where it is huge', () => {
    const mean = 5e11;
    const distances = draw(mean, 161).map((value) => value - mean);
    const sum = distances.reduce((total, value) => total + value, 0);
    expect(Math.abs(sum) / Math.sqrt(COUNT * mean)).to.be.below(6);
    expect(meanSquare(distances) / mean).to.be.closeTo(1, 6 * Math.sqrt(2 / COUNT));
  });

  it('weighs every distance from the mode as exact integers do, within 2^−42, or calls it negligible below 2^−91', () => {
    for (const asked of MEANS) {
      const { numerator, denominator, mean } = poissonTerms(asked);
      const law = poissonWeights(numerator, denominator);
      for (const deviations of [0.01, 0.3, 1, 2, 3.5, 5, 7, 9, 11, 12, 20, 40]) {
        for (const k of [Math.ceil(deviations * Math.sqrt(mean)), -Math.ceil(deviations * Math.sqrt(mean))]) {
          if (Math.abs(k) > 20_000) continue;
          const { relative, neglected } = weightError(law, k);
          expect(relative, `λ ${mean} k ${k}`).to.be.below(2 ** -42);
          expect(neglected, `λ ${mean} k ${k}`).to.be.below(2 ** -91);
        }
      }
    }
  });

  it('never rounds a mean down, and refuses what it cannot represent', () => {
    for (const asked of [0.1, 1 / 3, 7.77, 123456.789, 2 ** 43]) {
      const { mean, numerator, denominator } = poissonTerms(asked);
      expect(mean).to.equal(numerator / denominator);
      expect(mean / asked).to.be.within(1, 1 + 2 ** -19);
    }
    for (const bad of [0, -1, NaN, Infinity, 2 ** 44]) expect(() => poissonTerms(bad)).to.throw(RangeError);
  });
});
