import { expect } from 'chai';
import fc from 'fast-check';
import { cellOf, lowerItems, supportFromPairs, textNeighbourPairs } from '../../../recommender/statistics/index.js';
import { indexOf } from './index-of.js';

describe('the public support of text-neighbour pairs', () => {
  // Nearest first: 0 → 1, 2; 1 → 0, 3; 2 → 1, 0; 3 → 1, 2.
  const index = indexOf([
    [1, 2],
    [0, 3],
    [1, 0],
    [1, 2],
  ]);

  it('holds a pair once where either names the other', () => {
    const support = textNeighbourPairs(index, 1);
    expect(Array.from(support.higher, (high, cell) => [lowerItems(support)[cell], high])).to.deep.equal([
      [0, 1],
      [1, 2],
      [1, 3],
    ]);
    expect(textNeighbourPairs(index, 2).higher.length).to.equal(5);
  });

  it('finds the cell of every pair in either order, and no cell of others', () => {
    const support = textNeighbourPairs(index, 1);
    expect([cellOf(support, 0, 1), cellOf(support, 1, 2), cellOf(support, 3, 1)]).to.deep.equal([0, 1, 2]);
    expect([cellOf(support, 0, 3), cellOf(support, 2, 3), cellOf(support, 2, 2)]).to.deep.equal([-1, -1, -1]);
  });

  it('asks for no more neighbours than there are', () => {
    expect(textNeighbourPairs(index, 50)).to.deep.equal(textNeighbourPairs(index, 2));
    expect(textNeighbourPairs(indexOf([]), 50).higher.length).to.equal(0);
  });

  it('comes back from the pairs that a model carries', () => {
    const neighbours = fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 19 }), { minLength: 4, maxLength: 4 }), {
      minLength: 20,
      maxLength: 20,
    });
    fc.assert(
      fc.property(neighbours, (rows) => {
        const support = textNeighbourPairs(
          indexOf(rows.map((row, item) => row.filter((other) => other !== item).slice(0, 3))),
        );
        expect(supportFromPairs(20, lowerItems(support), support.higher)).to.deep.equal(support);
        support.higher.forEach((high, cell) => {
          expect(cellOf(support, high, lowerItems(support)[cell] ?? -1)).to.equal(cell);
        });
      }),
    );
  });

  it('refuses pairs that are out of order, repeated or out of range', () => {
    for (const pairs of [
      [
        [1, 2],
        [0, 1],
      ],
      [
        [0, 1],
        [0, 1],
      ],
      [[1, 1]],
      [[0, 9]],
    ]) {
      const lower = pairs.map(([low = 0]) => low);
      const higher = Int32Array.from(pairs, ([, high = 0]) => high);
      expect(() => supportFromPairs(4, lower, higher)).to.throw(RangeError);
    }
  });
});
