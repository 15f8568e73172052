import { expect } from 'chai';
import fc from 'fast-check';
import { addContribution, cellOf, pairContribution, supportFromPairs } from '../../../recommender/statistics/index.js';
import type { PairSupport } from '../../../recommender/statistics/index.js';

const allPairs = (items: number): PairSupport => {
  const pairs = Array.from({ length: items }, (_, low) =>
    Array.from({ length: items - low - 1 }, (_item, step) => [low, low + step + 1] as const),
  ).flat();
  return supportFromPairs(
    items,
    pairs.map(([low]) => low),
    Int32Array.from(pairs, ([, high]) => high),
  );
};
const history = (...items: number[]): Int32Array => Int32Array.from(items);

describe('one shopper’s contribution to the counts', () => {
  const support = allPairs(100);

  it('never exceeds K units, whatever the history', () => {
    const histories = fc.array(fc.integer({ min: 0, max: 99 }), { maxLength: 90 });
    fc.assert(
      fc.property(histories, fc.integer({ min: 1, max: 5 }), (items, l1Bound) => {
        const { cells, units } = pairContribution(Int32Array.from(items), support, { l1Bound });
        const total = units.reduce((sum, unit) => sum + unit, 0);
        expect(new Set(cells).size).to.equal(cells.length);
        expect(units.every((unit) => unit >= 1)).to.equal(true);
        expect(total).to.equal(cells.length === 0 ? 0 : l1Bound);
      }),
    );
  });

  it('takes the latest pairs, of one later event the nearest first', () => {
    const sparse = supportFromPairs(100, [1, 1, 2, 2], history(2, 4, 3, 4));
    // (1, 4) and (2, 4) end with the last event, 3 and 2 before it; (2, 3) and (1, 2) end earlier, side by side.
    const { cells, units } = pairContribution(history(1, 2, 3, 4), sparse, { l1Bound: 3 });
    expect(Array.from(cells)).to.deep.equal([cellOf(sparse, 2, 4), cellOf(sparse, 1, 4), cellOf(sparse, 2, 3)]);
    expect(Array.from(units)).to.deep.equal([1, 1, 1]);
  });

  it('counts a pair that comes again once, where it stands last', () => {
    const { cells } = pairContribution(history(1, 2, 3, 1, 2), support, { l1Bound: 2 });
    expect(Array.from(cells)).to.deep.equal([cellOf(support, 1, 2), cellOf(support, 2, 3)]);
  });

  it('shares units as evenly as integers allow, later pairs first', () => {
    const contribution = pairContribution(history(1, 2, 3), support, { l1Bound: 5 });
    expect(Array.from(contribution.units)).to.deep.equal([2, 2, 1]);
    const sums = new Int32Array(support.higher.length).fill(7);
    addContribution(sums, contribution);
    expect(sums[cellOf(support, 2, 3)]).to.equal(9);
    expect(sums.reduce((sum, value) => sum + value - 7, 0)).to.equal(5);
  });

  it('puts all units on a pair that is alone', () => {
    const { units } = pairContribution(history(5, 6), support, { l1Bound: 2 });
    expect(Array.from(units)).to.deep.equal([2]);
  });

  it('reads no further than the lag and the length say', () => {
    const far = Int32Array.from({ length: 30 }, (_, event) => (event === 0 ? 7 : event === 21 ? 8 : 50));
    const only = supportFromPairs(100, [7], history(8));
    expect(pairContribution(far, only, { l1Bound: 1 }).cells.length).to.equal(0);
    expect(pairContribution(far, only, { l1Bound: 1, maximumLag: 21 }).cells.length).to.equal(1);
    const old = Int32Array.from({ length: 70 }, (_, event) => (event === 5 ? 7 : event === 6 ? 8 : 50));
    expect(pairContribution(old, only, { l1Bound: 1 }).cells.length).to.equal(0);
    expect(pairContribution(old, only, { l1Bound: 1, historyLength: 70 }).cells.length).to.equal(1);
  });

  it('is nothing for repeats of one item, short histories and pairs outside the support', () => {
    for (const items of [history(), history(4), history(4, 4, 4)])
      expect(pairContribution(items, support, { l1Bound: 2 })).to.deep.equal({
        cells: history(),
        units: history(),
      });
  });

  it('refuses a bound that is no positive integer', () => {
    expect(() => pairContribution(history(1, 2), support, { l1Bound: 0 })).to.throw(RangeError);
    expect(() => pairContribution(history(1, 2), support, { l1Bound: 1.5 })).to.throw(RangeError);
  });
});
