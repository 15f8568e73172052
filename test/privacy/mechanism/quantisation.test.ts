import { expect } from 'chai';
import fc from 'fast-check';
import {
  chooseScale,
  clampTo,
  ClippedSum,
  countSensitivity,
  gaussianSensitivity,
  noiseShare,
  roundOnce,
} from '../../../privacy/index.js';
import { expectCode } from '../../expect-code.js';

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.hypot(...Array.from(a, (value, i) => value - (b[i] ?? NaN)));
const shopper = fc
  .array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 6, maxLength: 6 })
  .map((values) => Float64Array.from(values));

describe('privacy: rounding, clamping and sensitivity', () => {
  it('adding or removing a shopper moves clip → sum → round → clamp by at most sC + √d', () => {
    fc.assert(
      fc.property(
        fc.array(shopper, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 0, max: 12 }),
        fc.integer({ min: 1, max: 5000 }),
        (shoppers, exponent, bound) => {
          const scale = 2 ** exponent;
          const encode = (given: readonly Float64Array[]): Int32Array => {
            const sum = new ClippedSum(6, 1.5);
            for (const each of given) sum.add(each);
            return clampTo(roundOnce(sum.sum, scale), bound);
          };
          const sensitivity = gaussianSensitivity({ scale, clipNorm: 1.5, dimension: 6 });
          expect(distance(encode(shoppers), encode(shoppers.slice(1)))).to.be.at.most(sensitivity);
        },
      ),
      { seed: 4, numRuns: 500 },
    );
  });

  it('sC alone is not a bound: rounding can move every coordinate by one more', () => {
    const before = roundOnce(Float64Array.of(0.49, 0.49, 0.49, 0.49), 1);
    const after = roundOnce(Float64Array.of(0.51, 0.51, 0.51, 0.51), 1);
    expect(distance(before, after))
      .to.be.above(0.04)
      .and.at.most(0.04 + Math.sqrt(4));
  });

  it('replacing a shopper can move the sum by twice as much, so it is not what Δ covers', () => {
    const one = new ClippedSum(1, 1);
    const other = new ClippedSum(1, 1);
    one.add(Float64Array.of(5));
    other.add(Float64Array.of(-5));
    const scale = 1000;
    const moved = distance(roundOnce(one.sum, scale), roundOnce(other.sum, scale));
    expect(moved).to.be.above(gaussianSensitivity({ scale, clipNorm: 1, dimension: 1 }));
    expect(moved).to.be.at.most(2 * gaussianSensitivity({ scale, clipNorm: 1, dimension: 1 }));
  });

  it('a shopper of m merchants has m times the sensitivity', () => {
    const terms = { scale: 64, clipNorm: 2, dimension: 16 };
    expect(gaussianSensitivity(terms)).to.equal(132);
    expect(gaussianSensitivity({ ...terms, merchantsPerShopper: 3 })).to.equal(396);
    expect(countSensitivity({ l1Bound: 5 })).to.equal(5);
    expect(countSensitivity({ l1Bound: 5, merchantsPerShopper: 2 })).to.equal(10);
  });

  it('clamping is last and exact, and turns nothing into a leak', () => {
    expect(clampTo(Float64Array.of(-9, -3, 0, 3, 9), 4)).to.deep.equal(Int32Array.of(-4, -3, 0, 3, 4));
    expect(clampTo(Float64Array.of(2 ** 60, -(2 ** 60)), 2 ** 31 - 1)).to.deep.equal(
      Int32Array.of(2 ** 31 - 1, -(2 ** 31) + 1),
    );
    for (const bad of [0, 1.5, NaN, 2 ** 31]) expect(() => clampTo(new Float64Array(1), bad)).to.throw(RangeError);
    for (const bad of [0, NaN, Infinity]) expect(() => roundOnce(new Float64Array(1), bad)).to.throw(RangeError);
  });

  it('the scale is the least power of two that keeps rounding within 1 % and shares at 3 quanta', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.double({ min: 1e-3, max: 30, noNaN: true }),
        fc.integer({ min: 1, max: 50 }),
        (clipNorm, dimension, noiseMultiplier, minimumSurvivors) => {
          const terms = { clipNorm, dimension, noiseMultiplier, minimumSurvivors, colluders: 0 };
          const scale = chooseScale(terms);
          expect(Number.isInteger(Math.log2(scale))).to.be.true;
          const suits = (s: number): boolean => {
            const sensitivity = gaussianSensitivity({ scale: s, clipNorm, dimension });
            const deviation = (noiseMultiplier * sensitivity) / Math.sqrt(minimumSurvivors);
            return Math.sqrt(dimension) <= 0.01 * s * clipNorm * (1 + 1e-12) && deviation >= 3 * (1 - 1e-12);
          };
          expect(suits(scale)).to.be.true;
          expect(suits(scale / 2)).to.be.false;
        },
      ),
      { seed: 5, numRuns: 300 },
    );
  });

  it('and suits the share it is chosen for', () => {
    const terms = { clipNorm: 1, dimension: 377, noiseMultiplier: 0.01, minimumSurvivors: 6, colluders: 2 };
    const sensitivity = gaussianSensitivity({ ...terms, scale: chooseScale(terms) });
    expect(noiseShare({ ...terms, mechanism: 'gaussian', sensitivity }).kind).to.equal('gaussian');
    expectCode(() => chooseScale({ ...terms, clipNorm: NaN }), 'NOISE_TERMS_INVALID');
    expectCode(() => chooseScale({ ...terms, noiseMultiplier: 0 }), 'NOISE_TERMS_INVALID');
  });
});
