import { expect } from 'chai';
import { loadEngine } from '../../../recommender/engine/index.js';
import type { Engine } from '../../../recommender/engine/index.js';
import { Mix, SparseBuilder, topOf } from '../../../recommender/mix/index.js';
import {
  FEATURE_COUNT,
  FEATURE_DEVIATIONS,
  FEATURE_MEANS,
  FEATURE_NAMES,
  fullLists,
  LIST_POOL,
  LIST_SIZE,
  listOfPool,
  OWN_FEATURES,
  pairAttributes,
  STRICT_FEATURES,
  strictLists,
  teachingLists,
} from '../../../recommender/reranker/index.js';
import type { CandidateList, PairAttributes } from '../../../recommender/reranker/index.js';
import { loadTextIndex } from '../../../recommender/text/index.js';
import type { TextIndex } from '../../../recommender/text/index.js';
import { smallShop } from '../support/shop.js';

const shop = smallShop('lists', 40);
const histories = shop.shoppers.map(({ history }) => history.slice(0, -1));
const cases = shop.shoppers.map(({ history }) => ({ history: history.slice(0, -1), target: history.at(-1) ?? -1 }));

/** A feature of one place of a list, by name. */
function feature(list: CandidateList, row: number, name: (typeof FEATURE_NAMES)[number]): number {
  return list.features[row * FEATURE_COUNT + FEATURE_NAMES.indexOf(name)] ?? Number.NaN;
}

