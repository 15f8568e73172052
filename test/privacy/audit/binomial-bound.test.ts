import { expect } from 'chai';
import { Coins, epsilonLowerBound, guessingPValue } from '../../../privacy/index.js';
import { fixedKeyRandom } from '../statistics.js';

/** P(W ≥ v) by exact integers: W binomial with r trials of probability a/(a + b). */
function exactTail(trials: number, right: number, a: bigint, b: bigint): number {
  let choose = 1n;
  let total = 0n;
  let above = 0n;
  for (let k = 0; k <= trials; k++) {
    const weight = choose * a ** BigInt(k) * b ** BigInt(trials - k);
    total += weight;
    if (k >= right) above += weight;
    choose = (choose * BigInt(trials - k)) / BigInt(k + 1);
  }
  return Number((above * 10n ** 18n) / total) / 1e18;
}

describe('privacy: the one-run audit of (ε, δ)', () => {
  it('is the binomial tail where δ is 0', () => {
    for (const [trials, right] of [
      [10, 9],
      [100, 70],
      [300, 200],
      [7, 0],
    ] as const)
      for (const odds of [1n, 2n, 5n]) {
        const record = { canaries: trials + 5, guesses: trials, right };
        const p = guessingPValue(record, { epsilon: Math.log(Number(odds)), delta: 0 });
        expect(p).to.be.closeTo(exactTail(trials, right, odds, 1n), 1e-12);
      }
  });

  it('adds 2mδ times the largest mean of the masses below v', () => {
    // r = 2, v = 2, ε = 0: P(W = 0, 1, 2) = ¼, ½, ¼; α = max(½/1, ¾/2) = ½.
    const record = { canaries: 10, guesses: 2, right: 2 };
    expect(guessingPValue(record, { epsilon: 0, delta: 0.001 })).to.be.closeTo(0.25 + 2 * 10 * 0.001 * 0.5, 1e-15);
    // v = 1: α = ¼; a claim of large δ rules out nothing.
    expect(guessingPValue({ ...record, right: 1 }, { epsilon: 0, delta: 0.001 })).to.be.closeTo(0.755, 1e-15);
    expect(guessingPValue(record, { epsilon: 0, delta: 1 })).to.equal(1);
  });

  it('bounds ε by the inverse of that tail: all right of r gives −ln(.05^(−1/r) − 1), about ln(r/3)', () => {
    for (const guesses of [10, 1000, 20_000]) {
      const bound = epsilonLowerBound({ canaries: 20_000, guesses, right: guesses }, 0, 0.05);
      expect(bound).to.be.closeTo(-Math.log(0.05 ** (-1 / guesses) - 1), 1e-9);
      expect(bound).to.be.closeTo(Math.log(guesses / 3), 0.2);
    }
    expect(epsilonLowerBound({ canaries: 100, guesses: 100, right: 55 }, 0, 0.05)).to.equal(0);
    const record = { canaries: 1000, guesses: 500, right: 400 };
    const epsilon = epsilonLowerBound(record, 1e-6, 0.05);
    expect(guessingPValue(record, { epsilon, delta: 1e-6 })).to.be.closeTo(0.05, 1e-9);
    expect(epsilon).to.be.below(epsilonLowerBound(record, 0, 0.05));
  });

  it('exceeds the true ε of randomised response in at most one run of twenty; an unsound bound in far more', () => {
    const coins = new Coins(fixedKeyRandom(77));
    const [runs, guesses] = [2000, 200];
    let exceeded = 0;
    let naive = 0;
    for (let run = 0; run < runs; run++) {
      // Right with probability 3/4: ε = ln 3, exactly.
      let right = 0;
      for (let i = 0; i < guesses; i++) right += coins.below(4) < 3 ? 1 : 0;
      if (epsilonLowerBound({ canaries: guesses, guesses, right }, 0, 0.05) > Math.log(3)) exceeded++;
      if (Math.log(right / (guesses - right)) > Math.log(3)) naive++;
    }
    // 5 % and six standard deviations.
    const tolerance = 6 * Math.sqrt((0.05 * 0.95) / runs);
    expect(exceeded / runs).to.be.within(0.01, 0.05 + tolerance);
    expect(naive / runs, 'control: the estimate without its confidence').to.be.above(0.3);
  });

  it('refuses records and claims that cannot be', () => {
    const claim = { epsilon: 1, delta: 0 };
    for (const record of [
      { canaries: 5, guesses: 6, right: 1 },
      { canaries: 5, guesses: 4, right: 5 },
      { canaries: 5, guesses: 4, right: -1 },
      { canaries: 5, guesses: 4.5, right: 1 },
    ])
      expect(() => guessingPValue(record, claim)).to.throw(RangeError);
    const record = { canaries: 5, guesses: 5, right: 5 };
    expect(() => guessingPValue(record, { epsilon: -1, delta: 0 })).to.throw(RangeError);
    expect(() => guessingPValue(record, { epsilon: NaN, delta: 0 })).to.throw(RangeError);
    expect(() => guessingPValue(record, { epsilon: 1, delta: 2 })).to.throw(RangeError);
    expect(() => epsilonLowerBound(record, 0, 0)).to.throw(RangeError);
  });
});
