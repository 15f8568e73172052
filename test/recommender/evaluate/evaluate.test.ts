import { expect } from 'chai';
import { BASELINE_NAMES, BASELINES, shopperCosine } from '../../../recommender/baselines/index.js';
import type { BaselineName } from '../../../recommender/baselines/index.js';
import type { EvaluatedModelName } from '../../../recommender/evaluate/index.js';
import { loadEngine } from '../../../recommender/engine/index.js';
import { EVALUATED_MODEL_NAMES, evaluate, isEvaluatedModelName } from '../../../recommender/evaluate/index.js';
import { valueAt } from '../../../recommender/mix/index.js';
import type { Shop } from '../../../recommender/types.js';
import { seeded } from '../support/coins.js';
import { smallShop } from '../support/shop.js';

const TITLES = ['red soap', 'red soap bar', 'blue towel', 'blue towel set', 'comb'];

const options = async () => ({ engine: await loadEngine(), random: seeded('evaluate') });

/** The tower takes a minute even here; it is evaluated in the tiny shop. */
const UNTRAINED = EVALUATED_MODEL_NAMES.filter((name) => name !== 'tower');

function shopOf(...histories: number[][]): Shop {
  const items = TITLES.map((title, index) => ({ id: String(index), title, brand: '', category: '' }));
  return {
    catalogue: { items, indexOf: new Map(items.map(({ id }, index) => [id, index])) },
    shoppers: histories.map((history, index) => ({ key: String(index), history: Int32Array.from(history) })),
  };
}

function scoresOf(model: BaselineName, training: number[][], history: number[]): number[] {
  const fitted = BASELINES[model].fit(
    training.map((one) => Int32Array.from(one)),
    TITLES.length,
  );
  if (fitted.kind !== 'counts') throw new Error(`${model} does not count`);
  const scores = new Float32Array(TITLES.length);
  fitted.score(Int32Array.from(history), scores);
  return Array.from(scores, (score) => Math.round(score * 1e4) / 1e4);
}

describe('the baselines', () => {
  const training = [
    [0, 1, 2],
    [0, 1],
    [3, 0, 2, 2],
  ];

  it('have names that can be told apart and sentences for a help text', () => {
    for (const name of BASELINE_NAMES) {
      expect(BASELINES[name].name).to.equal(name);
      expect(BASELINES[name].description).to.match(/^[A-Z].*\.$/);
    }
    expect(isEvaluatedModelName('ranker')).to.equal(true);
    expect(isEvaluatedModelName('constructor')).to.equal(false);
  });

  it('popularity counts purchases', () => {
    expect(scoresOf('popularity', training, [4])).to.deep.equal([3, 2, 3, 1, 0]);
  });

  it('markov counts what came right after the last item, repeats included, equal counts by popularity', () => {
    expect(scoresOf('markov', training, [3, 0])).to.deep.equal([0, 2.3333, 1.5, 0, 0]);
    expect(scoresOf('markov', training, [2])).to.deep.equal([0, 0, 1.5, 0, 0]);
    expect(scoresOf('markov', training, [])).to.deep.equal([0, 0, 0, 0, 0]);
  });

  it('item-knn sums cosines over shoppers with the history, each item once', () => {
    const cosine = shopperCosine(
      training.map((one) => Int32Array.from(one)),
      TITLES.length,
    );
    expect(valueAt(cosine, 0, 1)).to.be.closeTo(2 / Math.sqrt(6), 1e-6);
    expect(valueAt(cosine, 0, 0)).to.equal(0);
    expect(scoresOf('item-knn', training, [0, 0])).to.deep.equal(scoresOf('item-knn', training, [0]));
    expect(scoresOf('item-knn', training, [1, 3])).to.deep.equal([1.3938, 0, 1.2071, 0, 0]);
    expect(scoresOf('co-occurrence', training, [1, 3])).to.deep.equal(scoresOf('item-knn', training, [1, 3]));
  });

  it('markov-co-occurrence adds half of the cosines to the counts', () => {
    const cosines = scoresOf('item-knn', training, [3, 0]);
    const [, afterOne = 0] = scoresOf('markov-co-occurrence', training, [3, 0]);
    expect(afterOne).to.be.closeTo(2 + (cosines[1] ?? 0) / 2, 2e-4);
  });
});

