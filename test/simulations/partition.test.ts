import { expect } from 'chai';
import type { Shop } from '../../recommender/index.js';
import { partitionShoppers } from '../../simulations/index.js';
import { partitionSizes } from '../../simulations/partition.js';
import { expectCode } from '../expect-code.js';

const shopOf = (shoppers: number): Shop => ({
  catalogue: { items: [], indexOf: new Map() },
  shoppers: Array.from({ length: shoppers }, (_, shopper) => ({
    key: `shopper ${shopper}`,
    history: new Int32Array(shopper % 10 === 0 ? 3 : 5),
  })),
});

describe('cutting a catalogue’s shoppers into merchants', () => {
  it('gives every shopper to one merchant at most, the same ones for the same seed', () => {
    const shops = partitionShoppers(shopOf(100), { merchants: 4, shoppers: 20, seed: '1' });
    const keys = shops.flatMap((shop) => shop.shoppers.map(({ key }) => key));
    expect(new Set(keys).size).to.equal(80);
    expect(partitionShoppers(shopOf(100), { merchants: 4, shoppers: 20, seed: '1' })).to.deep.equal(shops);
    expect(partitionShoppers(shopOf(100), { merchants: 4, shoppers: 20, seed: '2' })).not.to.deep.equal(shops);
  });

  it('leaves nobody out but those with too few events, where all are to take part', () => {
    const shops = partitionShoppers(shopOf(6000), { merchants: 4, shoppers: 'all', seed: '1' });
    expect(shops.map(({ shoppers }) => shoppers.length)).to.deep.equal([2400, 1000, 1000, 1000]);
    expect(new Set(shops.flatMap((shop) => shop.shoppers.map(({ key }) => key))).size).to.equal(5400);
  });

  it('makes all merchants alike where there are too few shoppers for a large one', () => {
    expect(partitionSizes(403, 4)).to.deep.equal([103, 100, 100, 100]);
  });

  it('refuses to cut more than there is', () => {
    expectCode(() => partitionShoppers(shopOf(100), { merchants: 5, shoppers: 20, seed: '1' }), 'USAGE');
  });
});
