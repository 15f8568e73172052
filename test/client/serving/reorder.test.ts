import { expect } from 'chai';
import { reorder } from '../../../client/serving/reorder.js';
import { loadEngine, loadTextIndex, Mix, openMerchant, Ranker, STRICT_FEATURES } from '../../../recommender/index.js';
import type { LinearReranker } from '../../../recommender/index.js';
import { smallShop } from '../../recommender/support/shop.js';

const shop = smallShop('reorder', 200);
const history = Int32Array.of(3, 5, 8);

async function setting() {
  const engine = await loadEngine();
  const text = loadTextIndex(shop.catalogue, engine);
  const merchant = openMerchant({ engine, shop, text, gateSecret: new Uint8Array(32) });
  const mix = Mix.build({ engine, text, histories: shop.shoppers.map((shopper) => shopper.history) });
  const results = new Ranker({ catalogue: shop.catalogue, mix }).rank({ history, count: 70 });
  const reranker = (weight: number): LinearReranker => ({
    kind: 'linear',
    weights: new Float64Array(STRICT_FEATURES.length).fill(weight),
    servingWeight: 1,
  });
  return {
    parts: (weight: number) => ({ engine, merchant, mix, reranker: reranker(weight), source: 'federation' as const }),
    results,
  };
}

describe('a released re-ranker over the mix', () => {
  it('changes nothing before it has learnt anything', async () => {
    const { parts, results } = await setting();
    const ordered = reorder(parts(0), history, results);
    expect(ordered.map(({ item }) => item)).to.deep.equal(results.map(({ item }) => item));
    expect(ordered.some(({ raised }) => raised)).to.equal(false);
  });

  it('orders the first 60 anew, keeps the rest behind them, and says which it raised', async () => {
    const { parts, results } = await setting();
    const ordered = reorder(parts(0.5), history, results);
    const items = ordered.map(({ item }) => item);
    expect(items).to.not.deep.equal(results.map(({ item }) => item));
    expect(new Set(items)).to.deep.equal(new Set(results.map(({ item }) => item)));
    expect(items.slice(60)).to.deep.equal(results.slice(60).map(({ item }) => item));
    ordered.forEach(({ item, raised }, place) =>
      expect(raised).to.equal(place < results.findIndex((result) => result.item === item)),
    );
  });

  it('leaves a purchase that comes again where the mix has it, for no list of the re-ranker holds it', async () => {
    const { parts, results } = await setting();
    const [first, ...others] = results;
    if (first === undefined) throw new Error('the ranker found nothing');
    const again = { ...first, item: 5 };
    const ordered = reorder(parts(0.5), history, [first, again, ...others]);
    expect(ordered[1]).to.deep.equal({ ...again, raised: false });
    expect(ordered.map(({ item }) => item).filter((item) => item !== 5)).to.deep.equal(
      reorder(parts(0.5), history, results).map(({ item }) => item),
    );
  });
});
