import { expect } from 'chai';
import { poissonSample } from '../../../privacy/index.js';
import type { RandomSource, RationalRate } from '../../../privacy/index.js';
import { fit, fixedKeyRandom, lawOf } from '../statistics.js';

/** A source whose words are all the same. */
const constant = (word: number): RandomSource => ({
  bytes: (n) => {
    const bytes = new Uint8Array(n);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < n; i += 4) view.setUint32(i, word, true);
    return bytes;
  },
});

function binomialLaw(n: number, q: number): Map<number, number> {
  const weights = [1];
  for (let k = 1; k <= n; k++) weights.push((((weights[k - 1] ?? 0) * (n - k + 1)) / k) * (q / (1 - q)));
  return lawOf((k) => weights[k] ?? 0, 0, n);
}

describe('privacy: Poisson sampling of shoppers', () => {
  it('takes each shopper by its own coin: sample sizes are binomial', () => {
    for (const rate of [0.1, { numerator: 1, denominator: 10 }] satisfies (number | RationalRate)[]) {
      const random = fixedKeyRandom(130);
      const sizes = Array.from({ length: 20_000 }, () => poissonSample(40, rate, random).length);
      const { statistic, bound } = fit(sizes, binomialLaw(40, 0.1));
      expect(statistic).to.be.below(bound);
    }
  });

  it('positive control: batches of a fixed size, and a rate wrong by 5 %, are caught', () => {
    const fixed = fit(new Array<number>(20_000).fill(4), binomialLaw(40, 0.1));
    expect(fixed.statistic).to.be.above(fixed.bound);
    const random = fixedKeyRandom(131);
    const sizes = Array.from({ length: 20_000 }, () => poissonSample(40, 0.105, random).length);
    const wrong = fit(sizes, binomialLaw(40, 0.1));
    expect(wrong.statistic).to.be.above(wrong.bound);
  });

  it('takes everybody equally often', () => {
    const random = fixedKeyRandom(132);
    const taken: number[] = [];
    for (let i = 0; i < 5000; i++) taken.push(...poissonSample(30, 0.25, random));
    const { statistic, bound } = fit(
      taken,
      lawOf(() => 1, 0, 29),
    );
    expect(statistic).to.be.below(bound);
  });

  it('reads a double as exactly the fraction that it stores, to its last bit', () => {
    // 2^−33 + 2^−64: first base-2^32 digit 0, second 2^31 + 1.
    const rate = 2 ** -33 + 2 ** -64 * 2 ** 12;
    expect(poissonSample(1, rate, constant(0))).to.have.length(1);
    expect(poissonSample(1, rate, constant(1))).to.have.length(0);
    // A uniform number equal to the rate in every digit is not below it.
    expect(poissonSample(1, 0.5, constant(2 ** 31))).to.have.length(0);
    expect(poissonSample(1, 0.5, constant(2 ** 31 - 1))).to.have.length(1);
  });

  it('takes all at rate 1, none at rate 0, and may be empty', () => {
    expect(poissonSample(3, 1, fixedKeyRandom(1))).to.deep.equal(Uint32Array.of(0, 1, 2));
    expect(poissonSample(3, 0, fixedKeyRandom(1))).to.have.length(0);
    expect(poissonSample(0, 0.5, fixedKeyRandom(1))).to.have.length(0);
    expect(poissonSample(3, { numerator: 5, denominator: 5 }, fixedKeyRandom(1))).to.have.length(3);
  });

  it('refuses rates outside [0, 1]', () => {
    for (const bad of [-0.1, 1.1, NaN]) expect(() => poissonSample(1, bad, fixedKeyRandom(1))).to.throw(RangeError);
    for (const [numerator, denominator] of [
      [2, 1],
      [-1, 2],
      [0, 0],
      [0.5, 1],
    ] as const)
      expect(() => poissonSample(1, { numerator, denominator }, fixedKeyRandom(1))).to.throw(RangeError);
  });
});