describe('lists for the re-ranker', () => {
  let engine: Engine;
  let text: TextIndex;
  let attributes: PairAttributes;
  before(async () => {
    engine = await loadEngine();
    text = loadTextIndex(shop.catalogue, engine);
    attributes = pairAttributes(shop.catalogue);
  });
  const strict = (): CandidateList[] => Array.from(strictLists(engine, text, attributes, cases));
  const full = (): CandidateList[] => Array.from(fullLists(Mix.build({ engine, text, histories }), attributes, cases));

  it('have 39 features, 25 of them strict', () => {
    expect(FEATURE_NAMES.length).to.equal(FEATURE_COUNT);
    expect(STRICT_FEATURES.length).to.equal(25);
    expect([...STRICT_FEATURES, ...OWN_FEATURES].sort((one, other) => one - other)).to.deep.equal(
      FEATURE_NAMES.map((_, index) => index),
    );
  });

  it('hold the best 60 that the shopper has not bought, and where the target stands', () => {
    for (const lists of [strict(), full()])
      lists.forEach((list, shopper) => {
        const { history, target } = cases[shopper] ?? { history: new Int32Array(), target: -1 };
        expect(list.items.length).to.equal(LIST_SIZE);
        expect(Array.from(list.items).some((item) => history.includes(item))).to.equal(false);
        expect(list.target).to.equal(list.items.indexOf(target));
        expect(list.features.every(Number.isFinite)).to.equal(true);
      });
  });

  it('of full form have what released counts say of each candidate, nearer items more', () => {
    const builder = new SparseBuilder(text.items, text.items);
    for (let item = 0; item < text.items; item += 1)
      for (const step of [1, 2]) builder.add(item, (item + step) % text.items, step);
    const mix = Mix.build({ engine, text, histories, federated: builder.build() });
    Array.from(fullLists(mix, attributes, cases)).forEach((list, shopper) => {
      const history = Array.from(cases[shopper]?.history ?? []).reverse();
      list.items.forEach((item, row) => {
        const said = history.map((one, age) => {
          const step = (item - one + text.items) % text.items;
          return step === 1 || step === 2 ? step * 0.7 ** age : 0;
        });
        expect(list.released?.[row]).to.be.closeTo(
          said.reduce((sum, value) => sum + value, 0),
          1e-5,
        );
      });
    });
    expect(
      full().every((list) => !('released' in list)),
      'nothing was released',
    ).to.equal(true);
  });

  it('over a pool that was found elsewhere are those of the whole catalogue, where the pool is its best', () => {
    const mix = Mix.build({ engine, text, histories });
    Array.from(fullLists(mix, attributes, cases)).forEach((list, shopper) => {
      const history = cases[shopper]?.history ?? new Int32Array();
      const pool = topOf(mix.score([history]), LIST_POOL, new Set(history)).items;
      expect(listOfPool(mix, attributes, history, pool)).to.deep.equal({ ...list, target: -1 });
    });
  });

  it('of strict form depend on their own shopper only', () => {
    const alone = Array.from(strictLists(engine, text, attributes, cases.slice(3, 4)));
    const [together] = strict().slice(3, 4);
    expect(alone[0]?.items).to.deep.equal(together?.items);
    expect(alone[0]?.features).to.deep.equal(together?.features);
    for (let row = 0; row < LIST_SIZE; row += 1)
      for (const own of OWN_FEATURES) expect(together?.features[row * FEATURE_COUNT + own]).to.equal(0);
  });

  it('teach where they hold the next item, and are left out elsewhere', () => {
    const teaching = Array.from(teachingLists(engine, text, attributes, cases));
    const held = strict().map((list) => (list.target < 0 ? undefined : list));
    expect(teaching).to.deep.equal(held);
    expect(held.filter((list) => list !== undefined).length).to.be.within(1, cases.length - 1);
  });

  it('of full form show the merchant’s own evidence', () => {
    const shown = full().flatMap((list) =>
      Array.from(list.items, (_, row) => feature(list, row, 'own directed count is there')),
    );
    expect(shown.filter((value) => value === 1).length).to.be.above(20);
    expect(shown.every((value) => value === 0 || value === 1)).to.equal(true);
  });

  it('mask a target that was bought before, unless it is to be offered', () => {
    const repeated = { history: Int32Array.of(3, 5), target: 3 };
    const [masked] = Array.from(strictLists(engine, text, attributes, [repeated]));
    const [offered] = Array.from(strictLists(engine, text, attributes, [{ ...repeated, repeatedTarget: 'offered' }]));
    expect(masked?.target).to.equal(-1);
    expect(offered?.target).to.be.at.least(0);
    expect(offered?.items.includes(5)).to.equal(false);
  });

  it('are empty for an empty history', () => {
    const [list] = Array.from(strictLists(engine, text, attributes, [{ history: new Int32Array(), target: 4 }]));
    expect(list).to.deep.equal({
      form: 'strict',
      items: new Int32Array(),
      features: new Float32Array(),
      target: -1,
    });
  });

  it('tell same brands and categories apart from others, and a missing brand from all', () => {
    const history = Int32Array.of(24);
    const [list] = Array.from(strictLists(engine, text, attributes, [{ history, target: -1 }]));
    if (list === undefined) throw new TypeError('a list is needed');
    const columns = [
      'same brand as the last item',
      'same category as the last item at depth 3',
      'brand missing',
    ] as const;
    const [brands, depths, missing] = columns.map((name) => {
      const values = Array.from(list.items, (_, row) => feature(list, row, name));
      const high = Math.max(...values);
      return values.map((value) => value === high);
    });
    const last = shop.catalogue.items[24];
    list.items.forEach((index, row) => {
      const item = shop.catalogue.items[index];
      expect(brands?.[row]).to.equal(item?.brand === last?.brand && item?.brand !== '');
      expect(missing?.[row]).to.equal(item?.brand === '');
      const path = (category = ''): string => category.split(' ').slice(0, 3).join(' ');
      expect(depths?.[row]).to.equal(path(item?.category) === path(last?.category));
    });
  });

  it('tell titles apart by their words, and rank them by it', () => {
    const history = Int32Array.of(60, 24);
    const [list] = Array.from(strictLists(engine, text, attributes, [{ history, target: -1 }]));
    if (list === undefined) throw new TypeError('a list is needed');
    const column = (name: (typeof FEATURE_NAMES)[number]): number[] =>
      Array.from(list.items, (_, row) => {
        const index = FEATURE_NAMES.indexOf(name);
        return feature(list, row, name) * (FEATURE_DEVIATIONS[index] ?? 1) + (FEATURE_MEANS[index] ?? 0);
      });
    const likeness = Array.from(list.items, (item) => {
      const [toLast, toOther] = [24, 60].map((other) => attributes.titles.match(item, other).likeness);
      return ((toLast ?? 0) + 0.7 * (toOther ?? 0)) / 1.7;
    });
    const ranks = column('rank by likeness of words to the recent items, ln(1 + rank) / 5');
    const best = ranks.indexOf(Math.min(...ranks));
    expect(ranks[best]).to.be.closeTo(0, 1e-6);
    expect(likeness[best]).to.equal(Math.max(...likeness));
    column('likeness of the title’s words to the recent items’').forEach((value, row) =>
      expect(value).to.be.closeTo(likeness[row] ?? Number.NaN, 1e-6),
    );
    const starts = column('first words of the title shared with the last item’s, at most 4');
    const numbers = column('numbers in the title shared with the last item’s, at most 3');
    list.items.forEach((item, row) => {
      expect(starts[row]).to.be.closeTo(attributes.titles.sharedStart(item, 24), 1e-5);
      expect(numbers[row]).to.be.closeTo(attributes.titles.match(item, 24).numbers, 1e-5);
    });
    expect(Math.max(...starts), 'some start alike').to.be.above(0);
  });

  it('number attributes alike where the catalogue names the same, and −1 where it names none', () => {
    const { brand, category, logCategorySize } = attributes;
    expect(brand[5]).to.equal(-1);
    expect(brand[0]).to.equal(brand[28]);
    expect(category[3][0]).to.equal(category[3][11]);
    expect(category[3][0]).to.not.equal(category[3][12]);
    expect(category[0][0]).to.equal(category[0][12]);
    expect(logCategorySize[0]).to.equal(Math.fround(Math.log(13)));
  });
});
