import { expect } from 'chai';
import {
  Coins,
  epsilonLowerBound,
  gaussianDelta,
  gaussianLowerBound,
  gaussianProfile,
  mostConfident,
  recordOf,
  rulesOut,
} from '../../../privacy/index.js';
import type { GuessRecord, PrivacyProfile } from '../../../privacy/index.js';
import { fixedKeyRandom } from '../statistics.js';

/** The exact profile of Gaussian noise of multiplier z. */
function exactProfile(noiseMultiplier: number): PrivacyProfile {
  return Array.from({ length: 30 }, (_, i) => {
    const epsilon = (i * 4) / (30 * noiseMultiplier);
    return { epsilon, delta: gaussianDelta(noiseMultiplier, epsilon) };
  });
}

function normal(coins: Coins): number {
  const radius = Math.sqrt(-2 * Math.log((coins.bits(52) + 1) / 2 ** 52));
  return radius * Math.cos((2 * Math.PI * coins.bits(52)) / 2 ** 52);
}

/** An attack on canaries in coordinates of their own, each with Gaussian noise of multiplier z. */
function attack(coins: Coins, canaries: number, guesses: number, noiseMultiplier: number): GuessRecord {
  const truth = Uint8Array.from({ length: canaries }, () => coins.bit());
  const scores = Float64Array.from(truth, (present) => present - 0.5 + noiseMultiplier * normal(coins));
  return recordOf(mostConfident(scores, guesses), truth);
}

/** The chance that at least v of r independent guesses are right, each with probability p. */
function binomialTail(guesses: number, right: number, p: number): number {
  let mass = p ** guesses;
  let tail = 0;
  for (let k = guesses; k >= right; k--) {
    tail += mass;
    mass *= (k / (guesses - k + 1)) * ((1 - p) / p);
  }
  return tail;
}

describe('privacy: the one-run audit of a whole profile', () => {
  it('never rules out randomised response at a level below the chance of the outcome under it', () => {
    for (const epsilon of [0, 0.3, 1])
      for (const guesses of [20, 60])
        for (let right = guesses / 2; right <= guesses; right += 2) {
          const chance = binomialTail(guesses, right, 1 / (1 + Math.exp(-epsilon)));
          const record = { canaries: guesses, guesses, right };
          expect(rulesOut([{ epsilon, delta: 0 }], record, 0.999 * chance)).to.equal(false);
        }
  });

  it('is nearly as sharp as the binomial tail for a pure claim', () => {
    const record = { canaries: 1000, guesses: 1000, right: 800 };
    const binomial = epsilonLowerBound(record, 0, 0.05);
    expect(rulesOut([{ epsilon: binomial - 0.03, delta: 0 }], record, 0.05)).to.equal(true);
    expect(rulesOut([{ epsilon: binomial + 1e-6, delta: 0 }], record, 0.05)).to.equal(false);
  });

  it('rules out more by a whole profile than by one of its points', () => {
    const record = { canaries: 5000, guesses: 500, right: 453 };
    const profile = exactProfile(1.5);
    expect(rulesOut(profile, record, 0.05)).to.equal(true);
    expect(rulesOut([{ epsilon: 2, delta: gaussianDelta(1.5, 2) }], record, 0.05)).to.equal(false);
  });

  it('contradicts the true noise in at most one run of twenty, four times the noise nearly always', () => {
    const coins = new Coins(fixedKeyRandom(81));
    const [runs, canaries, guesses] = [300, 1000, 200];
    const [truth, more] = [exactProfile(2), exactProfile(8)];
    let wrongly = 0;
    let rightly = 0;
    for (let run = 0; run < runs; run++) {
      const record = attack(coins, canaries, guesses, 2);
      if (rulesOut(truth, record, 0.05)) wrongly++;
      if (rulesOut(more, record, 0.05)) rightly++;
    }
    expect(wrongly / runs).to.be.at.most(0.05 + 4 * Math.sqrt((0.05 * 0.95) / runs));
    expect(rightly / runs, 'control: a claim of more noise than there is').to.be.above(0.9);
  });

  it('states the ε of the least noise that the guesses do not allow, below the true one', () => {
    const coins = new Coins(fixedKeyRandom(82));
    const schedule = { samplingRate: 1, steps: 1 } as const;
    const record = attack(coins, 20_000, 4000, 2);
    const { epsilon, noiseMultiplier } = gaussianLowerBound(record, schedule, { delta: 1e-6, significance: 0.05 });
    expect(noiseMultiplier).to.be.within(2, 4);
    expect(gaussianDelta(noiseMultiplier, epsilon)).to.be.closeTo(1e-6, 1e-8);
    const chance = { canaries: 100, guesses: 50, right: 25 };
    expect(gaussianLowerBound(chance, schedule, { delta: 1e-6, significance: 0.05 })).to.deep.equal({
      epsilon: 0,
      noiseMultiplier: Infinity,
    });
  });

  it('takes its profile from the accountant: the exact one where there is one', () => {
    const profile = gaussianProfile({ kind: 'gaussian', noiseMultiplier: 1.5, samplingRate: 1, steps: 4 });
    for (const { epsilon, delta } of profile) {
      const exact = gaussianDelta(0.75, epsilon);
      expect(delta).to.be.at.least(exact);
      expect(delta).to.be.closeTo(exact, 1e-5);
    }
  });

  it('refuses records and levels that cannot be', () => {
    expect(() => rulesOut([], { canaries: 1, guesses: 2, right: 1 }, 0.05)).to.throw(RangeError);
    expect(() => rulesOut([], { canaries: 2, guesses: 2, right: 1 }, 1)).to.throw(RangeError);
  });
});