describe('evaluation', () => {
  it('ranks for shoppers with four events, trains on all but their last, and masks what they have seen', async () => {
    const shop = shopOf([3, 4, 0, 1], [3, 4, 0, 1], [2, 0, 1]);
    const { models, shoppers } = await evaluate(shop, ['markov', 'popularity'], await options());
    expect(shoppers).to.equal(2);
    const [markov, popularity] = models;
    expect(markov, 'only the short history shows 0 → 1').to.deep.include({ hr10: 1, ndcg10: 1, mrr10: 1 });
    expect(popularity, 'items 1 and 2 are equally popular').to.deep.include({ hr10: 1, mrr10: 1 / 1.5 });
  });

  it('does not mask a target that was bought before', async () => {
    const { models } = await evaluate(shopOf([4, 0, 4, 0, 0]), ['markov'], await options());
    expect(models[0]?.hr10, 'among five items').to.equal(1);
    expect(models[0]?.mrr10).to.be.lessThan(1);
  });

  it('ranks by text with the last item', async () => {
    const shop = shopOf([4, 2, 0, 1], [4, 0, 2, 3]);
    const { models } = await evaluate(shop, ['text-knn'], await options());
    expect(models[0]).to.deep.include({
      model: 'text-knn',
      hr10: 1,
      ndcg10: 1,
      recall10: 1,
      precision10: 0.1,
      map10: 1,
    });
  });

  it('finds that models which know more do better on shoppers who walk from item to item', async () => {
    const told: string[] = [];
    const { models } = await evaluate(smallShop('evaluate', 400), UNTRAINED, {
      ...(await options()),
      onModel: (model) => told.push(model),
    });
    const of = (name: EvaluatedModelName) => models.find(({ model }) => model === name)?.ndcg10 ?? 0;
    expect(told).to.deep.equal(UNTRAINED);
    expect(of('ranker')).to.be.greaterThan(2 * of('popularity'));
    expect(of('markov')).to.be.greaterThan(2 * of('popularity'));
    expect(of('markov-co-occurrence')).to.be.greaterThan(of('popularity'));
  });

  it('divides figures by what is known of shoppers and items, every shopper once in each', async () => {
    const shop = smallShop('buckets', 200);
    const { models, shoppers, longTailTargets } = await evaluate(shop, ['markov'], await options());
    const [markov] = models;
    for (const by of ['history-events', 'target-hits', 'target-repeats'] as const) {
      const inside = markov?.buckets.filter((bucket) => bucket.by === by) ?? [];
      expect(inside.reduce((sum, bucket) => sum + bucket.shoppers, 0)).to.equal(shoppers);
      const whole = inside.reduce((sum, bucket) => sum + bucket.shoppers * bucket.ndcg10, 0) / shoppers;
      expect(whole).to.be.closeTo(markov?.ndcg10 ?? NaN, 1e-12);
    }
    expect(longTailTargets).to.be.within(0, 1);
    expect(markov?.gauc).to.be.within(0.5, 1);
  });

  it('shows a popular list to everyone as little coverage, all of it for the head', async () => {
    const { models } = await evaluate(smallShop('exposure', 300), ['popularity', 'text-knn'], {
      ...(await options()),
    });
    const [popularity, textKnn] = models;
    expect(popularity?.longTail10).to.equal(0);
    expect(popularity?.coverage10).to.be.lessThan(textKnn?.coverage10 ?? 0);
    expect(popularity?.gini10).to.be.greaterThan(textKnn?.gini10 ?? 1);
  });

  it('tells targets that were bought before from new ones', async () => {
    const shop = shopOf([0, 1, 0, 2], [0, 1, 0, 1], [1, 0, 1, 0]);
    const { models, repeatedTargets } = await evaluate(shop, ['markov'], await options());
    expect(repeatedTargets).to.equal(2 / 3);
    const inside = models[0]?.buckets.filter(({ by }) => by === 'target-repeats') ?? [];
    expect(inside.map(({ range, shoppers }) => [range, shoppers])).to.deep.equal([
      ['new', 1],
      ['bought before', 2],
    ]);
  });

  it('gives no figures where nobody has four events', async () => {
    const refused: unknown = await evaluate(shopOf([0], [1], [2, 2]), ['popularity'], await options()).catch(
      (error: unknown) => error,
    );
    expect(refused).to.include({ code: 'DATA_NOBODY_TO_RANK' });
  });

  it('is at home in a tiny shop', async () => {
    const one = await evaluate(shopOf([0, 1, 2, 3]), EVALUATED_MODEL_NAMES, await options());
    for (const { hr10 } of one.models) expect(hr10).to.equal(1);
    expect(one.unavailable).to.deep.equal([]);
  });
});
