import { expect } from 'chai';
import { loadEngine, transposeItems } from '../../../recommender/engine/index.js';
import type { Engine } from '../../../recommender/engine/index.js';
import {
  eventsBeforeTest,
  EXACT_ITEMS,
  isEvaluated,
  judge,
  openMerchant,
  testCase,
  TowerTerm,
} from '../../../recommender/merchant/index.js';
import { towerFigures } from '../../../recommender/merchant/tower-figures.js';
import { CandidateFinder, DEFAULT_WEIGHTS, Mix, topOf } from '../../../recommender/mix/index.js';
import { loadTextIndex, normaliseRows } from '../../../recommender/text/index.js';
import type { TextIndex } from '../../../recommender/text/index.js';
import {
  itemVectors,
  trainedTower,
  TowerEncoder,
  TowerScorer,
  untrainedTower,
} from '../../../recommender/tower/index.js';
import type { TowerModel } from '../../../recommender/tower/index.js';
import { seeded } from '../support/coins.js';
import { smallCatalogue, smallShop } from '../support/shop.js';
import { lively } from '../tower/scene.js';

const SHAPE = { features: 512, width: 16, blocks: 1, heads: 2, inner: 32, length: 8 };

describe('the tower as a term of the mix', () => {
  let engine: Engine;
  let text: TextIndex;
  const shop = smallShop('merchant', 300);
  const histories = shop.shoppers.slice(0, 9).map(({ history }) => history);
  const model = lively(SHAPE);
  before(async () => {
    engine = await loadEngine();
    text = loadTextIndex(smallCatalogue(), engine);
  });

  function scoresOf(term: TowerTerm): Float32Array[] {
    return Array.from(term.blocks(histories)).flatMap(({ rows, scores }) =>
      Array.from({ length: rows }, (_, row) => scores.slice(row * text.items, (row + 1) * text.items)),
    );
  }

  it('is the tower’s own score, brought to at most 1, in blocks and for one history', () => {
    const before = engine.tf.memory().numTensors;
    const term = new TowerTerm({ engine, text, tower: { model } });
    const scorer = new TowerScorer(engine, model, text);
    const expected = Array.from(scorer.blocks(histories))[0]?.scores ?? new Float32Array();
    const some = Int32Array.of(143, 0, 17);
    scoresOf(term).forEach((scores, row) => {
      scores.forEach((score, item) => {
        expect(score).to.be.closeTo((expected[row * text.items + item] ?? 0) / scorer.scale, 1e-5);
        expect(Math.abs(score)).to.be.at.most(1);
      });
      const asked = term.ask(histories[row] ?? new Int32Array()).scoresOf(some);
      asked.forEach((score, at) => expect(score).to.be.closeTo(scores[some[at] ?? 0] ?? Number.NaN, 1e-5));
    });
    term.dispose();
    scorer.dispose();
    expect(engine.tf.memory().numTensors).to.equal(before);
  });

  it('is nearly the same over int8 vectors, and not the same', () => {
    const terms = (['float32', 'int8'] as const).map(
      (precision) => new TowerTerm({ engine, text, tower: { model, precision } }),
    );
    const [full = [], small = []] = terms.map(scoresOf);
    const moved = full.flatMap((scores, row) =>
      Array.from(scores, (score, item) => Math.abs(score - (small[row]?.[item] ?? 0))),
    );
    expect(Math.max(...moved)).to.be.within(1e-6, 0.01);
    for (const term of terms) term.dispose();
  });

  it('brings its nearest items into the candidates, with what it says of every candidate', () => {
    const term = new TowerTerm({ engine, text, tower: { model } });
    const history = Int32Array.of(5, 6);
    const answer = term.ask(history);
    const encoder = new TowerEncoder(engine, model, text);
    const state = encoder.encode([history]).subarray(0, SHAPE.width);
    const vectors = itemVectors(engine, model, text);
    const byState = Float32Array.from({ length: text.items }, (_, item) =>
      state.reduce((sum, value, at) => sum + value * (vectors[item * SHAPE.width + at] ?? 0), 0),
    );
    expect([...answer.nearest(10)]).to.have.members([...topOf(byState, 10).items]);
    const mix = Mix.build({ engine, text, histories }).with({ model: term });
    const table = new CandidateFinder(mix).find(history);
    expect([...table.items]).to.include.members([...term.ask(history).nearest(60)]);
    const own = term.ask(history).scoresOf(table.items);
    table.terms.tower.forEach((score, at) => expect(score).to.equal(own[at]));
    expect([...new CandidateFinder(mix).find(new Int32Array()).terms.tower].every((score) => score === 0)).to.equal(
      true,
    );
    encoder.dispose();
    term.dispose();
  });

  it('finds most of its nearest items by an index where the catalogue is large', () => {
    const [items, features] = [EXACT_ITEMS + 1, 16];
    const coins = seeded('large').bytes(items * features);
    const vectors = Float32Array.from(coins, (byte) => byte - 127.5);
    normaliseRows(vectors, features);
    const large = { items, dimensions: features, vectors, transposed: transposeItems(vectors, features) };
    const tower = { model: lively({ ...SHAPE, features }) };
    const exact = new TowerTerm({ engine, text: large, tower });
    const indexed = new TowerTerm({ engine, text: large, tower, random: seeded('index') });
    let found = 0;
    for (let shopper = 0; shopper < 10; shopper += 1) {
      const history = Int32Array.of(shopper * 17, shopper * 4001);
      const nearest = new Set(exact.ask(history).nearest(60));
      found += [...indexed.ask(history).nearest(60)].filter((item) => nearest.has(item)).length;
    }
    expect(found / 600).to.be.within(0.7, 0.9999);
    exact.dispose();
    indexed.dispose();
  });

  it('passes the gate when it has learnt what others buy next, not when it has learnt nothing; figures say what training brought', () => {
    const merchant = openMerchant({
      engine,
      shop: smallShop('merchant', 300),
      text,
      gateSecret: new Uint8Array(32).fill(5),
    });
    const start = untrainedTower(SHAPE, seeded('tower'));
    const sequences = smallShop('others', 1000).shoppers.map(({ history }) => history);
    const trained = trainedTower(engine, start, { texts: text, sequences }, seeded('training'), {
      ...{ epochs: 10, batch: 64, negatives: 64, learningRate: 8e-3, dropout: 0, weightDecay: 0 },
    });
    const mix = Mix.build({ engine, text, histories: merchant.shop.shoppers.map(eventsBeforeTest) });
    const cases = merchant.shop.shoppers.filter(isEvaluated).map(testCase);
    const of = (tower: TowerModel) => ({
      decision: judge(merchant, { tower: { model: tower, start } }, DEFAULT_WEIGHTS)[0],
      figures: towerFigures(merchant, { model: tower, start }, { mix, cases, random: seeded('bootstrap') }),
    });
    const learnt = of(trained);
    expect(learnt.decision?.reason).to.match(/^The federated tower is used.*shows a gain/);
    expect(learnt.figures.gain.ndcg10.low).to.be.above(0);
    expect(learnt.figures.gainInMix.ndcg10.mean).to.be.above(0);
    const idle = of(start);
    expect(idle.decision?.reason).to.match(/^The federated tower is not used.*shows no gain/);
    expect(idle.figures.gain.ndcg10).to.deep.equal({ mean: 0, low: 0, high: 0 });
  });
});
