import { expect } from 'chai';
import { loadEngine } from '../../../recommender/engine/index.js';
import type { Engine } from '../../../recommender/engine/index.js';
import { splitGate } from '../../../recommender/gate/index.js';
import {
  contributedHistories,
  contributedLists,
  evaluateMerchant,
  eventsBeforeTest,
  isEvaluated,
  judge,
  lessons,
  MOST_LESSONS,
  openMerchant,
  servedWeights,
  testCase,
  trainingEvents,
  trainingLists,
  validationCase,
} from '../../../recommender/merchant/index.js';
import type { Merchant } from '../../../recommender/merchant/index.js';
import { DEFAULT_WEIGHTS, directedCounts, mapValues, SparseBuilder } from '../../../recommender/mix/index.js';
import type { SparseMatrix } from '../../../recommender/mix/index.js';
import {
  NEWTON_LENGTH,
  newtonContribution,
  initialLinear,
  solveNewton,
  STRICT_FEATURES,
  strictLists,
} from '../../../recommender/reranker/index.js';
import type { LinearReranker } from '../../../recommender/reranker/index.js';
import { loadTextIndex } from '../../../recommender/text/index.js';
import { DEFAULT_TOWER, untrainedTower } from '../../../recommender/tower/index.js';
import type { TextIndex } from '../../../recommender/text/index.js';
import { seeded } from '../support/coins.js';
import { smallCatalogue, smallShop } from '../support/shop.js';

const SECRET = new Uint8Array(32).fill(3);
const shopper = (...history: number[]) => ({ key: 'k', history: Int32Array.from(history) });

describe('which events are seen when', () => {
  it('keeps the last item for the test and the one before for validation', () => {
    const one = shopper(1, 2, 3, 4, 5);
    expect(Array.from(trainingEvents(one))).to.deep.equal([1, 2, 3]);
    expect(Array.from(eventsBeforeTest(one))).to.deep.equal([1, 2, 3, 4]);
    expect(validationCase(one)).to.deep.equal({ history: Int32Array.of(1, 2, 3), target: 4 });
    expect(testCase(one)).to.deep.equal({ history: Int32Array.of(1, 2, 3, 4), target: 5 });
  });

  it('lets short histories teach whole and leaves them out of the evaluation', () => {
    const short = shopper(1, 2, 3);
    expect(isEvaluated(short)).to.equal(false);
    expect(Array.from(trainingEvents(short))).to.deep.equal([1, 2, 3]);
    expect(Array.from(eventsBeforeTest(short))).to.deep.equal([1, 2, 3]);
  });
});

