import { expect } from 'chai';
import { loadEngine } from '../../../recommender/engine/index.js';
import { DEFAULT_WEIGHTS, Mix, SparseBuilder, topOf } from '../../../recommender/mix/index.js';
import { Ranker, reasonInWords, RepeatModel, validateRepeatWeight } from '../../../recommender/ranker/index.js';
import { dot, loadTextIndex } from '../../../recommender/text/index.js';
import { smallShop } from '../support/shop.js';

const shop = smallShop('ranker', 300);
const { catalogue } = shop;
const histories = shop.shoppers.map(({ history }) => history);
const history = Int32Array.from([3, 5, 8]);

async function mixOf(): Promise<Mix> {
  const engine = await loadEngine();
  return Mix.build({ engine, text: loadTextIndex(catalogue, engine), histories });
}

describe('the ranker', () => {
  it('gives the best of the mix, without what the shopper has', async () => {
    const mix = await mixOf();
    const expected = topOf(mix.score([history]), 10, new Set(history));
    const results = new Ranker({ catalogue, mix }).rank({ history });
    expect(results.map(({ item }) => item)).to.deep.equal(Array.from(expected.items));
    results.forEach(({ score }, at) => expect(score).to.be.closeTo(expected.scores[at] ?? NaN, 1e-5));
  });

  it('has popular items for someone new, and says so', async () => {
    const [first] = new Ranker({ catalogue, mix: await mixOf() }).rank({});
    expect(first?.reasons).to.deep.equal([{ term: 'popularity', share: 1 }]);
    expect(first === undefined ? '' : reasonInWords({ term: 'popularity', share: 1 }, catalogue)).to.equal(
      'popular here',
    );
  });

  it('has them, with their reason, where tuning has set the weight of popularity to 0', async () => {
    const mix = await mixOf();
    const tuned = mix.with({ weights: { ...DEFAULT_WEIGHTS, popularity: 0 } });
    const results = new Ranker({ catalogue, mix: tuned }).rank({});
    expect(results).to.deep.equal(new Ranker({ catalogue, mix }).rank({}));
    expect(results[0]?.reasons).to.deep.equal([{ term: 'popularity', share: 1 }]);
    const [ofMix, best] = [tuned.score([new Int32Array()]), results[0]?.item ?? -1];
    expect(ofMix[best]).to.be.closeTo(DEFAULT_WEIGHTS.popularity * (mix.own.popularity[best] ?? NaN), 1e-6);
  });

  it('tells of the text of a single event once', async () => {
    for (const { reasons } of new Ranker({ catalogue, mix: await mixOf() }).rank({ history: Int32Array.of(3) })) {
      expect(reasons.map(({ term }) => term)).to.not.include('textHistory');
    }
  });

  it('gives its largest terms as reasons, with the item that each rests on', async () => {
    const builder = new SparseBuilder(catalogue.items.length, catalogue.items.length);
    builder.add(5, 140, 50);
    const mix = (await mixOf()).with({ federated: builder.build() });
    const [first] = new Ranker({ catalogue, mix }).rank({ history });
    expect(first?.item).to.equal(140);
    const [reason] = first?.reasons ?? [];
    expect(reason).to.include({ term: 'federated', because: 5 });
    expect(reason === undefined ? '' : reasonInWords(reason, catalogue)).to.equal(
      'often bought after “grey brush number 5” by shoppers of several merchants',
    );
    for (const { reasons } of new Ranker({ catalogue, mix }).rank({ history })) {
      expect(reasons.length).to.be.within(1, 3);
      const shares = reasons.map(({ share }) => share);
      expect(shares).to.deep.equal([...shares].sort((a, b) => b - a));
    }
  });

  it('offers only what is in stock, in the category and not excluded, however few that is', async () => {
    const ranker = new Ranker({ catalogue, mix: await mixOf() });
    const inStock = new Uint8Array(catalogue.items.length).fill(1);
    inStock[121] = 0;
    const filter = { inStock, category: 'care body comb', exclude: new Set([122]) };
    const results = ranker.rank({ history, filter, count: 50 });
    expect(results).to.have.length(22);
    for (const { item } of results) expect(catalogue.items[item]?.id).to.match(/^comb-/);
    expect(results.map(({ item }) => item))
      .to.not.include(121)
      .and.not.include(122);
    expect(ranker.rank({ filter: { category: 'Care Bod' } }), 'half a word is no category').to.deep.equal([]);
  });

  it('finds the best of a category, also those that nothing else puts forward', async () => {
    const { items } = catalogue;
    const many = Array.from({ length: 12 * items.length }, (_, at) => {
      const { id, title, brand, category } = items[at % items.length] ?? { id: '', title: '', brand: '', category: '' };
      return { id: `${id}-${at}`, title: `${title} ${at % 97}`, brand, category };
    });
    const large = { items: many, indexOf: new Map(many.map(({ id }, index) => [id, index])) };
    const engine = await loadEngine();
    const mix = Mix.build({ engine, text: loadTextIndex(large, engine), histories });
    const elsewhere = new Set(
      many.flatMap(({ category }, item) => (category.startsWith('Care Body comb') ? [] : [item])),
    );
    const expected = topOf(mix.score([history]), 10, elsewhere);
    const results = new Ranker({ catalogue: large, mix }).rank({ history, filter: { category: 'Care Body comb' } });
    expect(results.map(({ item }) => item)).to.deep.equal(Array.from(expected.items));
  });

  it('offers what is promoted and nothing else, the best of it first', async () => {
    const mix = await mixOf();
    const only = new Set([17, 60, 99, 143, 3]);
    const results = new Ranker({ catalogue, mix }).rank({ history, filter: { only } });
    const expected = topOf(
      mix.score([history]),
      4,
      new Set(catalogue.items.map((_, item) => item).filter((item) => !only.has(item) || item === 3)),
    );
    expect(results.map(({ item }) => item)).to.deep.equal(Array.from(expected.items));
  });

  it('searches among what matches, better matches first, also what the shopper has', async () => {
    const ranker = new Ranker({ catalogue, mix: await mixOf() });
    const matches = new Map([
      [100, 0.2],
      [30, 1],
      [8, 0.1],
    ]);
    const results = ranker.rank({ history, matches });
    expect(new Set(results.map(({ item }) => item))).to.deep.equal(new Set([30, 100, 8]));
    expect(results[0]).to.include({ item: 30 });
    expect(results[0]?.reasons.map(({ term }) => term)).to.include('match');
  });

  it('trades score for unlikeness when asked for diversity', async () => {
    const mix = await mixOf();
    const ranker = new Ranker({ catalogue, mix });
    const likeness = (items: number[]): number => {
      const { vectors, dimensions } = mix.text;
      let sum = 0;
      for (const one of items)
        for (const other of items)
          if (one < other) sum += dot(vectors, one * dimensions, vectors, other * dimensions, dimensions);
      return sum;
    };
    const items = (diversity: number): number[] => ranker.rank({ history, diversity }).map(({ item }) => item);
    expect(items(0.5)[0], 'the best stays first').to.equal(items(0)[0]);
    expect(likeness(items(0.5))).to.be.lessThan(likeness(items(0)));
    expect(new Set(items(1)).size).to.equal(10);
  });

  it('offers a bought item again when it is due, and not before', async () => {
    const item = 7;
    const rhythm = (shopper: number) => ({
      items: Int32Array.from([item, 20 + shopper, item, item, item]),
      times: Float64Array.from([0, 5, 10, 20, 30]),
    });
    const repeats = RepeatModel.fit(
      Array.from({ length: 20 }, (_, shopper) => rhythm(shopper)),
      catalogue,
    );
    const ranker = new Ranker({ catalogue, mix: await mixOf(), ...(repeats === undefined ? {} : { repeats }) });
    const ask = (now: number, mode: 'never' | 'when-due' = 'when-due') =>
      ranker.rank({ history: Int32Array.of(item), times: Float64Array.of(0), now, repeats: mode });
    expect(repeats?.typicalInterval(item)).to.be.closeTo(10, 0.5);
    const due = ask(9).find((result) => result.item === item);
    expect(due?.reasons[0]).to.deep.include({ term: 'repeat', because: item });
    expect(ask(9, 'never').some((result) => result.item === item)).to.equal(false);
    const probability = (now: number): number =>
      repeats?.due(Int32Array.of(item), Float64Array.of(0), now).get(item) ?? 0;
    expect(probability(9)).to.be.greaterThan(probability(0.1));
    expect(probability(1000), 'given up').to.be.lessThan(0.1);
  });

  it('learns no rhythm where nothing is bought twice, or only at one time', () => {
    const once = { items: Int32Array.of(1, 2, 2), times: Float64Array.of(0, 1, 1) };
    expect(RepeatModel.fit([once], catalogue)).to.equal(undefined);
  });

  it('takes the weight of repeats from validation: high where everything comes again, 0 where nothing does', async () => {
    const mix = await mixOf();
    const timed = (items: number[]) => ({
      items: Int32Array.from(items),
      times: Float64Array.from(items, (_, at) => 10 * at),
    });
    const loyal = Array.from({ length: 40 }, (_, at) => timed([at, at, at, at]));
    const repeats = RepeatModel.fit(loyal, catalogue);
    const parts = { catalogue, mix, ...(repeats === undefined ? {} : { repeats }) };
    const next = (target: (item: number) => number) =>
      loyal.map(({ items, times }) => ({ items, times, now: 40, target: [target(items[0] ?? 0)] }));
    expect(
      validateRepeatWeight(
        parts,
        next((item) => item),
      ),
    ).to.be.greaterThan(0);
    expect(
      validateRepeatWeight(
        parts,
        next((item) => item + 1),
      ),
    ).to.equal(0);
    expect(
      validateRepeatWeight(
        { catalogue, mix },
        next((item) => item),
      ),
    ).to.equal(0);
  });

  it('refuses what cannot be asked', async () => {
    const ranker = new Ranker({ catalogue, mix: await mixOf() });
    expect(() => ranker.rank({ count: 0 })).to.throw(RangeError);
    expect(() => ranker.rank({ diversity: 2 })).to.throw(RangeError);
    expect(() => ranker.rank({ history: Int32Array.of(144) })).to.throw(RangeError);
    expect(() => ranker.rank({ history, times: Float64Array.of(1) })).to.throw(RangeError);
    expect(() => ranker.rank({ filter: { inStock: new Uint8Array(3) } })).to.throw(RangeError);
  });

  it('leaves weights of zero out of scores and reasons', async () => {
    const silent = { ...DEFAULT_WEIGHTS, textLast: 0, textHistory: 0, popularity: 0, window: 0 };
    const results = new Ranker({ catalogue, mix: (await mixOf()).with({ weights: silent }) }).rank({ history });
    for (const { reasons } of results) for (const { term } of reasons) expect(term).to.equal('directed');
  });
});
