import { expect } from 'chai';
import fc from 'fast-check';
import { clipCounts, ClippedSum } from '../../../privacy/index.js';

const norm = (values: ArrayLike<number>): number => Math.hypot(...Array.from(values));
const vector = (length: number): fc.Arbitrary<Float64Array> =>
  fc
    .array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: length, maxLength: length })
    .map((values) => Float64Array.from(values));

describe('privacy: clipping a shopper in L2', () => {
  it('bounds each contribution by C(1 − 2^−10) and leaves shorter ones as they are', () => {
    fc.assert(
      fc.property(vector(5), fc.double({ min: 1e-3, max: 1e3, noNaN: true }), (contribution, clipNorm) => {
        const clipped = new ClippedSum(5, clipNorm);
        const outcome = clipped.add(contribution);
        expect(norm(clipped.sum)).to.be.at.most(clipNorm);
        if (outcome === 'kept') expect(clipped.sum).to.deep.equal(contribution.map((value) => value + 0));
        else expect(norm(clipped.sum) / clipNorm).to.be.closeTo(1 - 2 ** -10, 1e-12);
      }),
      { seed: 1 },
    );
  });

  it('moves the float64 sum by at most C when one shopper is added or removed, wherever it stands', () => {
    fc.assert(
      fc.property(fc.array(vector(4), { minLength: 1, maxLength: 30 }), fc.nat(29), (shoppers, position) => {
        const whole = new ClippedSum(4, 0.7);
        const without = new ClippedSum(4, 0.7);
        for (const [i, shopper] of shoppers.entries()) {
          whole.add(shopper);
          if (i !== position % shoppers.length) without.add(shopper);
        }
        expect(norm(whole.sum.map((value, i) => value - (without.sum[i] ?? NaN)))).to.be.at.most(0.7);
      }),
      { seed: 2 },
    );
  });

  it('lets no NaN and no infinity through: such a shopper adds nothing and is counted here only', () => {
    const sum = new ClippedSum(3, 1);
    for (const poison of [NaN, Infinity, -Infinity])
      expect(sum.add(Float64Array.of(0.1, poison, 0.2))).to.equal('rejected');
    expect(sum.add(Float64Array.of(1e300, 1e300, 0)), 'a norm that overflows').to.equal('rejected');
    expect(sum.sum).to.deep.equal(new Float64Array(3));
    sum.add(Float64Array.of(0.1, 0.2, 0.3));
    expect(sum.add(Float32Array.of(3, 4, 0))).to.equal('clipped');
    expect(sum.sum.every(Number.isFinite)).to.be.true;
    expect(sum.outcomes).to.deep.equal({ kept: 1, clipped: 1, rejected: 4 });
  });

  it('positive control: the comparison form min(1, C/norm) lets NaN through', () => {
    const factor = Math.min(1, 1 / Math.hypot(0.1, NaN));
    expect(Number.isNaN(0.1 * factor)).to.be.true;
  });

  it('clips the whole vector, not each parameter: two blocks of norm C leave together with norm C', () => {
    const sum = new ClippedSum(4, 1);
    sum.add(Float64Array.of(1, 0, 0, 1));
    expect(norm(sum.sum)).to.be.at.most(1);
  });

  it('gives all zeros for an empty sample', () => {
    expect(new ClippedSum(2, 1).sum).to.deep.equal(new Float64Array(2));
  });

  it('refuses a wrong length or clip norm, which are mistakes of the caller', () => {
    expect(() => new ClippedSum(2, 1).add(new Float64Array(3))).to.throw(RangeError);
    for (const bad of [0, -1, NaN, Infinity]) expect(() => new ClippedSum(2, bad)).to.throw(RangeError);
  });
});

describe('privacy: clipping a shopper in L1', () => {
  it('keeps whole units from the front up to K', () => {
    expect(clipCounts([2, -3, 4], 6)).to.deep.equal({ counts: Int32Array.of(2, -3, 1), outcome: 'clipped' });
    expect(clipCounts([1, 1], 6)).to.deep.equal({ counts: Int32Array.of(1, 1), outcome: 'kept' });
    expect(clipCounts([], 1)).to.deep.equal({ counts: new Int32Array(0), outcome: 'kept' });
  });

  it('never exceeds K and never changes a sign', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 50 })), fc.integer({ min: 1, max: 100 }), (given, bound) => {
        const { counts } = clipCounts(given, bound);
        expect(counts.reduce((sum, count) => sum + Math.abs(count), 0)).to.be.at.most(bound);
        for (const [i, count] of counts.entries())
          expect(count === 0 || Math.sign(count) === Math.sign(given[i] ?? 0)).to.be.true;
      }),
      { seed: 3 },
    );
  });

  it('rejects a contribution with anything but integers, whole', () => {
    for (const poison of [NaN, Infinity, 0.5, 2 ** 60])
      expect(clipCounts([1, poison, 1], 5)).to.deep.equal({ counts: new Int32Array(3), outcome: 'rejected' });
    for (const bad of [0, 1.5, NaN, 2 ** 31]) expect(() => clipCounts([1], bad)).to.throw(RangeError);
  });
});
