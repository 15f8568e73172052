import { expect } from 'chai';
import type { Engine } from '../../../recommender/index.js';
import { loadEngine } from '../../../recommender/index.js';
import { likelihoods } from '../../../simulations/audit/likelihood.js';

describe('what a noisy sum says about each canary', () => {
  let engine: Engine;
  before(async () => {
    engine = await loadEngine();
  });

  it('is positive for canaries that are in the sum and negative for the others, where directions are their own', () => {
    const contributions = { values: Float32Array.of(2, 0, 0, 0, 2, 0, 0, 0, 2), rows: 3, columns: 3 };
    const scores = likelihoods(engine, { sum: Float64Array.of(2, 0, 2), contributions, chance: 0.5 });
    expect(Array.from(scores, Math.sign)).to.deep.equal([1, -1, 1]);
  });

  it('tells apart canaries that point nearly the same way, which inner products alone do not', () => {
    const contributions = { values: Float32Array.of(1, 0, 1, 0.2), rows: 2, columns: 2 };
    const sum = Float64Array.of(1, 0.2);
    const scores = likelihoods(engine, { sum, contributions, chance: 0.5 });
    expect(scores[0]).to.be.below(0);
    expect(scores[1]).to.be.above(0);
    // The excess of the sum over half of both is (0, 0.1): the first canary is orthogonal to it.
    const excess = [sum[0] ?? 0, sum[1] ?? 0].map((value, i) => value - (i === 0 ? 1 : 0.1));
    expect(excess[0], 'control: the inner product with the first says nothing').to.equal(0);
  });
});
