import { expect } from 'chai';
import { statSync } from 'node:fs';
import { MerchantRanker, statePaths } from '../../../client/index.js';
import { readImpressions } from '../../../client/serving/impressions.js';
import { TestFederation } from '../integration/federation.js';
import { rejectionOf, temporaryDirectory } from '../workspace.js';

describe("the ranker over a merchant's own data", () => {
  let workspace: ReturnType<typeof temporaryDirectory>;
  let ranker: MerchantRanker;
  let dir: string;
  before(async () => {
    workspace = temporaryDirectory();
    const federation = await TestFederation.start(workspace.path);
    await federation.enrol(['north']);
    await federation.close();
    dir = federation.dir('north');
    ranker = await MerchantRanker.open({ dir });
  });
  after(() => workspace.remove());

  it('recommends by the id of the data, new items only, each with its reasons in words', () => {
    const results = ranker.rank({ shopper: 'u0-0', count: 5 });
    expect(results).to.have.length(5);
    const history = ['i0', 'i8', 'i16', 'i24', 'i32'];
    for (const { item, title, reasons } of results) {
      expect(history).to.not.include(item);
      expect(title).to.match(/^\w+ \w+$/);
      expect(reasons).to.not.be.empty;
    }
  });

  it('finds what goes with an item, what a query means, and what suits someone new', () => {
    expect(ranker.rank({ items: ['i3'], count: 1 })[0]?.title).to.match(/ mug$/);
    expect(ranker.rank({ query: 'blue lamps', count: 1 })[0]).to.deep.include({ title: 'blue lamp' });
    expect(ranker.rank({ count: 3 })[0]?.reasons).to.deep.equal(['popular here']);
    for (const { title } of ranker.rank({ category: 'home scarf' })) expect(title).to.match(/ scarf$/);
  });

  it('offers only what is promoted, in stock and not excluded', () => {
    const only = ['i3', 'i11', 'i19', 'i5'];
    const results = ranker.rank({ only, exclude: ['i11'], inStock: ['i3', 'i11', 'i5', 'not in the catalogue'] });
    expect(results.map(({ item }) => item)).to.have.members(['i3', 'i5']);
  });

  it('logs an explored list before it is seen, under a pseudonym, and keeps the other places', () => {
    const ranked = ranker.rank({ shopper: 'u0-0', count: 5 });
    const { request, results } = ranker.explore({ shopper: 'u0-0', count: 5 }, { places: [2, 5] });
    expect(results.map(({ explored }) => explored)).to.deep.equal([false, true, false, false, true]);
    expect(new Set(results.map(({ item }) => item)).size).to.equal(5);
    for (const at of [0, 2, 3]) expect(results[at]).to.deep.include({ item: ranked[at]?.item, propensity: 1 });
    const file = statePaths(dir).impressions;
    const { impressions, damaged } = readImpressions(file);
    expect(damaged).to.deep.equal([]);
    const logged = impressions.at(-1);
    expect(logged?.request).to.equal(request);
    expect(logged?.shopper).to.match(/^[0-9a-f]{64}$/);
    expect(logged?.places.map(({ ranked: before }) => before)).to.deep.equal(ranked.map(({ item }) => item));
    expect(logged?.places.map(({ item, propensity }) => ({ item, propensity }))).to.deep.equal(
      results.map(({ item, propensity }) => ({ item, propensity })),
    );
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).to.equal(0o600);
  });

  it('explores no place that the list does not have', async () => {
    const refused = rejectionOf(Promise.resolve().then(() => ranker.explore({ count: 3 }, { places: [4] })));
    expect(await refused).to.include({ code: 'SERVING_PLACE_OUTSIDE' });
  });

  it('names the shoppers whom an item suits by their own ids, and none who has it', async () => {
    const found = await ranker.campaign({ item: 'i3' }, 8);
    for (const { shopper } of found) {
      expect(shopper).to.match(/^u0-\d+$/);
      const position = Number(shopper.slice(3));
      expect((position * 3) % 8, 'a shopper of other things').to.not.equal(3);
    }
    const scores = found.map(({ score }) => score);
    expect(scores).to.deep.equal([...scores].sort((a, b) => b - a));
  });

  it('places a new item among its like, and names whom it suits, from its text alone', async () => {
    const newItem = { title: 'violet mug', brand: '', category: 'home mug' };
    for (const { title } of ranker.place(newItem, 5)) expect(title).to.match(/ mug$/);
    const found = await ranker.campaign({ newItem }, 3);
    expect(found).to.have.length(3);
    expect(found[0]?.reasons).to.not.be.empty;
    for (const { shopper } of found) expect((Number(shopper.slice(3)) * 3) % 8, 'buys mugs').to.equal(3);
  });

  it('says how it was put together, without the name of any shopper', () => {
    expect(ranker.notes.join(' ')).to.match(/weights.*Nothing is offered again|weights.*due are offered again/i);
    expect(ranker.notes.join(' ')).to.not.match(/u0-/);
  });

  it('refuses ids that the data does not have, without repeating a shopper’s', async () => {
    const refused = async (request: Parameters<MerchantRanker['rank']>[0]) =>
      rejectionOf(Promise.resolve().then(() => ranker.rank(request)));
    const shopper = await refused({ shopper: 'nobody@example.org' });
    expect(shopper).to.include({ code: 'DATA_UNKNOWN_ID' });
    expect(shopper.message).to.not.include('nobody');
    expect(await refused({ items: ['x'] })).to.include({ code: 'DATA_UNKNOWN_ID' });
  });
});
