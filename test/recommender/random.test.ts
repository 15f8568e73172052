import { expect } from 'chai';
import { shuffle, standardNormal, uniform, uniformBelow } from '../../recommender/random.js';
import { seeded } from './support/coins.js';

describe('numbers from coins', () => {
  it('draws every value below a bound alike often', () => {
    const random = seeded('below');
    const counts = new Float64Array(7);
    for (let draw = 0; draw < 70_000; draw += 1) {
      const value = uniformBelow(random, 7);
      counts[value] = (counts[value] ?? 0) + 1;
    }
    const chiSquare = (observed: Float64Array): number =>
      observed.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    // The 1 − 10⁻⁶ quantile of chi-square with 6 degrees of freedom is 38.3.
    expect(chiSquare(counts)).to.be.below(38.3);
    const biased = counts.map((count, value) => count + (value === 0 ? 700 : value === 1 ? -700 : 0));
    expect(chiSquare(biased)).to.be.above(38.3);
  });

  it('draws again instead of folding the incomplete interval', () => {
    const draws = [
      [0xff, 0xff, 0xff, 0xff],
      [0, 0, 0, 5],
    ];
    const random = { bytes: () => Uint8Array.from(draws.shift() ?? []) };
    expect(uniformBelow(random, 3)).to.equal(2);
    expect(draws.length).to.equal(0);
  });

  it('refuses a bound outside [1, 2³²]', () => {
    for (const bound of [0, -1, 1.5, 2 ** 33, Number.NaN])
      expect(() => uniformBelow(seeded('bound'), bound)).to.throw(RangeError);
  });

  it('stays in [0, 1), whatever the bytes', () => {
    expect(uniform({ bytes: () => new Uint8Array(4) })).to.equal(0);
    expect(uniform({ bytes: () => new Uint8Array(4).fill(255) })).to.equal(1 - 2 ** -53);
  });

  it('has normal deviates of mean 0, variance 1 and kurtosis 3', () => {
    const random = seeded('normal');
    const deviates = Array.from({ length: 40_000 }, () => standardNormal(random));
    const moment = (order: number): number => deviates.reduce((sum, value) => sum + value ** order, 0) / 40_000;
    // Six standard errors each.
    expect(moment(1)).to.be.closeTo(0, 6 / 200);
    expect(moment(2)).to.be.closeTo(1, (6 * Math.SQRT2) / 200);
    expect(moment(4)).to.be.closeTo(3, (6 * Math.sqrt(96)) / 200);
  });

  it('shuffles in place, every order alike often', () => {
    const random = seeded('shuffle');
    const seen = new Map<string, number>();
    for (let trial = 0; trial < 6000; trial += 1) {
      const order = shuffle([1, 2, 3], random).join('');
      seen.set(order, (seen.get(order) ?? 0) + 1);
    }
    expect(seen.size).to.equal(6);
    // Six standard deviations of 1,000 of 6,000.
    for (const count of seen.values()) expect(count).to.be.closeTo(1000, 6 * Math.sqrt(6000 * (1 / 6) * (5 / 6)));
  });
});
