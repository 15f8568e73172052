import { expect } from 'chai';
import fc from 'fast-check';
import { fromInt8, toInt8 } from '../../../recommender/compression/index.js';

const rows = (columns: number) =>
  fc
    .array(
      fc.array(fc.float({ min: Math.fround(-1e30), max: Math.fround(1e30), noNaN: true }), {
        minLength: columns,
        maxLength: columns,
      }),
      {
        minLength: 1,
        maxLength: 4,
      },
    )
    .map((lists) => Float32Array.from(lists.flat()));

describe('int8 by rows', () => {
  it('is off by at most half a scale, and rounding', () => {
    fc.assert(
      fc.property(rows(7), (values) => {
        const quantised = toInt8(values, 7);
        fromInt8(quantised).forEach((value, at) => {
          const scale = quantised.scales[Math.floor(at / 7)] ?? 0;
          const bound = Math.max(scale * (0.5 + 2 ** -15), 2 ** -119);
          expect(Math.abs(value - (values[at] ?? 0))).to.be.at.most(bound);
        });
      }),
      { numRuns: 500 },
    );
  });

  it('keeps the sign, zeros and the greatest value of every row', () => {
    const { scales, values } = toInt8(Float32Array.of(-127, 0, 63.6, 0, 0, 0), 3);
    expect([...scales]).to.deep.equal([1, 0]);
    expect([...values]).to.deep.equal([-127, 0, 64, 0, 0, 0]);
  });

  it('refuses values that are not finite and rows that are not whole', () => {
    expect(() => toInt8(Float32Array.of(1, Number.NaN), 2)).to.throw(RangeError);
    expect(() => toInt8(Float32Array.of(1, Infinity), 2)).to.throw(RangeError);
    expect(() => toInt8(Float32Array.of(1, 2, 3), 2)).to.throw(RangeError, 'rows of 2');
  });
});
