import { expect } from 'chai';
import { towerLines } from '../../../cli/demo-tower-table.js';
import type { DemoReport, MerchantReport } from '../../../simulations/demo/report.js';
import { merchantLine } from '../../../simulations/demo/lines.js';
import { meanTower } from '../../../simulations/demo/tower.js';

const SHOP = { name: 'alder', catalogue: 'market', files: { items: 'items.csv', events: 'events.csv' }, shoppers: 99 };

const gain = (mean: number) => ({
  ndcg10: { mean: 0, low: 0, high: 0 },
  relative: { mean, low: mean - 0.1, high: mean + 0.1 },
});

/** What a merchant's client prints, with a tower whose training and whose place in the mix bring so much. */
function printed(training: number, mix: number, use: boolean) {
  const figures = { hr10: 0.08, ndcg10: 0.05 };
  return {
    shoppers: 90,
    ...{ alone: figures, tuned: figures, together: figures, togetherUntuned: figures },
    ...{ gain: gain(0), gainOverTuned: gain(0), weights: 'Default weights.' },
    tower: { untrained: figures, trained: { hr10: 0.09, ndcg10: 0.06 }, gain: gain(training), gainInMix: gain(mix) },
    decisions: [{ component: 'tower', use, reason: 'because' }],
    ...{ epsilon: 7.9, delta: 1e-6, advantage: 0.5, bytesSent: 1234 },
  };
}

const lineOf = (...args: Parameters<typeof printed>): MerchantReport =>
  merchantLine(SHOP, printed(...args), { isNoised: true });

/** What a person reads under a demo whose merchants have these lines. */
function page(merchants: readonly MerchantReport[]): string {
  const tower = meanTower(merchants);
  return towerLines({ merchants, ...(tower === undefined ? {} : { tower }) } as DemoReport).join('\n');
}

describe('the tower in a demo', () => {
  it('has a line a merchant as its client printed it, and whether the gate uses it', () => {
    const { tower, unused } = lineOf(0.2, -0.05, false);
    expect(tower?.used).to.equal(false);
    expect(unused).to.deep.equal(['tower']);
    expect(tower?.gain).to.deep.equal({ ndcg10: 0.2, low: 0.1, high: 0.30000000000000004 });
    expect(tower?.gainInMix.ndcg10).to.equal(-0.05);
    expect(lineOf(0.2, 0.1, true).tower?.used).to.equal(true);
  });

  it('has the mean of the merchants’ gains, and counts the gates that use it', () => {
    const mean = meanTower([lineOf(0.1, 0, true), lineOf(0.3, -0.2, false)]);
    expect(mean?.used).to.equal(1);
    expect(mean?.gain.ndcg10).to.be.closeTo(0.2, 1e-12);
    expect(mean?.gainInMix.ndcg10).to.be.closeTo(-0.1, 1e-12);
    expect(mean?.gain.low).to.be.within(0.1, 0.2);
  });

  it('is said plainly to gain, to lose or to show nothing', () => {
    expect(page([lineOf(0.1, -0.2, false), lineOf(0.3, -0.1, false)])).to.match(
      /Training gains over the untrained tower.*the tower LOSES against the mix without it.*0 of 2 gates use it/,
    );
    expect(page([lineOf(-0.1, 0.2, true), lineOf(0.3, 0.1, true)])).to.match(
      /Training shows no gain over the untrained tower that is more than chance.*gains over the mix.*2 of 2 gates/,
    );
  });

  it('is not spoken of where none was released', () => {
    const line = merchantLine(SHOP, { ...printed(0, 0, false), tower: undefined }, { isNoised: true });
    expect(line).to.not.have.property('tower');
    expect(page([line])).to.equal('');
  });
});
