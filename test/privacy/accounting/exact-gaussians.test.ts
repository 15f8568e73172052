import { expect } from 'chai';
import {
  discreteGaussianDelta,
  discreteGaussianDeviation,
  discreteGaussianMoments,
  gaussianDelta,
  sampledGaussianDelta,
} from '../../../privacy/index.js';

describe('privacy: one release exactly', () => {
  it('of a sampled Gaussian, removing or replacing a shopper, as published', () => {
    const remove = { adjacency: 'remove' } as const;
    expect(sampledGaussianDelta({ noiseMultiplier: 2 / 6, samplingRate: 0.4, ...remove }, 1)).to.be.closeTo(
      0.2888308005139968,
      1e-14,
    );
    expect(sampledGaussianDelta({ noiseMultiplier: 1, samplingRate: 0.3, ...remove }, 2)).to.be.closeTo(
      0.0003341102928869332,
      1e-15,
    );
    expect(sampledGaussianDelta({ noiseMultiplier: 0.67379294682, samplingRate: 0.01, ...remove }, 1)).to.be.closeTo(
      1e-5,
      2e-11,
    );
    const replace = { noiseMultiplier: 2, samplingRate: 0.8, adjacency: 'replace' } as const;
    expect(sampledGaussianDelta(replace, 1)).to.be.closeTo(0.05808665654484252, 1e-14);
  });

  it('of a sampled Gaussian, adding a shopper, by quadrature of the definition', () => {
    const [z, q, epsilon] = [1, 0.3, 0.2];
    let delta = 0;
    const width = 1e-4;
    for (let x = -12; x < 12; x += width) {
      const middle = x + width / 2;
      const without = Math.exp((-middle * middle) / 2) / Math.sqrt(2 * Math.PI);
      const withShopper = Math.exp((-(middle - 1) * (middle - 1)) / 2) / Math.sqrt(2 * Math.PI);
      delta += width * Math.max(0, without - Math.exp(epsilon) * ((1 - q) * without + q * withShopper));
    }
    const terms = { noiseMultiplier: z, samplingRate: q, adjacency: 'add' } as const;
    expect(sampledGaussianDelta(terms, epsilon)).to.be.closeTo(delta, 1e-8);
    expect(sampledGaussianDelta(terms, 1)).to.equal(0);
  });

  it('without sampling is the same in all directions but for replacing, which is twice as far', () => {
    for (const adjacency of ['add', 'remove'] as const)
      expect(sampledGaussianDelta({ noiseMultiplier: 1.3, samplingRate: 1, adjacency }, 0.7)).to.be.closeTo(
        gaussianDelta(1.3, 0.7),
        1e-14,
      );
    expect(sampledGaussianDelta({ noiseMultiplier: 1.3, samplingRate: 1, adjacency: 'replace' }, 0.7)).to.be.closeTo(
      gaussianDelta(1.3 / 2, 0.7),
      1e-14,
    );
  });

  it('of discrete Gaussian noise: moments, truncated deviation, δ and σ as published', () => {
    const unit = discreteGaussianMoments({ deviation: 1 });
    expect(unit.normaliser).to.be.closeTo(2.506628288042905, 2e-15);
    expect(unit.variance).to.be.closeTo(0.9999997887677282, 1e-15);
    expect(discreteGaussianMoments({ deviation: Math.sqrt(0.5) }).variance).to.be.closeTo(0.49897913083282047, 1e-15);
    expect(Math.sqrt(discreteGaussianMoments({ deviation: 1, truncation: 1 }).variance)).to.be.closeTo(0.7403629, 5e-8);
    expect(discreteGaussianDelta({ deviation: 1, sensitivity: 1, truncation: 2 }, 1)).to.be.closeTo(0.150574425, 1e-9);
    const deviation = discreteGaussianDeviation({ epsilon: 1, delta: 0.12693674, sensitivity: 1 });
    expect(deviation).to.be.closeTo(1.041, 5e-4);
    expect(discreteGaussianDelta({ deviation, sensitivity: 1 }, 1)).to.be.at.most(0.12693674);
  });

  it('of wide discrete Gaussian noise is that of the continuous one', () => {
    expect(discreteGaussianDelta({ deviation: 300, sensitivity: 200 }, 0.5)).to.be.closeTo(
      gaussianDelta(1.5, 0.5),
      1e-5,
    );
  });

  it('refuses what no mechanism has', () => {
    const terms = { noiseMultiplier: 1, samplingRate: 0.5, adjacency: 'add' } as const;
    expect(() => sampledGaussianDelta(terms, -1)).to.throw(RangeError);
    expect(() => sampledGaussianDelta({ ...terms, noiseMultiplier: 0 }, 1)).to.throw(RangeError);
    expect(() => sampledGaussianDelta({ ...terms, samplingRate: NaN }, 1)).to.throw(RangeError);
    expect(() => discreteGaussianDelta({ deviation: 1, sensitivity: 1.5 }, 1)).to.throw(RangeError);
    expect(() => discreteGaussianMoments({ deviation: NaN })).to.throw(RangeError);
    expect(() => discreteGaussianDeviation({ epsilon: 1, delta: 0, sensitivity: 1 })).to.throw(RangeError);
  });
});
