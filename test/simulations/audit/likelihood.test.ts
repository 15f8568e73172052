import { expect } from 'chai';
import type { Engine } from '../../../recommender/index.js';
import { loadEngine } from '../../../recommender/index.js';
import { likelihoods, presenceIn } from '../../../simulations/audit/likelihood.js';

describe('what a noisy sum says about each canary', () => {
  let engine: Engine;
  const presence = presenceIn(1, 1);
  before(async () => {
    engine = await loadEngine();
  });

  it('is positive for canaries that are in the sum and negative for the others, where directions are their own', () => {
    const contributions = { values: Float32Array.of(2, 0, 0, 0, 2, 0, 0, 0, 2), rows: 3, columns: 3 };
    const scores = likelihoods(engine, { sum: Float64Array.of(2, 0, 2), contributions, presence });
    expect(Array.from(scores, Math.sign)).to.deep.equal([1, -1, 1]);
  });

  it('tells apart canaries that point nearly the same way, which inner products alone do not', () => {
    const contributions = { values: Float32Array.of(1, 0, 1, 0.2), rows: 2, columns: 2 };
    const sum = Float64Array.of(1, 0.2);
    const scores = likelihoods(engine, { sum, contributions, presence });
    expect(scores[0]).to.be.below(0);
    expect(scores[1]).to.be.above(0);
    // The excess of the sum over half of both is (0, 0.1): the first canary is orthogonal to it.
    const excess = [sum[0] ?? 0, sum[1] ?? 0].map((value, i) => value - (i === 0 ? 1 : 0.1));
    expect(excess[0], 'control: the inner product with the first says nothing').to.equal(0);
  });

  it('expects a canary half as often as one that is surely there, with the spread of its coin and of its samples', () => {
    expect(presenceIn(1, 1)).to.deep.equal({ mean: 0.5, variance: 0.25 });
    const times = [0, 1, 2, 3, 4].map((k) => ([1, 4, 6, 4, 1][k] ?? 0) / 16 / 2 + (k === 0 ? 0.5 : 0));
    const mean = times.reduce((sum, chance, k) => sum + chance * k, 0);
    const variance = times.reduce((sum, chance, k) => sum + chance * (k - mean) ** 2, 0);
    expect(presenceIn(4, 0.5).mean).to.be.closeTo(mean, 1e-15);
    expect(presenceIn(4, 0.5).variance).to.be.closeTo(variance, 1e-15);
  });
});
