import { expect } from 'chai';
import { MerchantRanker } from '../../../client/index.js';
import { TestFederation } from '../integration/federation.js';
import { rejectionOf, temporaryDirectory } from '../workspace.js';

describe("the ranker over a merchant's own data", () => {
  let workspace: ReturnType<typeof temporaryDirectory>;
  let ranker: MerchantRanker;
  before(async () => {
    workspace = temporaryDirectory();
    const federation = await TestFederation.start(workspace.path);
    await federation.enrol(['north']);
    await federation.close();
    ranker = await MerchantRanker.open({ dir: federation.dir('north') });
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
