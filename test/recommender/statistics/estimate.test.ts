import { expect } from 'chai';
import { valueAt } from '../../../recommender/mix/index.js';
import type { SparseMatrix } from '../../../recommender/mix/index.js';
import { uniform, uniformBelow } from '../../../recommender/random.js';
import { estimateCounts, lowerItems, textNeighbourPairs } from '../../../recommender/statistics/index.js';
import type { TextIndex } from '../../../recommender/text/index.js';
import { seeded } from '../support/coins.js';
import { attributesOf, indexOf } from './index-of.js';

const ITEMS = 400;
const NEIGHBOURS = 12;

function randomIndex(): TextIndex {
  const random = seeded('index');
  const row = (item: number): number[] => {
    const chosen = new Set<number>();
    while (chosen.size < NEIGHBOURS) {
      const other = uniformBelow(random, ITEMS);
      if (other !== item) chosen.add(other);
    }
    return Array.from(chosen);
  };
  return indexOf(Array.from({ length: ITEMS }, (_, item) => row(item)));
}

/** Every cell of a matrix, row by row. */
function dense(matrix: SparseMatrix): Float64Array {
  const values = new Float64Array(matrix.rows * matrix.columns);
  for (let row = 0; row < matrix.rows; row += 1)
    for (let position = matrix.starts[row] ?? 0; position < (matrix.starts[row + 1] ?? 0); position += 1)
      values[row * matrix.columns + (matrix.indices[position] ?? 0)] = matrix.values[position] ?? 0;
  return values;
}

describe('the estimate from released counts', () => {
  const text = randomIndex();
  const catalogue = { text, attributes: attributesOf(ITEMS) };
  const support = textNeighbourPairs(text);
  const random = seeded('counts');
  const counts = Int32Array.from(support.higher, () =>
    uniformBelow(random, 20) === 0 ? 1 + uniformBelow(random, 4) : 0,
  );

  it('is ln(1 + count / w̄) on both sides of the diagonal when there is no noise', () => {
    const matrix = estimateCounts({ support, counts, l1Bound: 2 }, catalogue);
    const lower = lowerItems(support);
    counts.forEach((count, cell) => {
      const [low, high] = [lower[cell] ?? -1, support.higher[cell] ?? -1];
      const expected = Math.fround(Math.log1p(count / 1.3));
      expect(valueAt(matrix, low, high)).to.equal(expected);
      expect(valueAt(matrix, high, low)).to.equal(expected);
    });
    expect(matrix.indices.length).to.equal(2 * counts.filter((count) => count > 0).length);
  });

  it('of releases that add up is of the size of one, and nearer to the truth than one alone', () => {
    const alpha = Math.exp(-0.7);
    const noise = (seed: string): Int32Array => {
      const coins = seeded(seed);
      const geometric = (): number => Math.floor(Math.log1p(-uniform(coins)) / Math.log(alpha));
      return counts.map(() => geometric() - geometric());
    };
    const periods = Array.from({ length: 6 }, (_, period) => noise(`period ${period}`));
    const errorOf = (releases: number): number => {
      const sums = counts.map((count, cell) =>
        periods.slice(0, releases).reduce((sum, drawn) => sum + count + (drawn[cell] ?? 0), 0),
      );
      const noisy = { alpha, shape: releases };
      const exact = dense(estimateCounts({ support, counts, l1Bound: 1 }, catalogue));
      const estimated = dense(estimateCounts({ support, counts: sums, l1Bound: 1, noise: noisy, releases }, catalogue));
      expect(estimated.reduce((most, value) => Math.max(most, value), 0)).to.be.below(Math.log1p(5));
      return estimated.reduce((sum, value, cell) => sum + (value - (exact[cell] ?? 0)) ** 2, 0);
    };
    expect(errorOf(6)).to.be.below(0.5 * errorOf(1));
  });

  it('keeps rows ascending, so that a row can be searched', () => {
    const matrix = estimateCounts({ support, counts, l1Bound: 1, noise: { alpha: Math.exp(-4) } }, catalogue);
    for (let row = 0; row < ITEMS; row += 1)
      for (let position = (matrix.starts[row] ?? 0) + 1; position < (matrix.starts[row + 1] ?? 0); position += 1)
        expect(matrix.indices[position]).to.be.above(matrix.indices[position - 1] ?? Infinity);
    expect(matrix.indices.length).to.equal(2 * support.higher.length);
  });

  it('comes near the truth when the noise is small, and near the prior when it drowns the counts', () => {
    const spread = (alpha: number): number => {
      const { values } = estimateCounts({ support, counts, l1Bound: 1, noise: { alpha } }, catalogue);
      return Math.max(...values) - Math.min(...values);
    };
    const exact = estimateCounts({ support, counts, l1Bound: 1 }, catalogue);
    const near = estimateCounts({ support, counts, l1Bound: 1, noise: { alpha: 1e-6 } }, catalogue);
    const lower = lowerItems(support);
    counts.forEach((_, cell) => {
      const [low, high] = [lower[cell] ?? -1, support.higher[cell] ?? -1];
      expect(valueAt(near, low, high)).to.be.closeTo(valueAt(exact, low, high), 1e-3);
    });
    expect(spread(0.9)).to.be.below(0.3 * spread(1e-6));
  });

  it('is a number for every pair where the nearest items have less than nothing in common', () => {
    const similarities = text.neighbours.similarities.map((_, place) => (place % NEIGHBOURS < 4 ? 0.1 : -0.2));
    const unlike = { ...text, neighbours: { ...text.neighbours, similarities } };
    const { values } = estimateCounts(
      { support, counts, l1Bound: 1, noise: { alpha: Math.exp(-4) } },
      { ...catalogue, text: unlike },
    );
    expect(values.every((value) => value >= 0)).to.equal(true);
  });

  it('refuses counts of another length or catalogue', () => {
    expect(() => estimateCounts({ support, counts: counts.slice(1), l1Bound: 1 }, catalogue)).to.throw(RangeError);
    expect(() => estimateCounts({ support, counts, l1Bound: 1 }, { ...catalogue, text: indexOf([[1], [0]]) })).to.throw(
      RangeError,
    );
    expect(() => estimateCounts({ support, counts, l1Bound: 3 }, catalogue)).to.throw(RangeError);
  });
});
