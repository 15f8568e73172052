import { expect } from 'chai';
import { Coins } from '../../../privacy/index.js';
import {
  bernoulliExpDyadic,
  bernoulliExpOne,
  bernoulliExpRational,
  dyadicExponent,
} from '../../../privacy/noise/bernoulli-exp.js';
import { fixedKeyRandom } from '../statistics.js';

const TRIALS = 200_000;

/** How many standard deviations the share of heads lies from a probability. */
function deviations(toss: () => boolean, probability: number): number {
  let heads = 0;
  for (let i = 0; i < TRIALS; i++) if (toss()) heads++;
  return Math.abs(heads - TRIALS * probability) / Math.sqrt(TRIALS * probability * (1 - probability));
}

describe('privacy: coins of probability e^−γ', () => {
  it('fall with e^−γ for γ below, at and above 1', () => {
    const coins = new Coins(fixedKeyRandom(3));
    expect(deviations(() => bernoulliExpOne(coins), Math.exp(-1))).to.be.below(6);
    expect(deviations(() => bernoulliExpDyadic(coins, 2 ** 30), Math.exp(-0.25))).to.be.below(6);
    for (const [numerator, denominator] of [
      [1, 3],
      [7, 7],
      [22, 7],
      [2 ** 40 + 1, 2 ** 41 - 1],
    ] as const) {
      const toss = (): boolean => bernoulliExpRational(coins, numerator, denominator);
      expect(deviations(toss, Math.exp(-numerator / denominator)), `${numerator}/${denominator}`).to.be.below(6);
    }
    for (const exponent of [0.01, 0.5, 0.99]) {
      const { fraction } = dyadicExponent(exponent);
      expect(
        deviations(() => bernoulliExpDyadic(coins, fraction), Math.exp(-exponent)),
        `γ ${exponent}`,
      ).to.be.below(6);
    }
  });

  it('positive control: an exponent wrong by 3 % is caught', () => {
    const coins = new Coins(fixedKeyRandom(4));
    expect(deviations(() => bernoulliExpRational(coins, 103, 100), Math.exp(-1))).to.be.above(6);
  });

  it('are certain at γ = 0 and all but impossible at a huge γ, quickly', () => {
    const coins = new Coins(fixedKeyRandom(5));
    for (let i = 0; i < 1000; i++) {
      expect(bernoulliExpRational(coins, 0, 5)).to.be.true;
      expect(bernoulliExpRational(coins, 2n ** 200n, 3)).to.be.false;
    }
  });

  it('toss the same for a numerator given as a number and as a BigInt', () => {
    const numbers = new Coins(fixedKeyRandom(6));
    const bigs = new Coins(fixedKeyRandom(6));
    for (let i = 0; i < 5000; i++)
      expect(bernoulliExpRational(numbers, i, 1999)).to.equal(bernoulliExpRational(bigs, BigInt(i), 1999));
  });

  it('never round an exponent up, which would be less noise than accounted', () => {
    for (const exponent of [2 ** -22, 0.1, 1 / 3, 5.000001, 1234.56789]) {
      const { whole, fraction } = dyadicExponent(exponent);
      const rounded = whole + fraction / 2 ** 32;
      expect(rounded)
        .to.be.at.most(exponent)
        .and.above(exponent - 2 ** -32);
    }
    expect(() => dyadicExponent(NaN)).to.throw(RangeError);
    expect(() => dyadicExponent(0)).to.throw(RangeError);
  });
});
