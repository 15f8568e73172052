import { expect } from 'chai';
import fc from 'fast-check';
import { Coins } from '../../../privacy/index.js';
import {
  acceptsExactly,
  approximateRatio,
  poissonTerms,
  ratioBounds,
  samplePoisson,
} from '../../../privacy/noise/poisson.js';
import { fit, fixedKeyRandom, lawOf, meanSquare } from '../statistics.js';

const COUNT = 200_000;
const MEANS = [0.0625, 0.9, 4.5, 50, 1023.7, 1024.25, 3e5 + 0.5, 5e11];

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

  it('weighs every distance from the mode as exact integers do, within 2^−26, wherever doubles are trusted', () => {
    for (const asked of MEANS) {
      const { numerator, denominator, mean } = poissonTerms(asked);
      const law = { numerator, denominator, mode: Math.floor(mean) };
      const furthest = Math.floor(Math.min(10 * Math.sqrt(mean) + 5, 20_000, law.mode < 1024 ? 1024 : law.mode / 2));
      for (const share of [0.02, 0.1, 0.35, 0.7, 1]) {
        for (const k of [Math.ceil(share * furthest), -Math.ceil(share * furthest)]) {
          const { low, high } = ratioBounds(law, k, 160n);
          const scaled = approximateRatio(mean, k);
          const exact = Number(low) * 2 ** -160;
          expect(high - low <= BigInt(Math.abs(k) + 1)).to.equal(true);
          expect(Math.abs(scaled - exact), `λ ${mean} k ${k}`).to.be.at.most(2 ** -27 * exact + 2 ** -140);
        }
      }
    }
  });

  it('keeps under its staircase: at t from the mode the weight is at most a half, exactly', () => {
    fc.assert(
      fc.property(fc.double({ min: -4, max: 30, noNaN: true }), (exponent) => {
        const { numerator, denominator, mean, step } = poissonTerms(2 ** exponent);
        const law = { numerator, denominator, mode: Math.floor(mean) };
        for (const k of [step, -step]) expect(ratioBounds(law, k, 96n).high <= 2n ** 95n).to.equal(true);
      }),
      { seed: 11, numRuns: 30 },
    );
  });

  it('tosses in integers, with the same law, where doubles cannot decide', () => {
    const probability = 0.3;
    const law = { numerator: 3, denominator: 10, mode: 0 };
    const first = BigInt(Math.floor(probability * 2 ** 53));
    // The uniform number begins with the probability's own 53 bits; what follows decides.
    const toss = (rest: number): boolean => {
      const coins = new Coins({ bytes: (n) => new Uint8Array(n).fill(rest) });
      return acceptsExactly(coins, first, law, 1, 0);
    };
    expect(toss(0x00)).to.equal(true);
    expect(toss(0xff)).to.equal(false);
    const fair = new Coins(fixedKeyRandom(162));
    let accepted = 0;
    for (let i = 0; i < 20_000; i++) if (acceptsExactly(fair, first, law, 1, 0)) accepted++;
    // What is left of the probability below its first 53 bits.
    const rest = Number((3n * 2n ** 106n) / 10n - (first << 53n)) * 2 ** -53;
    expect(accepted / 20_000).to.be.closeTo(rest, 6 * Math.sqrt((rest * (1 - rest)) / 20_000));
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
