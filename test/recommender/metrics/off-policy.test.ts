import { expect } from 'chai';
import { inversePropensity } from '../../../recommender/metrics/index.js';
import type { LoggedPlace } from '../../../recommender/metrics/index.js';
import { uniform } from '../../../recommender/random.js';
import { explore } from '../../../recommender/ranker/index.js';
import type { ArmFeedback } from '../../../recommender/ranker/index.js';
import { seeded } from '../support/coins.js';

describe('inverse propensity scoring', () => {
  it('matches a worked example', () => {
    const { judged, served, difference, meanWeight, effectivePlaces } = inversePropensity([
      [
        { propensity: 0.5, target: 1, reward: 1 },
        { propensity: 0.25, target: 0, reward: 1 },
      ],
      [{ propensity: 0.8, target: 1, reward: 0 }],
    ]);
    expect(judged.mean).to.equal(0.5);
    expect(served.mean).to.equal(0.5);
    expect(difference.mean).to.equal(0);
    expect(meanWeight).to.be.closeTo((2 + 0 + 1.25) / 3, 1e-12);
    expect(effectivePlaces).to.be.closeTo(3.25 ** 2 / (4 + 1.5625), 1e-12);
    // Requests have 1 and 0: s = √½, over √2 requests.
    expect(judged.high - judged.mean).to.be.closeTo(1.959964 * 0.5, 1e-6);
  });

  it('recovers what the ranked list would have got from a log of explored ones; the plain mean does not', () => {
    // The ranker's item at each of two places, and what is clicked there: exploration has learnt to show others.
    const rates = [0.6, 0.3, 0.5, 0.2, 0.8];
    const ranked = [3, 1];
    const truth = ((rates[3] ?? 0) + (rates[1] ?? 0)) / 2;
    const feedback = (item: number): ArmFeedback => ({ shown: 4, taken: Math.round(4 * (rates[item] ?? 0)) });
    const random = seeded('off-policy');
    const prior = { taken: 2, refused: 4 };
    const log = (): LoggedPlace[][] =>
      Array.from({ length: 300 }, () =>
        explore(ranked, [0, 1, 2, 3, 4], { slots: [0, 1], feedback, random, prior }).map((place) => ({
          propensity: place.propensity,
          target: place.item === place.ranked ? 1 : 0,
          reward: uniform(random) < (rates[place.item] ?? 0) ? 1 : 0,
        })),
      );
    const logs = Array.from({ length: 12 }, log);
    const estimates = logs.map(inversePropensity);
    const meanOf = (pick: (at: (typeof estimates)[number]) => number): number =>
      estimates.reduce((sum, one) => sum + pick(one), 0) / estimates.length;
    const error = meanOf(({ judged }) => judged.high - judged.mean) / Math.sqrt(estimates.length);
    expect(meanOf(({ judged }) => judged.mean)).to.be.closeTo(truth, 1.5 * error);
    expect(meanOf(({ meanWeight }) => meanWeight)).to.be.closeTo(1, 0.12);
    const covered = estimates.filter(({ judged: { low, high } }) => low <= truth && truth <= high).length;
    expect(covered, 'of 12 intervals').to.be.at.least(9);
    // Control: without propensities the estimate is biased by far more than chance.
    const plain = logs.map((requests) => inversePropensity(requests.map(withoutWeights)));
    expect(plain.every(({ judged }) => judged.low > truth)).to.equal(true);
  });

  it('refuses logs that say nothing', () => {
    const place: LoggedPlace = { propensity: 0.5, target: 1, reward: 0 };
    expect(() => inversePropensity([[place]])).to.throw(RangeError);
    expect(() => inversePropensity([[place], []])).to.throw(RangeError);
    expect(() => inversePropensity([[place], [{ ...place, propensity: 0 }]])).to.throw(RangeError);
  });
});

/** What somebody would do who ignores how items came to their places. */
function withoutWeights(places: readonly LoggedPlace[]): LoggedPlace[] {
  return places.map(({ reward }) => ({ propensity: 1, target: 1, reward }));
}