describe('one merchant', () => {
  let engine: Engine;
  let text: TextIndex;
  let merchant: Merchant;
  const shop = smallShop('merchant', 300);
  const random = () => seeded('bootstrap');
  before(async () => {
    engine = await loadEngine();
    text = loadTextIndex(smallCatalogue(), engine);
    merchant = openMerchant({ engine, shop, text, gateSecret: SECRET });
  });

  const linear = (weight: number): LinearReranker => ({
    kind: 'linear',
    weights: new Float64Array(STRICT_FEATURES.length).fill(weight),
    servingWeight: 1,
  });

  /** What many other shoppers of the same kind would teach about transitions, without noise. */
  const othersCounts = (): SparseMatrix => {
    const { shoppers } = smallShop('others', 3000);
    const counts = directedCounts(
      shoppers.map(({ history }) => history),
      144,
    );
    return mapValues(counts, Math.log1p);
  };

  /** Evidence that is worse than none: every item points at the first ten. */
  const harmfulCounts = (): SparseMatrix => {
    const builder = new SparseBuilder(144, 144);
    for (let row = 0; row < 144; row += 1)
      for (let column = 0; column < 10; column += 1) if (row !== column) builder.add(row, column, 50);
    return builder.build();
  };

  it('contributes nothing of its gate shoppers, and no test item', () => {
    const { contributors } = splitGate(SECRET, shop.shoppers);
    const histories = contributedHistories(merchant);
    expect(histories.map((history) => Array.from(history))).to.deep.equal(
      contributors.map((one) => Array.from(eventsBeforeTest(one))),
    );
    const others = shop.shoppers.map((one) =>
      contributors.includes(one) ? one : { ...one, history: one.history.map((item) => 143 - item) },
    );
    const changed = openMerchant({ engine, shop: { ...shop, shoppers: others }, text, gateSecret: SECRET });
    expect(Array.from(contributedLists(changed))).to.deep.equal(Array.from(contributedLists(merchant)));
    expect(Array.from(trainingLists(changed))).to.deep.equal(Array.from(trainingLists(merchant)));
    expect(Array.from(contributedLists(merchant)).length).to.equal(contributors.length);
  });

  it('teaches with the last events before the test item, each after all that came before it', () => {
    const shopper = { key: 'one', history: Int32Array.of(9, 8, 7, 6, 5, 4, 3, 2, 1) };
    const taught = lessons(shopper).map(({ history, target }) => [Array.from(history), target]);
    expect(taught.length).to.equal(MOST_LESSONS);
    expect(taught[0]).to.deep.equal([[9, 8, 7, 6, 5, 4, 3], 2]);
    expect(taught.at(-1)).to.deep.equal([[9, 8], 7]);
    expect(lessons({ key: 'two', history: Int32Array.of(5, 6, 7, 8) })).to.deep.equal([
      { history: Int32Array.of(5, 6), target: 7 },
      { history: Int32Array.of(5), target: 6 },
    ]);
  });

  it('contributes of every lesson whose item is in its list, so that more events teach more', () => {
    const found = Array.from(contributedLists(merchant));
    splitGate(SECRET, shop.shoppers).contributors.forEach((shopper, place) => {
      const wanted = isEvaluated(shopper)
        ? Array.from(strictLists(engine, text, merchant.attributes, lessons(shopper))).filter(
            ({ target }) => target >= 0,
          )
        : [];
      expect(found[place]).to.deep.equal(wanted);
    });
    expect(found.some(({ length }) => length > 1)).to.equal(true);
  });

  it('has the same figures together as alone when nothing is released', () => {
    const evaluation = evaluateMerchant(merchant, {}, { random: random() });
    expect(evaluation.shoppers).to.equal(shop.shoppers.filter(isEvaluated).length);
    expect(evaluation.together).to.deep.equal(evaluation.tuned);
    expect(evaluation.togetherUntuned).to.deep.equal(evaluation.alone);
    expect(evaluation.gainOverTuned.ndcg10).to.deep.equal({ mean: 0, low: 0, high: 0 });
    expect(evaluation.decisions).to.deep.equal([]);
    expect(evaluation.alone.ndcg10).to.be.within(0.05, 0.9);
  });

  it('starts together from the same weights as alone: its own where validation items prove a gain', () => {
    const released = { counts: othersCounts() };
    const evaluation = evaluateMerchant(merchant, released, { random: random() });
    const { alone, tuned, together, togetherUntuned, gainOverTuned, weights } = evaluation;
    expect(weights.source).to.equal('validation');
    expect(weights.weights).not.to.deep.equal(DEFAULT_WEIGHTS);
    expect(tuned.ndcg10).not.to.equal(alone.ndcg10);
    expect(together.ndcg10).not.to.equal(togetherUntuned.ndcg10);
    expect(gainOverTuned.ndcg10.mean).to.be.closeTo(together.ndcg10 - tuned.ndcg10, 1e-12);
    expect(evaluation.decisions).to.deep.equal(judge(merchant, released, weights.weights));
    expect(evaluateMerchant(merchant, {}, { random: random() }).together).to.deep.equal(tuned);
  });

  it('chooses its weights without a look at test items, gate shoppers and releases', () => {
    const { gate } = splitGate(SECRET, shop.shoppers);
    const changed = shop.shoppers.map((one) =>
      isEvaluated(one) ? { ...one, history: one.history.slice().fill(0, gate.includes(one) ? -2 : -1) } : one,
    );
    const other = openMerchant({ engine, shop: { ...shop, shoppers: changed }, text, gateSecret: SECRET });
    expect(servedWeights(other)).to.deep.equal(servedWeights(merchant));
  });

  it('keeps the public default weights where a shop is too small to prove better ones', () => {
    const few = openMerchant({
      engine,
      shop: { ...shop, shoppers: shop.shoppers.slice(0, 60) },
      text,
      gateSecret: SECRET,
    });
    const { alone, tuned, together, togetherUntuned, weights } = evaluateMerchant(
      few,
      { counts: othersCounts() },
      { random: random() },
    );
    expect(weights).to.deep.include({ source: 'defaults', weights: DEFAULT_WEIGHTS });
    expect(tuned).to.deep.equal(alone);
    expect(together).to.deep.equal(togetherUntuned);
  });

  it('gains from counts of many others, with an interval around the gain', () => {
    const { alone, together, gain, decisions } = evaluateMerchant(
      merchant,
      { counts: othersCounts() },
      { random: random() },
    );
    expect(decisions.map(({ component, use }) => [component, use])).to.deep.equal([['counts', true]]);
    expect(gain.ndcg10.mean).to.be.closeTo(together.ndcg10 - alone.ndcg10, 1e-12);
    expect(gain.relative.mean).to.be.closeTo(gain.ndcg10.mean / alone.ndcg10, 1e-12);
    expect(gain.ndcg10.low).to.be.below(gain.ndcg10.mean);
    expect(gain.ndcg10.high).to.be.above(gain.ndcg10.mean);
    expect(gain.ndcg10.mean).to.be.above(0);
  });

  it('keeps its own best when a release harms: the gate shoppers notice', () => {
    const released = { counts: harmfulCounts(), reranker: linear(-5) };
    const { tuned, together, decisions } = evaluateMerchant(merchant, released, { random: random() });
    expect(decisions.map(({ component, use }) => [component, use])).to.deep.equal([
      ['counts', false],
      ['re-ranker', false],
    ]);
    expect(together).to.deep.equal(tuned);
    decisions.forEach(({ reason }) => expect(reason).to.match(/not used: NDCG@10 goes from/));
  });

  it('judges a released tower as one more term of the mix, and says plainly whether it is used', () => {
    const model = untrainedTower({ ...DEFAULT_TOWER, width: 16, inner: 32 }, seeded('tower'));
    const tower = { model, start: model };
    const before = engine.tf.memory().numTensors;
    const evaluation = evaluateMerchant(merchant, { tower }, { random: random() });
    const { tuned, together, decisions } = evaluation;
    expect(evaluation.tower?.gain.ndcg10).to.deep.equal({ mean: 0, low: 0, high: 0 });
    expect(engine.tf.memory().numTensors).to.equal(before);
    const [decision] = decisions;
    expect(decision?.component).to.equal('tower');
    expect(decision?.changed).to.be.above(0);
    expect(decision?.reason).to.match(/^The federated tower is (not )?used: NDCG@10 goes from/);
    if (decision?.use !== true) expect(together).to.deep.equal(tuned);
  });

  it('takes a re-ranker of weight zero for exactly the mix', () => {
    const { tuned, together, decisions } = evaluateMerchant(merchant, { reranker: linear(0) }, { random: random() });
    expect(decisions[0]).to.include({ use: true, changed: 0 });
    together.perShopper.ndcg10.forEach((value, index) =>
      expect(value).to.be.closeTo(tuned.perShopper.ndcg10[index] ?? Number.NaN, 0.5),
    );
    expect(together.ndcg10).to.be.closeTo(tuned.ndcg10, 0.01);
  });

  it('judges without a look at any test item', () => {
    const sums = new Float64Array(NEWTON_LENGTH);
    for (const lists of contributedLists(merchant))
      newtonContribution(lists, initialLinear()).forEach((value, index) => (sums[index] = (sums[index] ?? 0) + value));
    const released = { counts: othersCounts(), reranker: solveNewton(initialLinear(), sums, { noiseDeviation: 0 }) };
    const shuffled = shop.shoppers.map((one) =>
      isEvaluated(one)
        ? { ...one, history: Int32Array.from(one.history, (item, at) => (at === one.history.length - 1 ? 0 : item)) }
        : one,
    );
    const other = openMerchant({ engine, shop: { ...shop, shoppers: shuffled }, text, gateSecret: SECRET });
    expect(judge(other, released, DEFAULT_WEIGHTS)).to.deep.equal(judge(merchant, released, DEFAULT_WEIGHTS));
    expect(judge(merchant, released, DEFAULT_WEIGHTS).length).to.equal(2);
  });

  it('refuses the text index of another catalogue', () => {
    const catalogue = { items: shop.catalogue.items.slice(1), indexOf: new Map<string, number>() };
    const wrong = { engine, shop: { ...shop, catalogue }, text, gateSecret: SECRET };
    expect(() => openMerchant(wrong)).to.throw(RangeError);
  });

  it('evaluates a shop whose shoppers are all short as no shopper at all', () => {
    const shoppers = [shopper(1, 2), shopper(3)];
    const small = openMerchant({ engine, shop: { ...shop, shoppers }, text, gateSecret: SECRET });
    const evaluation = evaluateMerchant(small, { reranker: linear(1) }, { random: random() });
    expect(evaluation).to.deep.include({ shoppers: 0 });
    expect(evaluation.gain.ndcg10).to.deep.equal({ mean: 0, low: 0, high: 0 });
  });
});
