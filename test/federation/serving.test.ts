import { expect } from 'chai';
import {
  countsSupportModel,
  expectKind,
  releasedCounts,
  rerankerOf,
  untrainedLinear,
  untrainedMlp,
  warmStart,
} from '../../federation/index.js';
import type { ModelKind } from '../../federation/index.js';
import { loadEngine, loadTextIndex, MLP_LAYOUT, STRICT_FEATURES, supportFromPairs } from '../../recommender/index.js';
import type { Catalogue, SparseMatrix } from '../../recommender/index.js';
import { expectCode } from '../expect-code.js';

const catalogueOf = (ids: readonly string[]): Catalogue => ({
  items: ids.map((id) => ({ id, title: `thing ${id}`, brand: '', category: 'things' })),
  indexOf: new Map(ids.map((id, index) => [id, index])),
});

const valueAt = ({ starts, indices, values }: SparseMatrix, row: number, column: number): number => {
  for (let at = starts[row] ?? 0; at < (starts[row + 1] ?? 0); at++) if (indices[at] === column) return values[at] ?? 0;
  return 0;
};

describe('serving what was released', () => {
  const support = supportFromPairs(4, [0, 0, 2], Int32Array.of(1, 3, 3));
  const released = (counts: readonly number[]) => {
    const model = expectKind(
      countsSupportModel({ name: 'things', itemIds: ['a', 'b', 'c', 'd'], support }),
      'neighbourCounts',
    );
    return { ...model, counts: [...counts], l1Bound: 1, releases: counts.length === 0 ? 0 : 1 };
  };

  it('gives no counts before the first release', async () => {
    const catalogue = catalogueOf(['a', 'b', 'c', 'd']);
    const text = loadTextIndex(catalogue, await loadEngine());
    expect(releasedCounts(released([]), catalogue, text)).to.equal(undefined);
  });

  it('finds every pair in the merchant’s own item numbers, and leaves out what the merchant does not sell', async () => {
    const catalogue = catalogueOf(['d', 'x', 'a', 'b']);
    const text = loadTextIndex(catalogue, await loadEngine());
    const counts = releasedCounts(released([3, 7, 5]), catalogue, text);
    if (counts === undefined) throw new TypeError('there is a release');
    // a–b and a–d are sold; c–d is not, because c is not.
    expect(valueAt(counts, 2, 3)).to.be.closeTo(Math.log1p(3), 1e-6);
    expect(valueAt(counts, 0, 2)).to.be.closeTo(Math.log1p(7), 1e-6);
    expect(valueAt(counts, 2, 0)).to.be.closeTo(Math.log1p(7), 1e-6);
    expect(counts.values).to.have.length(4);
  });

  it('refuses a model whose pairs are out of order', async () => {
    const catalogue = catalogueOf(['a', 'b', 'c', 'd']);
    const text = loadTextIndex(catalogue, await loadEngine());
    const bad = { ...released([1, 1, 1]), second: [3, 1, 3] };
    expectCode(() => releasedCounts(bad, catalogue, text), 'MODEL_MALFORMED');
  });

  it('refuses a release that no round gives: counts missing, noise that there is none of, nothing added up', async () => {
    const catalogue = catalogueOf(['a', 'b', 'c', 'd']);
    const text = loadTextIndex(catalogue, await loadEngine());
    const bad = [
      { counts: [1, 1] },
      ...[1, -1, NaN].map((alpha) => ({ alpha, noiseShape: 1 })),
      { alpha: 0.5, noiseShape: 0.5 },
      { l1Bound: 0 },
      { l1Bound: 3 },
      { releases: 0 },
    ];
    for (const change of bad)
      expectCode(() => releasedCounts({ ...released([1, 1, 1]), ...change }, catalogue, text), 'MODEL_MALFORMED');
    const noised = { ...released([1, 1, 1]), alpha: 0.5, noiseShape: 1.5 };
    expect(releasedCounts(noised, catalogue, text), 'control').not.to.equal(undefined);
  });
});

describe('warm start', () => {
  const linear: ModelKind = {
    $case: 'linearReranker',
    value: { weights: STRICT_FEATURES.map((_, i) => i / 100), servingWeight: 0.6 },
  };

  for (const servingWeight of [1, 0.5]) {
    it(`an MLP served with ${servingWeight} begins with the very logits of the linear release`, () => {
      const model = expectKind(warmStart(untrainedMlp(servingWeight), linear), 'mlpReranker');
      STRICT_FEATURES.forEach((feature, i) => {
        const served = model.servingWeight * (model.parameters[MLP_LAYOUT.linear + feature] ?? NaN);
        expect(served).to.be.closeTo((0.6 * i) / 100, 1e-6);
      });
      const output = model.parameters.slice(MLP_LAYOUT.outputWeights, MLP_LAYOUT.scale);
      expect(output.every((weight) => weight === 0)).to.equal(true);
    });
  }

  it('a linear form goes on from the weights of a release, and is served as its own job says', () => {
    const { weights } = expectKind(linear, 'linearReranker');
    expect(warmStart(untrainedLinear(1), linear)).to.deep.equal({
      $case: 'linearReranker',
      value: { weights, servingWeight: 1 },
    });
  });

  it('counts go on from counts of the same pairs, and of no others', () => {
    const support = supportFromPairs(3, [0, 1], Int32Array.of(1, 2));
    const own = countsSupportModel({ name: 'things', itemIds: ['a', 'b', 'c'], support });
    const released: ModelKind = {
      $case: 'neighbourCounts',
      value: { ...expectKind(own, 'neighbourCounts'), counts: [4, 5], l1Bound: 1, releases: 1 },
    };
    expect(warmStart(own, released)).to.equal(released);
    const other = countsSupportModel({ name: 'things', itemIds: ['a', 'b', 'd'], support });
    expect(warmStart(other, released)).to.equal(other);
  });

  it('leaves models alone that have nothing to take over', () => {
    const own = untrainedLinear(0.6, 200);
    expect(warmStart(own, linear)).to.equal(own);
    const mlp = untrainedMlp(1);
    expect(warmStart(own, mlp)).to.equal(own);
  });
});

describe('a linear model over random features', () => {
  it('is read with the same features by everybody: they come from a public constant', () => {
    const read = () => rerankerOf(untrainedLinear(1, 200));
    const [one, other] = [read(), read()];
    if (one?.kind !== 'linear' || one.projection === undefined) throw new TypeError('it has random features');
    expect(one.projection.units).to.equal(200);
    expect(other).to.deep.equal(one);
    const fewer = rerankerOf(untrainedLinear(1, 100));
    if (fewer?.kind !== 'linear') throw new TypeError('it is linear');
    expect(fewer.projection?.weights).to.deep.equal(one.projection.weights.slice(0, 100 * STRICT_FEATURES.length));
  });

  it('is refused with fewer weights than there are features', () => {
    const short: ModelKind = { $case: 'linearReranker', value: { weights: [1, 2], servingWeight: 1 } };
    expectCode(() => rerankerOf(short), 'MODEL_MALFORMED');
  });
});
