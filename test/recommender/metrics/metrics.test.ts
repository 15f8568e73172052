import { expect } from 'chai';
import fc from 'fast-check';
import {
  averagePrecisionAt,
  bootstrapMean,
  expectedRank,
  hitAt,
  leaveOneOut,
  meanLeaveOneOut,
  ndcgAt,
  pairedBootstrap,
  precisionAt,
  recallAt,
  reciprocalRankAt,
  tiedRankOf,
} from '../../../recommender/metrics/index.js';
import type { RandomSource } from '../../../recommender/random.js';
import { seeded } from '../support/coins.js';

const untied = (rank: number) => ({ better: rank - 1, tied: 0 });

describe('metrics of leave-one-out lists', () => {
  it('match the worked example of ranks 1, 3, 10 and 11', () => {
    const mean = meanLeaveOneOut([1, 3, 10, 11].map(untied), 10);
    expect(mean.hr).to.equal(0.75);
    expect(mean.ndcg).to.be.closeTo(0.447266, 5e-7);
    expect(mean.mrr).to.be.closeTo(0.358333, 5e-7);
    expect(mean.recall).to.equal(mean.hr);
    expect(mean.precision).to.equal(mean.hr / 10);
    expect(mean.map).to.equal(mean.mrr);
  });

  it('are, under ties, the mean over every order of the tied items', () => {
    fc.assert(
      fc.property(fc.nat(12), fc.nat(12), fc.integer({ min: 1, max: 15 }), (better, tied, cutoff) => {
        const orders = Array.from({ length: tied + 1 }, (_, place) => untied(better + place + 1));
        const mean = meanLeaveOneOut(orders, cutoff);
        const expected = leaveOneOut({ better, tied }, cutoff);
        expect(expected.hr).to.be.closeTo(mean.hr, 1e-12);
        expect(expected.ndcg).to.be.closeTo(mean.ndcg, 1e-12);
        expect(expected.mrr).to.be.closeTo(mean.mrr, 1e-12);
      }),
    );
  });

  it('at the expected rank equal those of that rank, halves included', () => {
    expect(leaveOneOut({ better: 2, tied: 4 }, 10, 'expected-rank')).to.deep.equal(leaveOneOut(untied(5), 10));
    expect(leaveOneOut({ better: 9, tied: 1 }, 10, 'expected-rank').hr).to.equal(1);
    expect(leaveOneOut({ better: 9, tied: 1 }, 10, 'expected-rank').ndcg).to.be.closeTo(1 / Math.log2(11.5), 1e-12);
    expect(leaveOneOut({ better: 9, tied: 2 }, 10, 'expected-rank').hr).to.equal(0);
  });

  it('refuse a cut-off that is no positive whole number', () => {
    for (const cutoff of [0, -1, 1.5, Number.NaN]) expect(() => leaveOneOut(untied(1), cutoff)).to.throw(RangeError);
  });

  it('are zero for no list', () => {
    expect(meanLeaveOneOut([], 10)).to.deep.equal({ hr: 0, ndcg: 0, mrr: 0, recall: 0, precision: 0, map: 0 });
  });
});

describe('the rank of a target', () => {
  const scores = Float32Array.of(5, 3, 3, 9, 3, 1);

  it('counts better and equal candidates', () => {
    expect(tiedRankOf(scores, 1, [])).to.deep.equal({ better: 2, tied: 2 });
    expect(expectedRank({ better: 2, tied: 2 })).to.equal(4);
  });

  it('leaves hidden items out, but never the target', () => {
    expect(tiedRankOf(scores, 1, [3, 4, 1, 5])).to.deep.equal({ better: 1, tied: 1 });
  });

  it('is behind all others for what has no score, so that a model that broke wins nothing', () => {
    const broken = Float32Array.of(1, NaN, 2, NaN, -5);
    expect(tiedRankOf(broken, 1, [])).to.deep.equal({ better: 3, tied: 1 });
    expect(tiedRankOf(broken, 1, [0, 3])).to.deep.equal({ better: 2, tied: 0 });
    expect(tiedRankOf(broken, 4, [])).to.deep.equal({ better: 2, tied: 0 });
  });
});

