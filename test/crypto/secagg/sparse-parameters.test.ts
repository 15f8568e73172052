import { expect } from 'chai';
import { streamRandom } from '../../../crypto/index.js';
import { logChoose, logLowerTail, logUpperTail } from '../../../crypto/secagg/binomial.js';
import { logDisconnection, sparseThresholds } from '../../../crypto/secagg/sparse-parameters.js';
import type { SparseRound, SparseThresholds } from '../../../crypto/secagg/sparse-parameters.js';

const SECURITY = -40 * Math.LN2;
const CORRECTNESS = -20 * Math.LN2;

/** SECAGG, "Parameters", with δ = 0.3. */
const TABLE = [
  { merchants: 500, colluders: 50, meanDegree: 128, share: 45, agreement: 276 },
  { merchants: 500, colluders: 100, meanDegree: 188, share: 80, agreement: 301 },
  { merchants: 1000, colluders: 100, meanDegree: 161, share: 59, agreement: 551 },
  { merchants: 1000, colluders: 200, meanDegree: 248, share: 108, agreement: 601 },
  { merchants: 2000, colluders: 200, meanDegree: 188, share: 70, agreement: 1101 },
  { merchants: 2000, colluders: 400, meanDegree: 302, share: 134, agreement: 1201 },
];

/** Whether a row meets the three bounds. */
function isSafe(row: (typeof TABLE)[number]): boolean {
  const { merchants, colluders, meanDegree, share } = row;
  const p = meanDegree / (merchants - 1);
  const survivors = { trials: Math.floor(0.7 * merchants) - 1, p };
  return (
    Math.log(merchants) + logUpperTail({ trials: colluders, p }, share) <= SECURITY &&
    Math.log(merchants) + logLowerTail(survivors, share - 1) <= CORRECTNESS &&
    logDisconnection({ ...row, p }) <= SECURITY
  );
}

/** The numbers of a round for which there is a safe graph. */
function sparse(round: SparseRound): SparseThresholds {
  const found = sparseThresholds(round);
  if (found === undefined) throw new Error('no graph is safe');
  return found;
}

/** Pr[X = k] for all k, by Pascal's rule on probabilities: no logarithms, no factorials. */
function masses(trials: number, p: number): number[] {
  let row = [1];
  for (let trial = 0; trial < trials; trial++) {
    row = Array.from({ length: row.length + 1 }, (_, k) => (row[k] ?? 0) * (1 - p) + (row[k - 1] ?? 0) * p);
  }
  return row;
}

