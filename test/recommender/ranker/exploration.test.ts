import { expect } from 'chai';
import { explore } from '../../../recommender/ranker/index.js';
import type { ArmFeedback } from '../../../recommender/ranker/index.js';
import { seeded } from '../support/coins.js';

const ranked = [10, 11, 12, 13];
const candidates = [20, 21];
const nothing = (): ArmFeedback | undefined => undefined;

describe('exploration', () => {
  it('keeps the other places as ranked, with propensity 1, and no item twice', () => {
    const random = seeded('keep');
    for (let round = 0; round < 50; round++) {
      const places = explore(ranked, candidates, { slots: [1, 3], feedback: nothing, random });
      expect(places[0]).to.deep.equal({ item: 10, ranked: 10, explored: false, propensity: 1 });
      expect(places[2]).to.deep.equal({ item: 12, ranked: 12, explored: false, propensity: 1 });
      expect(new Set(places.map(({ item }) => item)).size).to.equal(4);
      for (const { propensity } of places) expect(propensity).to.be.within(1e-12, 1);
    }
  });

  it('comes to prefer what is taken more often, without dropping the rest', () => {
    const rates = new Map([
      [13, 0.05],
      [20, 0.3],
      [21, 0.1],
    ]);
    const random = seeded('learn');
    const feedback = new Map<number, { shown: number; taken: number }>();
    const shown = new Map<number, number>();
    for (let round = 0; round < 200; round++) {
      const places = explore(ranked, candidates, { slots: [3], feedback: (item) => feedback.get(item), random });
      const item = places[3]?.item ?? -1;
      const seen = feedback.get(item) ?? { shown: 0, taken: 0 };
      const taken = random.bytes(1)[0] ?? 0;
      feedback.set(item, { shown: seen.shown + 1, taken: seen.taken + (taken < 256 * (rates.get(item) ?? 0) ? 1 : 0) });
      shown.set(item, (shown.get(item) ?? 0) + 1);
    }
    expect(shown.get(20)).to.be.greaterThan(90);
    expect(shown.size, 'all were tried').to.equal(3);
  });

  it('logs propensities that are the frequencies of its choices', () => {
    const random = seeded('propensity');
    const feedback = (item: number): ArmFeedback => ({ shown: 40, taken: item === 20 ? 12 : 6 });
    const rounds = 800;
    const seen = new Map<string, { times: number; propensity: number }>();
    for (let round = 0; round < rounds; round++) {
      explore(ranked, candidates, { slots: [0, 2], feedback, random }).forEach(({ item, propensity }, place) => {
        const name = `${item} at ${place}`;
        seen.set(name, { times: (seen.get(name)?.times ?? 0) + 1, propensity });
      });
    }
    for (const [name, { times, propensity }] of seen) {
      const error = Math.sqrt((propensity * (1 - propensity)) / rounds);
      expect(times / rounds, name).to.be.closeTo(propensity, 4 * error + 1e-9);
    }
  });

  it('refuses places outside the list, or twice the same', () => {
    for (const slots of [[4], [-1], [0.5], [1, 1]]) {
      expect(() => explore(ranked, candidates, { slots, feedback: nothing, random: seeded('x') })).to.throw(RangeError);
    }
    const prior = { taken: 0.1, refused: 1 };
    const options = { slots: [0], feedback: nothing, random: seeded('x'), prior };
    expect(() => explore(ranked, candidates, options)).to.throw(RangeError);
  });
});