describe('metrics of ranked lists with several right items', () => {
  const hits = [
    [0, 0, 0],
    [1, 1, 1],
    [1, 0, 1],
    [0, 0, 1],
  ];
  const relevant = [1, 3, 4, 2];
  const upTo3 = (metric: (cutoff: number) => number) => [1, 2, 3].map(metric);

  it('recall matches the worked example', () => {
    const rows = hits.map((row, at) => upTo3((cutoff) => recallAt(row, relevant[at] ?? 0, cutoff)));
    expect(rows).to.deep.equal([
      [0, 0, 0],
      [1 / 3, 2 / 3, 1],
      [1 / 4, 1 / 4, 1 / 2],
      [0, 0, 1 / 2],
    ]);
  });

  it('NDCG truncates the ideal at min(|R|, K)', () => {
    const [first, second, third] = upTo3((cutoff) => ndcgAt([1, 0, 1], [1, 1, 1, 1], cutoff));
    expect(first).to.equal(1);
    expect(second).to.be.closeTo(0.613147, 5e-7);
    expect(third).to.be.closeTo(0.703918, 5e-7);
    expect(ndcgAt([1, 0, 0], [1], 3), 'a short ideal').to.equal(1);
  });

  it('NDCG takes grades, the ideal from all right items', () => {
    expect(ndcgAt([3, 2, 3, 0, 1, 2], [3, 2, 3, 0, 1, 2, 3, 2], 6)).to.be.closeTo(0.785002, 5e-7);
  });

  it('average precision divides by min(|R|, K)', () => {
    const [first, second, third] = upTo3((cutoff) => averagePrecisionAt([1, 0, 1], 4, cutoff));
    expect([first, second]).to.deep.equal([1, 0.5]);
    expect(third).to.be.closeTo(0.555556, 5e-7);
  });

  it('precision divides by K even where the list is shorter', () => {
    expect(precisionAt([1, 1], 4)).to.equal(0.5);
  });

  it('hits and reciprocal ranks look at the first right item', () => {
    expect(upTo3((cutoff) => hitAt([0, 0, 1], cutoff))).to.deep.equal([0, 0, 1]);
    expect(upTo3((cutoff) => reciprocalRankAt([0, 1, 1], cutoff))).to.deep.equal([0, 0.5, 0.5]);
  });

  it('are zero where nothing is right', () => {
    expect([recallAt([0], 0, 1), ndcgAt([0], [], 1), averagePrecisionAt([0], 0, 1)]).to.deep.equal([0, 0, 0]);
  });
});

describe('the paired bootstrap', () => {
  const random = (): RandomSource => seeded('bootstrap');

  it('covers the mean difference and repeats for the same coins', () => {
    const before = Array.from({ length: 400 }, (_, at) => (at % 7) / 7);
    const after = before.map((value, at) => value + (at % 2 === 0 ? 0.2 : 0));
    const interval = pairedBootstrap(before, after, { random: random() });
    expect(interval.mean).to.be.closeTo(0.1, 1e-12);
    expect(interval.low).to.be.within(0.085, 0.1);
    expect(interval.high).to.be.within(0.1, 0.115);
    expect(pairedBootstrap(before, after, { random: random() })).to.deep.equal(interval);
  });

  it('pairs: what both values share cancels, which an unpaired interval cannot show', () => {
    const before = Array.from({ length: 200 }, (_, at) => 10 * (at % 5));
    const after = before.map((value) => value + 1);
    expect(pairedBootstrap(before, after, { random: random() })).to.deep.equal({ mean: 1, low: 1, high: 1 });
    const alone = bootstrapMean(after, { random: random() });
    expect(alone.high - alone.low, 'positive control').to.be.greaterThan(2);
  });

  it('covers the truth about as often as it says', () => {
    const coins = random();
    let covered = 0;
    const trials = 200;
    for (let trial = 0; trial < trials; trial++) {
      const values = Array.from(coins.bytes(100), (byte) => byte);
      const { low, high } = bootstrapMean(values, { random: coins, resamples: 200, coverage: 0.9 });
      if (low <= 127.5 && 127.5 <= high) covered++;
    }
    expect(covered / trials).to.be.within(0.82, 0.96);
  });

  it('refuses unequal lengths, no values and impossible coverages', () => {
    expect(() => pairedBootstrap([1], [1, 2], { random: random() })).to.throw(RangeError);
    expect(() => pairedBootstrap([], [], { random: random() })).to.throw(RangeError);
    expect(() => bootstrapMean([1], { random: random(), coverage: 1 })).to.throw(RangeError);
  });
});
