import { expect } from 'chai';
import fc from 'fast-check';
import { auc, coverage, gini, groupAuc, longTail, shareOf } from '../../../recommender/metrics/index.js';
import type { ScoredOutcome } from '../../../recommender/metrics/index.js';

const outcome = (score: number, positive: boolean): ScoredOutcome => ({ score, positive });

describe('AUC', () => {
  it('matches a worked example', () => {
    const outcomes = [outcome(0.1, false), outcome(0.4, false), outcome(0.35, true), outcome(0.8, true)];
    expect(auc(outcomes)).to.equal(0.75);
  });

  it('is the share of pairs in the right order, ties a half', () => {
    const list = fc.array(fc.record({ score: fc.integer({ min: 0, max: 5 }), positive: fc.boolean() }), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(list, (outcomes) => {
        const right = outcomes.filter(({ positive }) => positive);
        const wrong = outcomes.filter(({ positive }) => !positive);
        if (right.length === 0 || wrong.length === 0) {
          expect(auc(outcomes)).to.equal(undefined);
          return;
        }
        const wins = right.flatMap((r) => wrong.map((w) => (r.score > w.score ? 1 : r.score === w.score ? 0.5 : 0)));
        const share = wins.reduce<number>((sum, win) => sum + win, 0) / wins.length;
        expect(auc(outcomes)).to.be.closeTo(share, 1e-12);
      }),
    );
  });

  it('by groups is weighted by size, and leaves out groups with one kind of outcome', () => {
    const good = [outcome(2, true), outcome(1, false)];
    const bad = [outcome(1, true), outcome(2, false), outcome(3, false)];
    const mute = [outcome(1, true)];
    expect(groupAuc([good, bad, mute])).to.be.closeTo(2 / 5, 1e-12);
    expect(groupAuc([mute])).to.equal(undefined);
  });
});

describe('metrics of exposure', () => {
  it('coverage is the share of items shown at all', () => {
    expect(coverage([0, 3, 1, 0])).to.equal(0.5);
    expect(coverage([])).to.equal(0);
  });

  it('Gini is 0 where all are shown alike and (n − 1) / n where one has everything', () => {
    expect(gini([2, 2, 2, 2])).to.equal(0);
    expect(gini([0, 8, 0, 0])).to.be.closeTo(0.75, 1e-12);
    expect(gini([1, 2, 3, 4])).to.be.closeTo(0.25, 1e-12);
    expect(gini([0, 0])).to.equal(0);
  });

  it('the long tail is all but the most bought fifth', () => {
    const tail = longTail([5, 1, 9, 1, 0, 2, 3, 1, 1, 0]);
    expect(Array.from(tail)).to.deep.equal([0, 1, 0, 1, 1, 1, 1, 1, 1, 1]);
    expect(shareOf([5, 1, 0, 0, 0, 0, 0, 0, 0, 4], tail)).to.equal(0.5);
    expect(shareOf([0, 0], Uint8Array.of(1, 0))).to.equal(0);
  });
});
