import { expect } from 'chai';
import { loadEngine } from '../../../recommender/engine/index.js';
import { TowerTerm } from '../../../recommender/merchant/index.js';
import { CandidateFinder, Mix, SparseBuilder, weigh } from '../../../recommender/mix/index.js';
import { campaignShoppers } from '../../../recommender/ranker/index.js';
import { loadTextIndex } from '../../../recommender/text/index.js';
import { smallShop } from '../support/shop.js';
import { lively } from '../tower/scene.js';

const ITEM = 17;

describe('the shoppers whom an item suits', () => {
  const { catalogue, shoppers } = smallShop('campaign', 200);
  const histories = shoppers.map(({ history }) => history);
  let mix: Mix;
  let term: TowerTerm;
  before(async () => {
    const engine = await loadEngine();
    const text = loadTextIndex(catalogue, engine);
    const model = lively({ features: text.dimensions, width: 16, blocks: 1, heads: 2, inner: 32, length: 8 });
    term = new TowerTerm({ engine, text, tower: { model, precision: 'int8' } });
    const counts = new SparseBuilder(text.items, text.items);
    counts.add(3, ITEM, 2);
    mix = Mix.build({ engine, text, histories }).with({ federated: counts.build(), model: term });
  });
  after(() => term.dispose());

  it('are those for whom recommendations score it highest, by every term but popularity', () => {
    const finder = new CandidateFinder(mix);
    const weights = { ...mix.weights, popularity: 0 };
    const recommended = histories.map((history) => {
      const table = finder.find(history, [ITEM]);
      return weigh(table, weights)[table.items.indexOf(ITEM)] ?? Number.NaN;
    });
    const found = campaignShoppers(mix, { item: ITEM }, histories, histories.length);
    expect(found).to.have.length.above(50);
    for (const { shopper, score } of found) expect(score).to.be.closeTo(recommended[shopper] ?? Number.NaN, 1e-4);
    const withoutTower = campaignShoppers(
      mix.with({ weights: { ...mix.weights, tower: 0 } }),
      { item: ITEM },
      histories,
      200,
    );
    expect(
      found.map(({ shopper }) => shopper),
      'the tower decides with',
    ).to.not.deep.equal(withoutTower.map(({ shopper }) => shopper));
  });

  it('are found for a new item by what texts and the tower say of its text', () => {
    const { vectors, dimensions } = mix.text;
    const vector = vectors.slice(ITEM * dimensions, (ITEM + 1) * dimensions);
    const known = term.towards({ item: ITEM }, histories);
    term
      .towards({ vector }, histories)
      .forEach((score, shopper) => expect(score).to.be.closeTo(known[shopper] ?? Number.NaN, 1e-5));
    const reasons = campaignShoppers(mix, { vector }, histories, 200).flatMap((one) =>
      one.reasons.map((reason) => reason.term),
    );
    expect(new Set(reasons)).to.include('tower');
    expect(reasons).to.not.include.members(['directed', 'window', 'federated']);
  });
});
