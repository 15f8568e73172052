import { expect } from 'chai';
import fc from 'fast-check';
import { fromFloat16, toFloat16 } from '../../../recommender/compression/index.js';

const oneWay = (value: number): number => toFloat16(Float32Array.of(value))[0] ?? Number.NaN;
const bothWays = (value: number): number => fromFloat16(toFloat16(Float32Array.of(value)))[0] ?? Number.NaN;

describe('float16', () => {
  it('has the bit patterns of IEEE 754 binary16', () => {
    const vectors: [number, number][] = [
      [0, 0x0000],
      [-0, 0x8000],
      [1, 0x3c00],
      [-2, 0xc000],
      [65504, 0x7bff],
      [2 ** -14, 0x0400],
      [2 ** -24, 0x0001],
      [1 / 3, 0x3555],
      // Halves go to the even neighbour, also from the greatest subnormal to the least normal number.
      [1 + 2 ** -11, 0x3c00],
      [1 + 3 * 2 ** -11, 0x3c02],
      [2 ** -25, 0x0000],
      [3 * 2 ** -25, 0x0002],
      [2 ** -14 - 2 ** -25, 0x0400],
    ];
    for (const [value, bits] of vectors) expect(oneWay(value), String(value)).to.equal(bits);
  });

  it('gives every finite pattern back', () => {
    const all = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits).filter((bits) => (bits & 0x7c00) !== 0x7c00);
    expect(toFloat16(fromFloat16(all))).to.deep.equal(all);
  });

  it('is off by at most 2⁻¹¹ of a value, or 2⁻²⁵ where that is more', () => {
    fc.assert(
      fc.property(fc.float({ min: -65504, max: 65504, noNaN: true }), (value) => {
        expect(Math.abs(bothWays(value) - value)).to.be.at.most(Math.max(2 ** -11 * Math.abs(value), 2 ** -25));
      }),
      { numRuns: 2000 },
    );
    // The bound is no looser than it has to be.
    expect(Math.abs(bothWays(1 + 2 ** -11) - (1 + 2 ** -11))).to.be.greaterThan(0.999 * 2 ** -11);
  });

  it('refuses what has no float16', () => {
    for (const value of [65520, -1e9, Infinity, Number.NaN]) expect(() => oneWay(value)).to.throw(RangeError);
    expect(bothWays(65519)).to.equal(65504);
  });
});
