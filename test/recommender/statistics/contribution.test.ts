import { expect } from 'chai';
import fc from 'fast-check';
import { addContribution, cellOf, pairContribution, supportFromPairs } from '../../../recommender/statistics/index.js';
import type { PairSupport } from '../../../recommender/statistics/index.js';
import type { RandomSource } from '../../../recommender/random.js';
import { seeded } from '../support/coins.js';

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
      fc.property(histories, fc.integer({ min: 1, max: 5 }), fc.string(), (items, l1Bound, seed) => {
        const { cells, units } = pairContribution(Int32Array.from(items), support, { l1Bound }, seeded(seed));
        const total = units.reduce((sum, unit) => sum + unit, 0);
        expect(new Set(cells).size).to.equal(cells.length);
        expect(units.every((unit) => unit >= 1)).to.equal(true);
        expect(total).to.equal(cells.length === 0 ? 0 : l1Bound);
      }),
    );
  });

  it('takes the pairs that stand nearest together', () => {
    const sparse = supportFromPairs(100, [1, 1, 2], history(3, 4, 3));
    // (1, 3) and (1, 4) stand 2 and 3 apart, (2, 3) next to each other.
    const { cells, units } = pairContribution(history(1, 2, 3, 4), sparse, { l1Bound: 2 }, seeded('near'));
    expect(Array.from(cells)).to.deep.equal([cellOf(sparse, 2, 3), cellOf(sparse, 1, 3)]);
    expect(Array.from(units)).to.deep.equal([1, 1]);
  });

  it('puts all units on a pair that is alone', () => {
    const { units } = pairContribution(history(5, 6), support, { l1Bound: 2 }, seeded('alone'));
    expect(Array.from(units)).to.deep.equal([2]);
  });

  it('breaks ties by the coins alone, each pair as often as the others', () => {
    const sharesUnder = (random: RandomSource): number[] => {
      const counts = new Float64Array(support.higher.length);
      for (let trial = 0; trial < 3000; trial += 1)
        addContribution(counts, pairContribution(history(0, 1, 2, 3), support, { l1Bound: 1 }, random));
      const pairs = [
        [0, 1],
        [1, 2],
        [2, 3],
      ];
      return pairs.map(([one = 0, other = 0]) => (counts[cellOf(support, one, other)] ?? 0) / 3000);
    };
    // Five standard deviations of a third of 3000 trials.
    const tolerance = 5 * Math.sqrt(2 / 9 / 3000);
    sharesUnder(seeded('ties')).forEach((share) => expect(share).to.be.closeTo(1 / 3, tolerance));
    const stuck = { bytes: (length: number) => new Uint8Array(length) };
    expect(sharesUnder(stuck)).to.deep.equal([1, 0, 0]);
  });

  it('reads no further than the lag and the length say', () => {
    const far = Int32Array.from({ length: 30 }, (_, event) => (event === 0 ? 7 : event === 21 ? 8 : 50));
    const only = supportFromPairs(100, [7], history(8));
    expect(pairContribution(far, only, { l1Bound: 1 }, seeded('lag')).cells.length).to.equal(0);
    expect(pairContribution(far, only, { l1Bound: 1, maximumLag: 21 }, seeded('lag')).cells.length).to.equal(1);
    const old = Int32Array.from({ length: 70 }, (_, event) => (event === 5 ? 7 : event === 6 ? 8 : 50));
    expect(pairContribution(old, only, { l1Bound: 1 }, seeded('length')).cells.length).to.equal(0);
    expect(pairContribution(old, only, { l1Bound: 1, historyLength: 70 }, seeded('length')).cells.length).to.equal(1);
  });

  it('is nothing for repeats of one item, short histories and pairs outside the support', () => {
    for (const items of [history(), history(4), history(4, 4, 4)])
      expect(pairContribution(items, support, { l1Bound: 2 }, seeded('none'))).to.deep.equal({
        cells: history(),
        units: history(),
      });
  });

  it('refuses a bound that is no positive integer', () => {
    expect(() => pairContribution(history(1, 2), support, { l1Bound: 0 }, seeded('none'))).to.throw(RangeError);
    expect(() => pairContribution(history(1, 2), support, { l1Bound: 1.5 }, seeded('none'))).to.throw(RangeError);
  });
});
