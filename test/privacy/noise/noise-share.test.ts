import { expect } from 'chai';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { NoiseSampler, noiseShare, sampleNoise } from '../../../privacy/index.js';
import type { GaussianReleaseNoise, LaplaceReleaseNoise, ReleaseNoise, SurvivalTerms } from '../../../privacy/index.js';
import { expectCode } from '../../expect-code.js';
import { fixedKeyRandom, meanSquare } from '../statistics.js';

const gaussian: GaussianReleaseNoise & SurvivalTerms = {
  mechanism: 'gaussian',
  noiseMultiplier: 1.2,
  sensitivity: 100,
  minimumSurvivors: 6,
  colluders: 2,
};
const laplace: LaplaceReleaseNoise & SurvivalTerms = {
  mechanism: 'laplace',
  epsilon: 0.5,
  sensitivity: 4,
  minimumSurvivors: 6,
  colluders: 2,
};

function shareVariance(terms: GaussianReleaseNoise & SurvivalTerms): number {
  const share = noiseShare(terms);
  if (share.kind !== 'gaussian') throw new Error('expected a Gaussian share');
  return share.variance.variance;
}

describe('privacy: noise shares', () => {
  it('give the honest inputs of the smallest accepted sum the whole noise: σ_i² = z²Δ²/(U_min − c)', () => {
    expect(shareVariance(gaussian)).to.be.closeTo((1.2 * 100) ** 2 / 4, 0.05);
    const share = noiseShare(laplace);
    expect(share).to.deep.include({ kind: 'polya', shares: 4 });
  });

  it('are never less than accounted, for any terms', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.5, max: 20, noNaN: true }),
        fc.double({ min: 100, max: 1e5, noNaN: true }),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 0, max: 50 }),
        (noiseMultiplier, sensitivity, honest, colluders) => {
          const minimumSurvivors = honest + colluders;
          const total =
            honest * shareVariance({ ...gaussian, noiseMultiplier, sensitivity, minimumSurvivors, colluders });
          const needed = (noiseMultiplier * sensitivity) ** 2;
          expect(total / needed).to.be.within(1, 1 + 2 ** -16);
        },
      ),
      { seed: 8, numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 20, noNaN: true }), fc.integer({ min: 1, max: 100 }), (epsilon, k) => {
        const share = noiseShare({ ...laplace, epsilon, sensitivity: k });
        if (share.kind !== 'polya') throw new Error('expected a Pólya share');
        const decay = share.exponent.whole + share.exponent.fraction / 2 ** 32;
        expect(decay * k)
          .to.be.at.most(epsilon)
          .and.above(epsilon - k * 2 ** -31);
      }),
      { seed: 9, numRuns: 500 },
    );
  });

  it('are drawn with that variance, once and not twice', () => {
    const count = 100_000;
    const noise = sampleNoise(noiseShare(gaussian), count, fixedKeyRandom(110));
    expect(meanSquare(noise) / 3600).to.be.closeTo(1, 6 * Math.sqrt(2 / count));
    const alpha = Math.exp(-0.5 / 4);
    const laplaceNoise = sampleNoise(noiseShare(laplace), count, fixedKeyRandom(111));
    expect(meanSquare(laplaceNoise) / ((2 * alpha) / (1 - alpha) ** 2 / 4)).to.be.closeTo(1, 0.15);
  });

  it('are fresh on every call and depend on nothing but the source', () => {
    const share = noiseShare(gaussian);
    const source = fixedKeyRandom(112);
    expect(sampleNoise(share, 50, source)).not.to.deep.equal(sampleNoise(share, 50, source));
    expect(sampleNoise(share, 50, fixedKeyRandom(113))).to.deep.equal(sampleNoise(share, 50, fixedKeyRandom(113)));
    expect(sampleNoise(share, 0, source)).to.have.length(0);
  });

  it('are the same on every host for the same source, in one piece or in many', () => {
    const digest = (terms: ReleaseNoise & SurvivalTerms, pieces: readonly number[]): string => {
      const sampler = new NoiseSampler(noiseShare(terms), fixedKeyRandom(114), 4000);
      const hash = createHash('sha256');
      for (const count of pieces) for (const value of sampler.next(count)) hash.update(`${value},`);
      return hash.digest('hex').slice(0, 16);
    };
    // A coordinator that draws revealed noise again must get what the merchant drew, on whatever machine and engine.
    const golden = [
      [gaussian, '80bae1231581baf9'],
      [laplace, '08491e1feb8f7ddc'],
    ] as const;
    for (const [terms, expected] of golden) {
      expect(digest(terms, [4000])).to.equal(expected);
      expect(digest(terms, [1, 999, 3000])).to.equal(expected);
    }
  });

  it('are refused when colluders could strip them all', () => {
    for (const terms of [
      { minimumSurvivors: 2, colluders: 2 },
      { minimumSurvivors: 2, colluders: 5 },
      { minimumSurvivors: 3, colluders: -1 },
      { minimumSurvivors: 3.5, colluders: 1 },
      { minimumSurvivors: NaN, colluders: 0 },
    ]) {
      expectCode(() => noiseShare({ ...gaussian, ...terms }), 'NOISE_TERMS_INVALID');
      expectCode(() => noiseShare({ ...laplace, ...terms }), 'NOISE_TERMS_INVALID');
    }
  });

  it('are refused below 3 quanta, where sums of discrete Gaussians stop being one', () => {
    const atLeast = noiseShare({ ...gaussian, noiseMultiplier: 1, sensitivity: 6, minimumSurvivors: 6, colluders: 2 });
    expect(atLeast.kind).to.equal('gaussian');
    expectCode(() => noiseShare({ ...gaussian, noiseMultiplier: 1, sensitivity: 5.99 }), 'NOISE_OUT_OF_RANGE');
    expectCode(() => noiseShare({ ...gaussian, sensitivity: 1e9 }), 'NOISE_OUT_OF_RANGE');
    expectCode(() => noiseShare({ ...laplace, epsilon: 1e-9 }), 'NOISE_OUT_OF_RANGE');
  });

  it('are refused for terms that are no numbers, no positive numbers or no counts', () => {
    for (const bad of [0, -1, NaN, Infinity]) {
      expectCode(() => noiseShare({ ...gaussian, noiseMultiplier: bad }), 'NOISE_TERMS_INVALID');
      expectCode(() => noiseShare({ ...gaussian, sensitivity: bad }), 'NOISE_TERMS_INVALID');
      expectCode(() => noiseShare({ ...laplace, epsilon: bad }), 'NOISE_TERMS_INVALID');
      expectCode(() => noiseShare({ ...laplace, sensitivity: bad }), 'NOISE_TERMS_INVALID');
    }
    expectCode(() => noiseShare({ ...laplace, sensitivity: 1.5 }), 'NOISE_TERMS_INVALID');
  });
});
