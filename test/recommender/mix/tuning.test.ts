import { expect } from 'chai';
import { loadEngine } from '../../../recommender/engine/index.js';
import {
  CandidateFinder,
  DEFAULT_WEIGHTS,
  Mix,
  MIX_TERMS,
  ndcgOfTables,
  topOf,
  tuneWeights,
  tuningTables,
  weigh,
} from '../../../recommender/mix/index.js';
import { loadTextIndex } from '../../../recommender/text/index.js';
import { smallShop } from '../support/shop.js';

const shop = smallShop('tuning', 300);
const training = shop.shoppers.map(({ history }) => history.slice(0, -1));
const cases = shop.shoppers.map(({ history }) => ({ history: history.slice(0, -1), target: history.at(-1) ?? -1 }));

async function mixOf(): Promise<Mix> {
  const engine = await loadEngine();
  return Mix.build({ engine, text: loadTextIndex(shop.catalogue, engine), histories: training });
}

describe('candidates of the mix', () => {
  it('score as the whole mix does, term by term', async () => {
    const mix = (await mixOf()).with({ weights: { ...DEFAULT_WEIGHTS, popularity: 0.07 } });
    const finder = new CandidateFinder(mix);
    for (const history of training.slice(0, 20)) {
      const all = mix.score([history]);
      const table = finder.find(history);
      const scores = weigh(table, mix.weights);
      table.items.forEach((item, at) => expect(scores[at]).to.be.closeTo(all[item] ?? NaN, 1e-5));
    }
  });

  it('hold nearly all of the best ten of the whole catalogue', async () => {
    const mix = await mixOf();
    const finder = new CandidateFinder(mix);
    let found = 0;
    for (const history of training.slice(0, 100)) {
      const best = topOf(mix.score([history]), 10).items;
      const items = new Set(finder.find(history).items);
      found += best.filter((item) => items.has(item)).length;
    }
    expect(found / 1000).to.be.greaterThan(0.95);
  });

  it('leave nothing behind for the next history', async () => {
    const finder = new CandidateFinder(await mixOf());
    const [first = new Int32Array(), second = new Int32Array()] = training;
    const before = finder.find(first);
    finder.find(second);
    expect(finder.find(first)).to.deep.equal(before);
  });

  it('are the popular ones for an empty history, with no text to go by', async () => {
    const table = new CandidateFinder(await mixOf()).find(new Int32Array());
    expect(table.items.length).to.equal(60);
    for (const term of MIX_TERMS) {
      if (term !== 'popularity') expect(Math.max(...table.terms[term]), term).to.equal(0);
    }
  });
});

describe('tuning of own weights', () => {
  it('does at least as well on its cases as the defaults, and keeps the federated weight', async () => {
    const mix = (await mixOf()).with({ weights: { ...DEFAULT_WEIGHTS, federated: 0.25 } });
    const { weights, ndcg10, ndcg10OfDefaults } = tuneWeights(mix, cases);
    expect(ndcg10).to.be.at.least(ndcg10OfDefaults);
    expect(weights).to.include({ federated: 0.25, textLast: 1 });
    const measured = ndcgOfTables(tuningTables(mix, cases), weights);
    expect(measured.reduce((sum, value) => sum + value, 0) / cases.length).to.be.closeTo(ndcg10, 1e-12);
  });

  it('stays with the defaults where nothing can be learnt', async () => {
    expect(tuneWeights(await mixOf(), []).weights).to.deep.equal(DEFAULT_WEIGHTS);
  });

  it('masks what the shopper has, but not the target', async () => {
    const history = Int32Array.from([3, 4, 5]);
    const [table] = tuningTables(await mixOf(), [{ history, target: 4 }]);
    expect(Array.from(table?.items ?? []))
      .to.include(4)
      .and.not.include(3)
      .and.not.include(5);
    expect(table?.items[table.target]).to.equal(4);
  });
});
