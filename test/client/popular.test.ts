import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { ModelStore } from '../../client/models.js';
import { popularIn } from '../../client/popular.js';
import { encodeModel, untrainedLinear } from '../../federation/index.js';
import type { ModelKind } from '../../federation/index.js';
import { temporaryDirectory } from './workspace.js';

describe('popularity at a client', () => {
  let workspace: ReturnType<typeof temporaryDirectory>;
  let store: ModelStore;
  beforeEach(() => {
    workspace = temporaryDirectory();
    store = new ModelStore(workspace.path);
  });
  afterEach(() => workspace.remove());

  async function keep(job: string, model: ModelKind): Promise<void> {
    const bytes = encodeModel(model);
    const sha256 = createHash('sha256').update(bytes).digest();
    await store.obtain(sha256, async function* () {
      yield await Promise.resolve(bytes);
    });
    store.noteNewest({ job, version: 1, sha256 });
  }

  const popularity = (counts: number[]): ModelKind => ({
    $case: 'itemCounts',
    value: {
      catalogue: 'art',
      itemIds: ['brush', 'ink', 'paint'],
      release: { counts, l1Bound: 1, alpha: Math.exp(-1), noiseShape: 1, releases: counts.length === 0 ? 0 : 1 },
    },
  });

  it('shows the greatest counts of every release first, as many as are asked for, and other models not at all', async () => {
    await keep('reranker', untrainedLinear(1));
    await keep('popularity-art', popularity([40, -3, 90]));
    const [release, ...others] = popularIn(store, 1);
    expect(others).to.deep.equal([]);
    expect(release).to.include({ job: 'popularity-art', catalogue: 'art' });
    expect(release?.items).to.deep.equal([{ itemId: 'paint', count: 90 }]);
    expect(popularIn(store, 5)[0]?.items.map(({ itemId }) => itemId)).to.deep.equal(['paint', 'brush']);
  });

  it('shows the mean of releases that were added up', async () => {
    const model = popularity([80, -6, 180]);
    if (model.$case !== 'itemCounts' || model.value.release === undefined) throw new TypeError('it is a release');
    const release = { ...model.value.release, noiseShape: 4, releases: 2 };
    await keep('popularity-art', { ...model, value: { ...model.value, release } });
    const [one] = popularIn(store, 1);
    expect(one).to.include({ releases: 2, itemsAShopper: 1 });
    expect(one?.items).to.deep.equal([{ itemId: 'paint', count: 90 }]);
    const variance = (4 * 2 * Math.exp(-1)) / (1 - Math.exp(-1)) ** 2;
    expect(one?.deviation).to.be.closeTo(Math.sqrt(variance) / 2, 1e-12);
  });

  it('shows the newest release of a catalogue only', async () => {
    await keep('popularity-art-january', popularity([40, 0, 90]));
    await keep('popularity-art-february', popularity([70, 0, 80]));
    await keep('popularity-art-march', popularity([]));
    expect(popularIn(store, 1).map(({ job, items }) => [job, items])).to.deep.equal([
      ['popularity-art-february', [{ itemId: 'paint', count: 80 }]],
    ]);
  });

  it('shows nothing before the first release', async () => {
    await keep('popularity-art', popularity([]));
    expect(popularIn(store, 5)).to.deep.equal([]);
  });
});
