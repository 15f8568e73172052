import { expect } from 'chai';
import { meanLine, merchantLine } from '../../../simulations/demo/lines.js';

const SHOP = { name: 'alder', catalogue: 'market', files: { items: 'items.csv', events: 'events.csv' }, shoppers: 99 };

function printed(alone: number, together: number, use = true) {
  return {
    name: 'alder',
    shoppers: 90,
    alone: { hr10: 2 * alone, ndcg10: alone },
    tuned: { hr10: 2.2 * alone, ndcg10: 1.1 * alone },
    together: { hr10: 2 * together, ndcg10: together },
    togetherUntuned: { hr10: 2 * together, ndcg10: 0.9 * together },
    gain: { ndcg10: { mean: 0, low: 0, high: 0 }, relative: { mean: together / alone - 1, low: -0.1, high: 0.3 } },
    gainOverTuned: {
      ndcg10: { mean: 0, low: 0, high: 0 },
      relative: { mean: together / (1.1 * alone) - 1, low: -0.2, high: 0.2 },
    },
    decisions: [{ component: 'counts', use, reason: 'because' }],
    weights: 'Weights tuned on validation items.',
    epsilon: 7.9,
    delta: 1e-6,
    advantage: 0.5,
    bytesSent: 1234,
    models: [],
  };
}

describe('the lines of the table', () => {
  it("repeat what the merchant's own client printed", () => {
    const line = merchantLine(SHOP, printed(0.05, 0.06, false), { isNoised: true });
    expect(line).to.deep.include({
      name: 'alder',
      shoppers: 99,
      evaluated: 90,
      epsilon: 7.9,
      advantage: 0.5,
      unused: ['counts'],
      weights: 'Weights tuned on validation items.',
    });
    expect(line.togetherUntuned.ndcg10).to.equal(0.9 * 0.06);
    expect(line.gain.ndcg10).to.be.closeTo(0.2, 1e-12);
    expect([line.gain.low, line.gain.high]).to.deep.equal([-0.1, 0.3]);
    expect(line.gainOverTuned.ndcg10).to.be.closeTo(0.06 / 0.055 - 1, 1e-12);
    expect([line.gainOverTuned.low, line.gainOverTuned.high]).to.deep.equal([-0.2, 0.2]);
  });

  it('claim no epsilon and no advantage where nothing was noised', () => {
    const line = merchantLine(SHOP, printed(0.05, 0.06), { isNoised: false });
    expect([line.epsilon, line.advantage]).to.deep.equal([null, null]);
  });

  it('refuse what is not an evaluation', () => {
    expect(() => merchantLine(SHOP, { shoppers: 'many' }, { isNoised: true })).to.throw();
  });

  it('average over merchants, with the gain of the means and an interval that contains it', () => {
    const lines = [
      [0.04, 0.05],
      [0.06, 0.06],
    ].map(([alone = 0, together = 0]) => merchantLine(SHOP, printed(alone, together), { isNoised: true }));
    const { alone, tuned, together, gain, gainOverTuned, gainUntuned, gainOfTuning, better } = meanLine(lines);
    expect(alone.ndcg10).to.be.closeTo(0.05, 1e-12);
    expect(together.ndcg10).to.be.closeTo(0.055, 1e-12);
    expect(gain.ndcg10).to.be.closeTo(0.1, 1e-12);
    expect(gain.low).to.be.closeTo(0, 1e-12);
    expect(gain.high).to.be.closeTo(0.2, 1e-12);
    expect(tuned.ndcg10).to.be.closeTo(0.055, 1e-12);
    expect(gainOverTuned.ndcg10).to.be.closeTo(0, 1e-12);
    expect(gainUntuned.ndcg10, 'default weights on both sides').to.be.closeTo((0.9 * 0.055) / 0.05 - 1, 1e-12);
    expect(gainOfTuning.ndcg10, 'nobody else helped').to.be.closeTo(0.1, 1e-12);
    expect(better).to.equal(1);
  });
});
