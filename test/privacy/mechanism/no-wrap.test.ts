import { expect } from 'chai';
import fc from 'fast-check';
import { gaussianClamp, laplaceClamp, noiseShare, sampleNoise } from '../../../privacy/index.js';
import { expectCode } from '../../expect-code.js';
import { fixedKeyRandom } from '../statistics.js';

const ring = fc.record({
  ringBits: fc.integer({ min: 16, max: 32 }),
  merchants: fc.integer({ min: 1, max: 60 }),
  minimumSurvivors: fc.integer({ min: 1, max: 40 }),
  colluders: fc.constant(0),
});

describe('privacy: no wrap around the ring', () => {
  it('Gaussian: B is the largest with n·B + 8.6·zΔ·√(n/(U_min − c)) < 2^(w−1)', () => {
    fc.assert(
      fc.property(ring, fc.double({ min: 0.5, max: 3, noNaN: true }), (terms, noiseMultiplier) => {
        const sensitivity = 50;
        const bound = gaussianClamp({ ...terms, noiseMultiplier, sensitivity });
        const noise = 8.6 * noiseMultiplier * sensitivity * Math.sqrt(terms.merchants / terms.minimumSurvivors);
        const used = (b: number): number => terms.merchants * b + noise;
        expect(used(bound)).to.be.below(2 ** (terms.ringBits - 1));
        expect(used(bound + 1)).to.be.at.least(2 ** (terms.ringBits - 1) * (1 - 1e-12));
      }),
      { seed: 6 },
    );
  });

  it('Laplace: B is the largest with n·B + (2Δ/ε)(ln 2d + 28 + 0.29·n/(U_min − c)) < 2^(w−1)', () => {
    fc.assert(
      fc.property(ring, fc.double({ min: 0.5, max: 3, noNaN: true }), (terms, epsilon) => {
        const bound = laplaceClamp({ ...terms, epsilon, sensitivity: 4, dimension: 1000 });
        const tail = Math.log(2000) + 28 + (0.29 * terms.merchants) / terms.minimumSurvivors;
        const used = (b: number): number => terms.merchants * b + (8 / epsilon) * tail;
        expect(used(bound)).to.be.below(2 ** (terms.ringBits - 1));
        expect(used(bound + 1)).to.be.at.least(2 ** (terms.ringBits - 1) * (1 - 1e-12));
      }),
      { seed: 7 },
    );
  });

  it('noise as drawn by all merchants stays far inside what the bounds reserve', () => {
    const terms = { minimumSurvivors: 3, colluders: 1, merchants: 5, ringBits: 20 };
    const laplace = { epsilon: 0.5, sensitivity: 2, dimension: 20_000 };
    const reserved = 2 ** 19 - terms.merchants * (laplaceClamp({ ...terms, ...laplace }) + 1);
    const share = noiseShare({ mechanism: 'laplace', ...terms, ...laplace });
    const total = new Float64Array(laplace.dimension);
    for (let merchant = 0; merchant < terms.merchants; merchant++) {
      const noise = sampleNoise(share, laplace.dimension, fixedKeyRandom(120 + merchant));
      for (const [i, value] of noise.entries()) total[i] = (total[i] ?? 0) + value;
    }
    const largest = total.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largest)
      .to.be.above(reserved / 20)
      .and.below(reserved);
  });

  it('refuses a ring that cannot hold the noise', () => {
    const terms = { minimumSurvivors: 4, colluders: 0, merchants: 10, ringBits: 16 };
    expectCode(() => gaussianClamp({ ...terms, noiseMultiplier: 1, sensitivity: 1e5 }), 'RING_TOO_SMALL');
    expectCode(() => gaussianClamp({ ...terms, noiseMultiplier: NaN, sensitivity: 10 }), 'RING_TOO_SMALL');
    expectCode(() => laplaceClamp({ ...terms, epsilon: 1e-6, sensitivity: 1, dimension: 10 }), 'RING_TOO_SMALL');
    expect(() => gaussianClamp({ ...terms, ringBits: 33, noiseMultiplier: 1, sensitivity: 10 })).to.throw(RangeError);
    expect(() => gaussianClamp({ ...terms, merchants: 0, noiseMultiplier: 1, sensitivity: 10 })).to.throw(RangeError);
  });
});
