import { expect } from 'chai';
import { loadEngine, loadTextIndex, Mix } from '../../../recommender/index.js';
import { pairAttributes } from '../../../recommender/reranker/index.js';
import { OwnReader } from '../../../recommender/reranker/own.js';
import { smallCatalogue } from '../support/shop.js';

describe("the merchant's own evidence about a list", () => {
  const catalogue = smallCatalogue();
  const attributes = pairAttributes(catalogue);
  const item = (id: string): number => catalogue.indexOf.get(id) ?? -1;
  const read = async (histories: readonly (readonly string[])[], history: readonly string[], candidates: string[]) => {
    const engine = await loadEngine();
    const text = loadTextIndex(catalogue, engine);
    const indices = (ids: readonly string[]): Int32Array => Int32Array.from(ids, item);
    const mix = Mix.build({ engine, text, histories: histories.map(indices) });
    return OwnReader.of(mix, attributes).read(indices(history), indices(candidates));
  };
  // Who buys a brush buys a towel next, never the same one twice.
  const brushThenTowel = Array.from({ length: 12 }, (_, at) => [`brush-${at}`, `towel-${at}`]);

  it('says which categories go together, also of items that nobody bought', async () => {
    const { directed, categoryAffinity } = await read(brushThenTowel, ['brush-0'], ['towel-11', 'soap-3']);
    expect(directed[0]).to.equal(0);
    expect(categoryAffinity[0]).to.be.above(0.3);
    expect(categoryAffinity[1]).to.be.below(0.1);
  });

  it('says nothing of brands where one is missing, nor of anything where nothing was bought', async () => {
    const known = await read(brushThenTowel, ['brush-5'], ['towel-0']);
    expect(known.brandAffinity[0]).to.equal(0);
    const none = await read([], ['brush-0'], ['towel-0']);
    for (const feature of [none.categoryAffinity, none.nearSurroundings, none.lastNearSurroundings])
      expect(feature[0]).to.be.closeTo(0, 1e-6);
  });

  it('finds what is like the purchases around the history, and candidates around which the last item’s like was bought', async () => {
    const own = await read(brushThenTowel, ['brush-0'], ['towel-8', 'soap-0']);
    const { nearSurroundings, lastNearSurroundings } = own;
    expect(nearSurroundings[0]).to.be.above(nearSurroundings[1] ?? Infinity);
    expect(lastNearSurroundings[0]).to.be.above(lastNearSurroundings[1] ?? Infinity);
  });

  it('lends items the windows of their nearest by text, on both sides', async () => {
    const bought = [['brush-0', 'towel-8']];
    const { neighbourWindow, window } = await read(bought, ['brush-8'], ['towel-0', 'towel-8', 'soap-3']);
    expect(Array.from(window), 'nobody bought this brush').to.deep.equal([0, 0, 0]);
    expect(neighbourWindow[0]).to.be.above(0);
    expect(neighbourWindow[1]).to.be.above(neighbourWindow[0] ?? Infinity);
    expect(neighbourWindow[2]).to.equal(0);
  });

  it('says how late in histories, how often of late, and of which brands shoppers bought', async () => {
    const { lateness, logRecentPopularity, logBrandPopularity } = await read(
      [
        ['brush-0', 'soap-1', 'towel-2'],
        ['brush-0', 'comb-5', 'soap-1', 'towel-2'],
      ],
      ['razor-0'],
      ['brush-0', 'towel-2', 'comb-5', 'razor-1'],
    );
    // Two purchases at −.5, or at .5, and a prior of three at 0.
    expect(Array.from(lateness.slice(0, 2))).to.deep.equal([Math.fround(-0.2), Math.fround(0.2)]);
    expect(lateness[3]).to.equal(0);
    expect(Array.from(logRecentPopularity)).to.deep.equal([0, Math.fround(Math.log(3)), 0, 0]);
    expect(logBrandPopularity[2], 'a comb without a brand').to.equal(0);
    // brush-0 is of brand0, as are razor-1 and others that nobody bought.
    const sameBrand = catalogue.items.filter(({ brand }) => brand === 'brand0').length;
    const boughtOfBrand = ['brush-0', 'soap-1', 'towel-2'].filter(
      (id) => catalogue.items[item(id)]?.brand === 'brand0',
    );
    expect(logBrandPopularity[0]).to.be.closeTo(Math.log1p((2 * boughtOfBrand.length) / sameBrand), 1e-6);
    expect(logBrandPopularity[3]).to.equal(logBrandPopularity[0]);
  });
});
