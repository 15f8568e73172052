import { expect } from 'chai';
import fc from 'fast-check';
import { gaussianDelta, gaussianEpsilon, gaussianNoiseMultiplier } from '../../../privacy/index.js';
import { normalCdf } from '../../../privacy/accounting/special-functions.js';

describe('privacy: the Gaussian mechanism exactly', () => {
  it('gives the published δ for σ 1 at ε 0, 1 and 2, and for sensitivity 3', () => {
    expect(gaussianDelta(1, 1)).to.be.closeTo(0.12693674, 5e-9);
    expect(gaussianDelta(1, 2)).to.be.closeTo(0.02092364, 5e-9);
    expect(gaussianDelta(1, 0)).to.be.closeTo(0.38292492, 5e-9);
    expect(gaussianDelta(1 / 3, 1)).to.be.closeTo(0.78760074, 5e-9);
  });

  it('composes: σ = √3 three times is σ = 1 once, δ(1) = .126936', () => {
    const composed = 1 / Math.sqrt(3 * (1 / Math.sqrt(3)) ** 2);
    expect(gaussianDelta(composed, 1)).to.be.closeTo(0.126936, 1e-6);
  });

  it('gives ε .92739234 for σ 4.530877117 at δ 1e-6', () => {
    expect(gaussianEpsilon(4.530877117, 1e-6)).to.be.closeTo(0.92739234, 5e-9);
  });

  it('inverts itself over small and large noise', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.05, max: 200, noNaN: true }),
        fc.double({ min: -14, max: -1, noNaN: true }),
        (z, exponent) => {
          const delta = 10 ** exponent;
          const epsilon = gaussianEpsilon(z, delta);
          if (epsilon === 0) {
            expect(2 * normalCdf(1 / (2 * z)) - 1).to.be.at.most(delta * (1 + 1e-9) + 1e-15);
            return;
          }
          expect(gaussianDelta(z, epsilon)).to.be.at.most(delta);
          expect(gaussianNoiseMultiplier(epsilon, delta)).to.be.closeTo(z, z * 1e-6);
        },
      ),
      { numRuns: 200, seed: 3 },
    );
  });

  it('stays exact where e^ε leaves the doubles: σ .01 ten times spends 51502.17219466 at δ 1e-6', () => {
    const z = 0.01 / Math.sqrt(10);
    const epsilon = gaussianEpsilon(z, 1e-6);
    expect(epsilon).to.be.closeTo(51502.17219466, 1e-7);
    expect(gaussianDelta(z, epsilon * 0.99)).to.be.above(1e-6);
  });

  it('refuses NaN and impossible targets', () => {
    expect(() => gaussianDelta(NaN, 1)).to.throw(RangeError);
    expect(() => gaussianDelta(1, NaN)).to.throw(RangeError);
    expect(() => gaussianEpsilon(1, 0)).to.throw(RangeError);
    expect(() => gaussianNoiseMultiplier(-1, 1e-5)).to.throw(RangeError);
  });
});
