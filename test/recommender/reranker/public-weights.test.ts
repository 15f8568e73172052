import { expect } from 'chai';
import { loadEngine, loadTextIndex } from '../../../recommender/index.js';
import { isEvaluated, judge, openMerchant, servedWeights } from '../../../recommender/merchant/index.js';
import { PUBLIC_RERANKER, STRICT_FEATURES } from '../../../recommender/reranker/index.js';
import { smallShop } from '../support/shop.js';

describe('the public default weights of the re-ranker', () => {
  it('are one figure of two decimals for each feature that depends on no other shopper', () => {
    const { weights, servingWeight, projection } = PUBLIC_RERANKER;
    expect(weights).to.have.length(STRICT_FEATURES.length);
    expect(projection).to.equal(undefined);
    expect(servingWeight).to.be.within(0, 1);
    expect(weights.some((weight) => weight !== 0)).to.equal(true);
    weights.forEach((weight) => expect(Number(weight.toFixed(2))).to.equal(weight));
  });

  it('are judged by the gate like a release, and only where no re-ranker was released', async () => {
    const engine = await loadEngine();
    const shop = smallShop('public weights', 300);
    const text = loadTextIndex(shop.catalogue, engine);
    const merchant = openMerchant({ engine, shop, text, gateSecret: new Uint8Array(32) });
    const { weights } = servedWeights(merchant);
    const [decision, ...others] = judge(merchant, { publicReranker: PUBLIC_RERANKER }, weights);
    expect(others).to.deep.equal([]);
    expect(decision).to.include({
      component: 'public re-ranker',
      shoppers: merchant.split.gate.filter(isEvaluated).length,
    });
    expect(decision?.changed).to.be.above(0);
    expect(decision?.reason).to.match(
      /^The public re-ranker, which waits for a federated one, is (not )?used: NDCG@10/,
    );
    const released = { ...PUBLIC_RERANKER, weights: PUBLIC_RERANKER.weights.map((weight) => -weight) };
    const both = judge(merchant, { reranker: released, publicReranker: PUBLIC_RERANKER }, weights);
    expect(both.map(({ component }) => component)).to.deep.equal(['re-ranker']);
  });
});
