import { expect } from 'chai';
import fc from 'fast-check';
import {
  epsilonOf,
  gaussianDelta,
  gaussianEpsilon,
  pldDelta,
  pldEpsilon,
  pldEpsilonBounds,
} from '../../../privacy/index.js';
import type { MechanismEvent } from '../../../privacy/index.js';
import { discreteLaplace, expectAround, gaussian, laplace, pure } from './outcomes.js';

describe('privacy: privacy loss distributions', () => {
  describe('reference values', () => {
    it('of one Gaussian release: δ .12693674, .02092364, .38292492 and .78760074', () => {
      expect(pldDelta([gaussian(1, 1, 1)], 1)).to.be.closeTo(0.12693674, 6e-9);
      expect(pldDelta([gaussian(1, 1, 1)], 2)).to.be.closeTo(0.02092364, 6e-9);
      expect(pldDelta([gaussian(1, 1, 1)], 0)).to.be.closeTo(0.38292492, 6e-9);
      expect(pldDelta([gaussian(1 / 3, 1, 1)], 1)).to.be.closeTo(0.78760074, 6e-9);
    });

    it('of one sampled Gaussian release: .2888308005139968 and .0003341102928869332', () => {
      expect(pldDelta([gaussian(2 / 6, 0.4, 1)], 1)).to.be.closeTo(0.2888308005139968, 1e-9);
      expect(pldDelta([gaussian(1, 0.3, 1)], 2)).to.be.closeTo(0.0003341102928869332, 1e-14);
    });

    it('of σ √3 three times: .126936', () => {
      expect(pldDelta([gaussian(Math.sqrt(3), 1, 3)], 1)).to.be.closeTo(0.126936, 1e-6);
    });

    it('of long schedules: 1.8282436, 2.4612381, 6.73063 and 6.19970', () => {
      expect(pldEpsilon([gaussian(1, 0.01, 1000)], 1e-5)).to.be.closeTo(1.8282436, 1e-7);
      expect(pldEpsilon([gaussian(0.7, 0.01, 120)], 1e-5)).to.be.closeTo(2.4612381, 1e-7);
      expect(pldEpsilon([gaussian(0.8, 0.05, 100)], 1e-6)).to.be.closeTo(6.73063, 5e-6);
      expect(pldEpsilon([gaussian(1.5, 0.05, 1000)], 1e-6)).to.be.closeTo(6.1997, 5e-6);
    });

    it('of z .67379294682 at q .01: ε 1 at δ 1e-5, and .92739234 for σ 4.530877117 at δ 1e-6', () => {
      expect(pldEpsilon([gaussian(0.67379294682, 0.01, 1)], 1e-5)).to.be.closeTo(1, 2e-6);
      expect(pldEpsilon([gaussian(4.530877117, 1, 1)], 1e-6)).to.be.closeTo(0.92739234, 1e-6);
    });

    it('of Laplace noise, sampled, and of a mixed history (dp_accounting at interval 1e-4)', () => {
      expect(pldEpsilon([laplace(1, 0.1, 100)], 1e-6)).to.be.closeTo(4.6621979, 1e-6);
      expect(pldEpsilon([laplace(2, 1, 10)], 1e-6)).to.be.closeTo(4.9989781, 1e-6);
      expect(pldEpsilon([discreteLaplace(1, 4, 1, 7)], 1e-6)).to.be.closeTo(6.9999436, 1e-6);
      const mixed = [gaussian(1.2, 0.05, 50), laplace(4), discreteLaplace(0.4, 2), gaussian(5, 1, 1)];
      expect(pldEpsilon(mixed, 1e-6)).to.be.closeTo(2.7949868, 1e-6);
      expect(pldDelta(mixed, 0)).to.be.closeTo(0.2398433561, 1e-9);
      expect(pldDelta(mixed, 1.5)).to.be.closeTo(0.0019848475, 1e-9);
    });
  });

  it('is never above the Rényi accountant', () => {
    for (const q of [0.002, 0.05, 0.5])
      for (const z of [0.7, 1.3, 5])
        for (const steps of [1, 40, 900]) {
          const history = [gaussian(z, q, steps)];
          for (const delta of [1e-4, 1e-8]) {
            const name = `q ${q} z ${z} steps ${steps} δ ${delta}`;
            expect(pldEpsilon(history, delta, { interval: 1e-3 }), name).to.be.at.most(
              epsilonOf(history, delta) + 1e-6,
            );
          }
        }
    for (const history of [[laplace(1.5, 0.2, 60)], [discreteLaplace(1, 3, 0.1, 50), gaussian(2, 0.1, 50)]])
      expect(pldEpsilon(history, 1e-6)).to.be.at.most(epsilonOf(history, 1e-6) + 1e-6);
  });

  it('reads ε and δ as inverses of each other', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.8, max: 6, noNaN: true }),
        fc.double({ min: 0.01, max: 0.5, noNaN: true }),
        fc.integer({ min: 2, max: 60 }),
        fc.double({ min: -9, max: -3, noNaN: true }),
        (z, q, steps, exponent) => {
          const options = { interval: 1e-3 };
          const delta = 10 ** exponent;
          const epsilon = pldEpsilon([gaussian(z, q, steps)], delta, options);
          expect(pldDelta([gaussian(z, q, steps)], epsilon, options)).to.be.closeTo(delta, delta * 1e-6);
        },
      ),
      { numRuns: 12, seed: 4 },
    );
  });

  it('does not depend on the order or grouping of a history', () => {
    const history = [gaussian(1.2, 0.05, 7), gaussian(3, 1, 2), pure(0.3)];
    const regrouped = [pure(0.3), gaussian(3, 1, 1), gaussian(1.2, 0.05, 3), gaussian(3, 1, 1), gaussian(1.2, 0.05, 4)];
    expect(pldEpsilon(regrouped, 1e-6)).to.be.closeTo(pldEpsilon(history, 1e-6), 1e-9);
  });

  it('bounds a mechanism that is too faint for the grid beside a strong one', () => {
    const faint = gaussian(2.04, 7.3e-5, 6);
    const strong = gaussian(1, 0.7, 20);
    const { upper, lower } = pldEpsilonBounds([faint, strong], 1e-5);
    expect(lower)
      .to.be.at.least(pldEpsilonBounds([strong], 1e-5).lower - 1e-3)
      .and.at.most(upper);
  });

  it('keeps its digits where δ is far below rounding errors', () => {
    const { upper, lower } = pldEpsilonBounds([gaussian(1, 0.01, 400)], 1e-20, { interval: 4e-4 });
    expect(upper).to.be.above(lower);
    expect(upper - lower).to.be.below(2e-3);
  });

  it('stays finite and certain for histories of enormous loss', () => {
    const sampled = gaussian(1e-3, 0.5, 1000);
    expect(pldEpsilon([sampled], 1e-6)).to.be.within(1e8, epsilonOf([sampled], 1e-6));
    const exact = gaussianEpsilon(0.01, 1e-6);
    expectAround(pldEpsilonBounds([gaussian(0.01, 1, 1)], 1e-6), exact, exact * 1e-4);
  });

  it('accounts a discrete Gaussian as the continuous one of variance σ² − 9, also without sampling', () => {
    const event: MechanismEvent = { kind: 'discreteGaussian', deviation: 5, sensitivity: 4, samplingRate: 1, steps: 1 };
    expect(pldDelta([event], 1)).to.be.closeTo(gaussianDelta(1, 1), 1e-8);
    expect(pldEpsilon([{ ...event, deviation: 3 }], 1e-6)).to.equal(Infinity);
  });

  it('holds no Skellam noise, spends nothing for nothing, refuses what no mechanism has', () => {
    const skellam: MechanismEvent = {
      kind: 'skellam',
      variance: 100,
      l1Sensitivity: 2,
      l2Sensitivity: 1,
      samplingRate: 1,
      steps: 1,
    };
    expect(pldEpsilon([skellam], 1e-6)).to.equal(Infinity);
    expect(pldDelta([skellam], 1)).to.equal(1);
    expect(pldEpsilon([], 1e-6)).to.equal(0);
    expect(pldDelta([gaussian(1, 0, 5), pure(0)], 0)).to.equal(0);
    expect(() => pldEpsilon([gaussian(NaN, 1, 1)], 1e-6)).to.throw(RangeError);
    expect(() => pldEpsilon([pure(1)], 0)).to.throw(RangeError);
    expect(() => pldDelta([pure(1)], NaN)).to.throw(RangeError);
  });
});
