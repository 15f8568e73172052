import { expect } from 'chai';
import { releasedModels } from '../../../client/training/released.js';
import { countsSupportModel, publicLinear, untrainedLinear, untrainedMlp } from '../../../federation/index.js';
import type { ModelKind } from '../../../federation/index.js';
import { loadEngine, loadTextIndex, supportFromPairs, valueAt } from '../../../recommender/index.js';
import type { Catalogue } from '../../../recommender/index.js';

const catalogue: Catalogue = {
  items: ['a', 'b', 'c'].map((id) => ({ id, title: `item ${id}`, brand: '', category: '' })),
  indexOf: new Map([
    ['a', 0],
    ['b', 1],
    ['c', 2],
  ]),
};

const linear = (weight: number): ModelKind => {
  const model = untrainedLinear(0.6);
  if (model.$case !== 'linearReranker') throw new TypeError('a linear model');
  return { ...model, value: { ...model.value, weights: model.value.weights.map(() => weight) } };
};

const mlp = (steps: number): ModelKind => {
  const model = untrainedMlp(1);
  if (model.$case !== 'mlpReranker' || model.value.server === undefined) throw new TypeError('an MLP model');
  return { ...model, value: { ...model.value, server: { ...model.value.server, steps } } };
};

const counts = (itemIds: readonly string[], count: number): ModelKind => {
  const support = supportFromPairs(2, [0], Int32Array.of(1));
  const model = countsSupportModel({ name: 'things', itemIds, support });
  if (model.$case !== 'neighbourCounts') throw new TypeError('a counts model');
  return { ...model, value: { ...model.value, counts: [count], l1Bound: 1, releases: 1 } };
};

describe('what a merchant ranks with', () => {
  const released = async (models: readonly ModelKind[]) =>
    releasedModels(models, { catalogue, text: loadTextIndex(catalogue, await loadEngine()) });

  it('leaves out models that no round has changed', async () => {
    expect(await released([untrainedLinear(0.6), publicLinear(0.6), untrainedMlp(1)])).to.deep.equal({});
  });

  it('takes the fine-tuned re-ranker before the linear one, and of equals the one heard of last', async () => {
    expect((await released([mlp(12), linear(1)])).reranker?.kind).to.equal('mlp');
    const { reranker } = await released([linear(1), linear(2)]);
    expect(reranker?.kind === 'linear' && reranker.weights[0]).to.equal(2);
  });

  it('takes the newest counts among those that share most items with the catalogue', async () => {
    const models = [counts(['a', 'b'], 3), counts(['a', 'c'], 8), counts(['a', 'x'], 99)];
    const matrix = (await released(models)).counts;
    if (matrix === undefined) throw new TypeError('there are counts');
    expect(valueAt(matrix, 0, 2)).to.be.closeTo(Math.log1p(8), 1e-6);
    expect(valueAt(matrix, 0, 1)).to.equal(0);
  });
});
