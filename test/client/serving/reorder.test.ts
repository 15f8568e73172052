import { expect } from 'chai';
import { rerankerOrder } from '../../../client/serving/reorder.js';
import {
  fullLists,
  loadEngine,
  loadTextIndex,
  Mix,
  openMerchant,
  Ranker,
  scoreLists,
  STRICT_FEATURES,
} from '../../../recommender/index.js';
import type { LinearReranker } from '../../../recommender/index.js';
import { smallShop } from '../../recommender/support/shop.js';

const shop = smallShop('reorder', 200);
const history = Int32Array.of(3, 5, 8);

async function setting() {
  const engine = await loadEngine();
  const text = loadTextIndex(shop.catalogue, engine);
  const merchant = openMerchant({ engine, shop, text, gateSecret: new Uint8Array(32) });
  const mix = Mix.build({ engine, text, histories: shop.shoppers.map((shopper) => shopper.history) });
  const ranker = new Ranker({ catalogue: shop.catalogue, mix });
  const results = ranker.rank({ history, count: 70 });
  const reranker = (weight: number): LinearReranker => ({
    kind: 'linear',
    weights: new Float64Array(STRICT_FEATURES.length).fill(weight),
    servingWeight: 1,
  });
  return {
    parts: (weight: number) => ({
      engine,
      attributes: merchant.attributes,
      mix,
      reranker: reranker(weight),
      source: 'federation' as const,
    }),
    ranker,
    results,
  };
}

describe('a released re-ranker over the mix', () => {
  it('changes nothing before it has learnt anything', async () => {
    const { parts, ranker, results } = await setting();
    const arrangement = rerankerOrder(parts(0), history);
    expect(ranker.rank({ history, count: 70, arrangement })).to.deep.equal(results);
  });

  it('orders the first 60 anew, keeps the rest behind them, and says where each was', async () => {
    const { parts, ranker, results } = await setting();
    const ordered = ranker.rank({ history, count: 70, arrangement: rerankerOrder(parts(0.5), history) });
    expect(ordered).to.not.deep.equal(results);
    expect(ordered).to.have.deep.members(results);
    expect(ordered.slice(60)).to.deep.equal(results.slice(60));
    const few = ranker.rank({ history, count: 5, arrangement: rerankerOrder(parts(0.5), history) });
    expect(few, 'the first of the same order').to.deep.equal(ordered.slice(0, 5));
  });

  it('orders by its logits over the list of the whole catalogue’s best', async () => {
    const { parts, ranker } = await setting();
    const { engine, attributes, mix, reranker } = parts(0.5);
    const [list] = Array.from(fullLists(mix, attributes, [{ history, target: -1 }]));
    if (list === undefined) throw new TypeError('a list is needed');
    const [logits = []] = scoreLists(engine, reranker, [list]);
    const places = Array.from(list.items.keys()).sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0));
    const ordered = ranker.rank({ history, count: 60, arrangement: rerankerOrder(parts(0.5), history) });
    const expected = places.map((place) => list.items[place]);
    const items = ordered.map(({ item }) => item);
    expect(new Set(items)).to.deep.equal(new Set(expected));
    // Further down the mix's scores are so near each other that another order of additions swaps some.
    expect(items.slice(0, 10)).to.deep.equal(expected.slice(0, 10));
  });

  it('orders what a filter leaves of a catalogue', async () => {
    const { parts, ranker } = await setting();
    const filter = { category: 'Care Body towel Small' };
    const towels = ranker.rank({ history, count: 200, filter });
    expect(towels.length).to.be.within(5, 30);
    const ordered = ranker.rank({ history, count: 200, filter, arrangement: rerankerOrder(parts(0.5), history) });
    expect(ordered).to.not.deep.equal(towels);
    expect(ordered).to.have.deep.members(towels);
  });

  it('leaves a purchase that comes again where the mix has it, for no list of the re-ranker holds it', async () => {
    const { parts, results } = await setting();
    const items = Int32Array.from(results, ({ item }) => item);
    const { placesOf } = rerankerOrder(parts(0.5), history);
    const ordered = placesOf(items).map((place) => items[place]);
    const again = Int32Array.of(items[0] ?? 0, 5, ...items.subarray(1));
    const withAgain = placesOf(again).map((place) => again[place]);
    expect(withAgain[1]).to.equal(5);
    expect(withAgain.filter((item) => item !== 5)).to.deep.equal(ordered);
  });
});