describe('secure aggregation: the sparse graph', () => {
  it('has exact binomial tails, down to the smallest', () => {
    for (const [trials, p] of [
      [20, 0.3],
      [349, 0.2565],
      [699, 0.05],
    ] as const) {
      const row = masses(trials, p);
      for (let k = 0; k <= trials; k++) {
        const upper = row.slice(k).reduceRight((sum, mass) => sum + mass, 0);
        const lower = row.slice(0, k + 1).reduce((sum, mass) => sum + mass, 0);
        if (k > trials * p && upper > 1e-250) {
          expect(logUpperTail({ trials, p }, k)).to.be.closeTo(Math.log(upper), 1e-9);
        }
        if (k < trials * p && lower > 1e-250) {
          expect(logLowerTail({ trials, p }, k)).to.be.closeTo(Math.log(lower), 1e-9);
        }
      }
    }
    expect(logUpperTail({ trials: 10, p: 0.5 }, 11)).to.equal(Number.NEGATIVE_INFINITY);
    expect(logLowerTail({ trials: 10, p: 0.5 }, -1)).to.equal(Number.NEGATIVE_INFINITY);
    // At the mean and on the wrong side of it the bound is all that is asked for.
    expect(logUpperTail({ trials: 10, p: 0.5 }, 5)).to.equal(0);
    expect(logLowerTail({ trials: 10, p: 0.5 }, 5)).to.equal(0);
  });

  it('has exact binomial coefficients, summed or by Stirling’s series', () => {
    expect(Math.exp(logChoose(52, 5))).to.be.closeTo(2_598_960, 1e-6);
    let exact = 0;
    for (let k = 1; k <= 700; k++) exact += Math.log((1300 + k) / k);
    expect(logChoose(2000, 700)).to.be.closeTo(exact, 1e-9);
    expect(logChoose(5, 6)).to.equal(Number.NEGATIVE_INFINITY);
  });

  it('meets its bounds with the table’s numbers, and not with a degree that is two less', () => {
    for (const row of TABLE) {
      expect(isSafe(row), JSON.stringify(row)).to.equal(true);
      expect(isSafe({ ...row, meanDegree: row.meanDegree - 2 }), JSON.stringify(row)).to.equal(false);
    }
  });

  it('is the table’s: t and T exactly, k the least that meets the bounds, which is the table’s or one less', () => {
    for (const row of TABLE) {
      const { merchants, colluders, meanDegree, share, agreement } = row;
      const found = sparse({ merchants, colluders, dropouts: 0.3 });
      expect(found).to.include({ share, agreement });
      expect(found.edgeProbability).to.equal(found.meanDegree / (merchants - 1));
      expect([meanDegree - 1, meanDegree]).to.include(found.meanDegree);
      expect(isSafe({ ...row, meanDegree: found.meanDegree })).to.equal(true);
      expect(isSafe({ ...row, meanDegree: found.meanDegree - 1 })).to.equal(false);
    }
  });

  it('has the degrees that the bounds foresee, in graphs drawn by coins; a coarser bound is found out', () => {
    const { merchants, colluders, dropouts } = { merchants: 500, colluders: 50, dropouts: 0.3 };
    const { edgeProbability: p, share } = sparse({ merchants, colluders, dropouts });
    const survivors = Math.floor((1 - dropouts) * merchants);
    const coins = streamRandom(new Uint8Array(32).fill(21));
    const limit = p * 2 ** 32;
    const graphs = 20;
    let [fewest, mostCorrupt, belowMean] = [merchants, 0, 0];
    for (let graph = 0; graph < graphs; graph++) {
      const honest = new Uint16Array(merchants);
      const corrupt = new Uint16Array(merchants);
      for (let i = 0; i < merchants; i++) {
        const words = new Uint32Array(coins.bytes(4 * merchants).slice().buffer);
        for (let j = 0; j < i; j++) {
          if ((words[j] ?? 0) >= limit) continue;
          // The first survive; the last collude.
          if (j < survivors) honest[i] = (honest[i] ?? 0) + 1;
          if (i < survivors) honest[j] = (honest[j] ?? 0) + 1;
          if (j >= merchants - colluders) corrupt[i] = (corrupt[i] ?? 0) + 1;
          if (i >= merchants - colluders) corrupt[j] = (corrupt[j] ?? 0) + 1;
        }
      }
      fewest = Math.min(fewest, ...honest.subarray(0, survivors));
      mostCorrupt = Math.max(mostCorrupt, ...corrupt);
      belowMean += honest.subarray(0, survivors).filter((degree) => degree < (survivors - 1) * p).length;
    }
    expect(fewest).to.be.at.least(share);
    expect(mostCorrupt).to.be.below(share);
    // The control: t at the mean would fail for every other merchant.
    expect(belowMean / (graphs * survivors)).to.be.within(0.4, 0.6);
  });

  it('is none where none is safe, and refused on values out of range', () => {
    expect(sparseThresholds({ merchants: 220, colluders: 150, dropouts: 0.3 })).to.equal(undefined);
    for (const round of [
      { merchants: 500, colluders: 0, dropouts: 0.3 },
      { merchants: 500, colluders: 500, dropouts: 0.3 },
      { merchants: 500, colluders: 50, dropouts: 1 },
      { merchants: 1.5, colluders: 1, dropouts: 0 },
    ]) {
      expect(() => sparseThresholds(round)).to.throw(RangeError);
    }
  });
});
