import { expect } from 'chai';
import { standardNormal, uniform, uniformBelow } from '../../../recommender/random.js';
import type { RandomSource } from '../../../recommender/random.js';
import {
  cellFeatures,
  cellOf,
  lowerItems,
  poissonRates,
  textNeighbourPairs,
} from '../../../recommender/statistics/index.js';
import { seeded } from '../support/coins.js';
import { attributesOf, indexOf } from './index-of.js';

function poisson(random: RandomSource, rate: number): number {
  let product = uniform(random);
  let count = 0;
  for (; product > Math.exp(-rate); count += 1) product *= uniform(random);
  return count;
}

function laplace(random: RandomSource, alpha: number): number {
  const geometric = (): number => Math.floor(Math.log1p(-uniform(random)) / Math.log(alpha));
  return geometric() - geometric();
}

describe('Poisson regression', () => {
  const ROWS = 20_000;
  const [BIAS, ...SLOPES] = [-2.5, 0.8, -0.5, 0];
  const random = seeded('regression');
  const values = Float32Array.from({ length: ROWS * SLOPES.length }, () => standardNormal(random));
  const features = { width: SLOPES.length, values };
  const truth = Float64Array.from({ length: ROWS }, (_, row) =>
    Math.exp(SLOPES.reduce((sum, slope, column) => sum + slope * (values[row * SLOPES.length + column] ?? 0), BIAS)),
  );
  const counts = truth.map((rate) => poisson(random, rate));
  /** Share of the rates' spread around their mean that is missed. */
  const missed = (rates: Float64Array): number => {
    const mean = truth.reduce((sum, rate) => sum + rate, 0) / ROWS;
    const error = truth.reduce((sum, rate, row) => sum + (rate - (rates[row] ?? NaN)) ** 2, 0);
    return error / truth.reduce((sum, rate) => sum + (rate - mean) ** 2, 0);
  };

  it('finds the rates that drew the counts', () => {
    expect(missed(poissonRates(features, counts))).to.be.below(0.01);
    expect(missed(new Float64Array(ROWS).fill(0.1)), 'a constant does not').to.be.above(0.5);
  });

  it('finds them under Laplace noise on every count as well, because its loss is linear in the count', () => {
    const noisy = counts.map((count) => count + laplace(random, Math.exp(-2)));
    expect(missed(poissonRates(features, noisy))).to.be.below(0.05);
    // What looks harmless, to cut off the counts below 0, bends the fit.
    const cut = noisy.map((count) => Math.max(0, count));
    expect(missed(poissonRates(features, cut))).to.be.above(0.05);
  });

  it('sums to what the counts sum to', () => {
    const total = (series: Float64Array): number => series.reduce((sum, value) => sum + value, 0);
    expect(total(poissonRates(features, counts)) / total(counts)).to.be.closeTo(1, 1e-3);
  });

  it('gives the same bits for the same counts', () => {
    expect(poissonRates(features, counts)).to.deep.equal(poissonRates(features, counts));
  });

  it('says nothing wild where there is next to nothing to learn from', () => {
    const two = { width: 3, values: Float32Array.of(1, -1, 3, -1, 1, -3) };
    for (const seen of [
      [0, 0],
      [-3, -1],
      [0, 40],
    ])
      for (const rate of poissonRates(two, seen)) expect(rate).to.be.within(1e-6, 25);
    expect(poissonRates({ width: 3, values: new Float32Array() }, []).length).to.equal(0);
  });
});

describe('what is known about a cell beside its own count', () => {
  const ITEMS = 2000;
  const random = seeded('cells');
  const text = indexOf(
    Array.from({ length: ITEMS }, (_, item) => Array.from({ length: 12 }, (__, place) => (item + place + 1) % ITEMS)),
  );
  const parts = { text, attributes: attributesOf(ITEMS), l1Bound: 1 };
  const support = textNeighbourPairs(text);
  const counts = Int32Array.from(support.higher, () => (uniformBelow(random, 4) === 0 ? 1 : 0));

  it('is finite, standardised, and one row a cell', () => {
    const { width, values } = cellFeatures(support, counts, parts);
    expect(values.length).to.equal(width * support.higher.length);
    expect(values.every(Number.isFinite)).to.equal(true);
    const first = Array.from(support.higher, (_, cell) => values[cell * width] ?? NaN);
    expect(first.reduce((sum, value) => sum + value, 0) / first.length).to.be.closeTo(0, 1e-5);
    expect(first.reduce((sum, value) => sum + value ** 2, 0) / first.length).to.be.closeTo(1, 1e-4);
  });

  it('has nothing of the cell’s own count in it, and something of its neighbours’', () => {
    const cell = cellOf(support, 20, 23);
    const changed = counts.slice();
    changed[cell] = 4;
    const before = cellFeatures(support, counts, parts);
    const after = cellFeatures(support, changed, parts);
    const distance = (which: number): number => {
      let most = 0;
      for (let at = which * before.width; at < (which + 1) * before.width; at += 1)
        most = Math.max(most, Math.abs((after.values[at] ?? 0) - (before.values[at] ?? 0)));
      return most;
    };
    // The mean and deviation of all cells move a little; the popularity of both items moves much, elsewhere.
    const own = distance(cell);
    const beside = distance(cellOf(support, 20, 24));
    expect(own).to.be.below(0.05);
    expect(beside).to.be.above(5 * own);
    expect(lowerItems(support)[cell]).to.equal(20);
  });
});
