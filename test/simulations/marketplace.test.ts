import { Readable } from 'node:stream';
import { expect } from 'chai';
import { GuildhallError } from '../../errors/index.js';
import { readShop } from '../../recommender/data/index.js';
import { directedCounts, valueAt } from '../../recommender/mix/index.js';
import type { Shop } from '../../recommender/index.js';
import { inventMarketplace } from '../../simulations/marketplace.js';
import { partitionShoppers } from '../../simulations/partition.js';
import { eventsCsv, itemsCsv } from '../../simulations/shop-csv.js';

const options = { seed: 'test', merchants: 4, shoppers: 250, items: 600 };
const historiesOf = (shops: readonly Shop[]) => shops.flatMap(({ shoppers }) => shoppers.map(({ history }) => history));

describe('the invented marketplace', () => {
  const marketplace = inventMarketplace(options);
  const histories = historiesOf(marketplace.merchants);

  it('is a fact of its seed', () => {
    expect(inventMarketplace(options)).to.deep.equal(marketplace);
    expect(inventMarketplace({ ...options, seed: 'other' })).to.not.deep.equal(marketplace);
  });

  it('grows by merchants without changing those it had', () => {
    const larger = inventMarketplace({ ...options, merchants: 5 });
    expect(larger.merchants.slice(0, 4)).to.deep.equal(marketplace.merchants);
  });

  it('has the asked sizes, one catalogue, and shoppers of one merchant each', () => {
    expect(marketplace.catalogue.items).to.have.length(600);
    expect(marketplace.merchants.map(({ shoppers }) => shoppers.length)).to.deep.equal([250, 250, 250, 250]);
    const keys = marketplace.merchants.flatMap(({ shoppers }) => shoppers.map(({ key }) => key));
    expect(new Set(keys).size).to.equal(keys.length);
  });

  it('names items in words, with brand and a category path', () => {
    for (const { title, brand, category } of marketplace.catalogue.items) {
      expect(title).to.match(/^[A-Z][a-z]+( [A-Z][a-z]+)+, \w/);
      expect(brand).to.match(/^[A-Z][a-z]+ [A-Z][a-z]+$/);
      expect(category.split(' ')).to.have.length(3);
    }
  });

  it('has a long tail: a tenth of the items takes over a third of the purchases', () => {
    const purchases = new Array<number>(600).fill(0);
    for (const history of histories) for (const item of history) purchases[item] = (purchases[item] ?? 0) + 1;
    const sorted = purchases.toSorted((a, b) => b - a);
    const total = sorted.reduce((sum, count) => sum + count, 0);
    expect(sorted.slice(0, 60).reduce((sum, count) => sum + count, 0) / total).to.be.within(0.33, 0.8);
  });

  it('has repeat purchases and at least five events a shopper', () => {
    const repeats = histories.filter((history) => new Set(history).size < history.length).length;
    expect(repeats / histories.length).to.be.within(0.1, 0.7);
    expect(Math.min(...histories.map(({ length }) => length))).to.equal(5);
  });

  it('has sequences that carry across merchants, which shuffled histories have not', () => {
    const [mine = [], others] = [
      marketplace.merchants[0]?.shoppers.map(({ history }) => history),
      histories.slice(250),
    ];
    const known = directedCounts(others, 600);
    const shareKnown = (of: readonly Int32Array[]) => {
      const steps = of.flatMap((history) =>
        Array.from(history.subarray(1), (item, at) => [history[at] ?? 0, item] as const),
      );
      return steps.filter(([from, to]) => valueAt(known, from, to) >= 2).length / steps.length;
    };
    const reversed = mine.map((history) => history.toReversed());
    expect(shareKnown(mine)).to.be.greaterThan(1.5 * shareKnown(reversed));
  });

  it('refuses to be empty', () => {
    expect(() => inventMarketplace({ ...options, items: 20 })).to.throw(RangeError);
    expect(() => inventMarketplace({ ...options, merchants: 0 })).to.throw(RangeError);
  });

  it('comes back from its own files', async () => {
    const [shop] = marketplace.merchants;
    if (shop === undefined) throw new Error('a merchant');
    const { shop: read, report } = await readShop({
      items: { name: 'items.csv', bytes: Readable.from([Buffer.from(itemsCsv(shop.catalogue))]) },
      events: { name: 'events.csv', bytes: Readable.from([Buffer.from(eventsCsv(shop))]) },
      key: new Uint8Array(32),
    });
    expect(read.catalogue).to.deep.equal(shop.catalogue);
    expect(read.shoppers.map(({ history }) => history)).to.deep.equal(shop.shoppers.map(({ history }) => history));
    expect([report.items.refused, report.events.refused]).to.deep.equal([{}, {}]);
  });
});

describe('a partition', () => {
  const [shop] = inventMarketplace({ ...options, merchants: 1 }).merchants;
  if (shop === undefined) throw new Error('a merchant');

  it('gives disjoint merchants of the asked size, the same for the same seed', () => {
    const cut = partitionShoppers(shop, { merchants: 3, shoppers: 80, seed: '7' });
    expect(cut.map(({ shoppers }) => shoppers.length)).to.deep.equal([80, 80, 80]);
    expect(new Set(cut.flatMap(({ shoppers }) => shoppers.map(({ key }) => key))).size).to.equal(240);
    expect(partitionShoppers(shop, { merchants: 3, shoppers: 80, seed: '7' })).to.deep.equal(cut);
    expect(partitionShoppers(shop, { merchants: 3, shoppers: 80, seed: '8' })).to.not.deep.equal(cut);
  });

  it('says when there are too few shoppers, those with too few events not counted', () => {
    const short = { key: 'short', history: Int32Array.of(1, 2, 3) };
    const padded = { ...shop, shoppers: [...shop.shoppers, short] };
    expect(() => partitionShoppers(padded, { merchants: 1, shoppers: 251, seed: '7' }))
      .to.throw(GuildhallError, '1 merchants of 251 shoppers need 251, and the data has 250')
      .with.property('code', 'USAGE');
  });
});
