import { expect } from 'chai';
import { loadEngine } from '../../../recommender/engine/index.js';
import { evaluate } from '../../../recommender/evaluate/index.js';
import type { Shop } from '../../../recommender/types.js';
import { seeded } from '../support/coins.js';

const WORDS = ['soap', 'towel', 'comb', 'mirror', 'brush', 'cream', 'scent', 'nail', 'lip', 'eye', 'sun', 'bath'];

/** Shoppers who walk through twelve items in order, from different ones. */
function walkers(): Shop {
  const items = WORDS.map((word, at) => ({
    id: word,
    title: `${word} ${WORDS[(at + 1) % 12] ?? ''}`,
    brand: '',
    category: '',
  }));
  const shoppers = Array.from({ length: 12 }, (_, first) => ({
    key: String(first),
    history: Int32Array.from({ length: 5 }, (__, step) => (first + step) % 12),
  }));
  return { catalogue: { items, indexOf: new Map(WORDS.map((word, at) => [word, at])) }, shoppers };
}

describe('the tower in smaller forms', () => {
  it('is measured on the same shoppers in every form, against itself in float32', async () => {
    let time = 0;
    const { models, compression = [] } = await evaluate(walkers(), ['tower'], {
      engine: await loadEngine(),
      random: seeded('evaluate'),
      compress: { precisions: ['float16', 'int8'], distilled: 'with', now: () => (time += 3) },
    });
    expect(compression.map(({ tower, precision }) => `${tower} ${precision}`)).to.deep.equal([
      ...['trained float32', 'trained float16', 'trained int8'],
      ...['distilled float32', 'distilled float16', 'distilled int8'],
    ]);
    const [full, half, eighth, small] = compression;
    const [tower] = models;
    expect(full?.hr10).to.equal(tower?.hr10);
    expect(full?.ndcg10).to.be.closeTo(tower?.ndcg10 ?? Number.NaN, 1e-9);
    expect(full?.change).to.deep.equal({ mean: 0, low: 0, high: 0 });
    expect(half?.modelBytes).to.equal((full?.modelBytes ?? 0) / 2);
    expect(eighth?.itemBytes).to.be.below((half?.itemBytes ?? 0) * 0.6);
    expect(small?.parameters).to.be.below((full?.parameters ?? 0) / 3);
    for (const { ndcg10, change, latency } of compression) {
      expect(change.mean).to.be.closeTo(ndcg10 - (full?.ndcg10 ?? 0), 1e-9);
      expect(latency).to.deep.equal({ p50: 3, p95: 3, rankings: 12 });
    }
  });

  it('is not measured unless asked for', async () => {
    const options = { engine: await loadEngine(), random: seeded('evaluate') };
    expect(await evaluate(walkers(), ['popularity'], options)).not.to.have.property('compression');
  });
});
