import { expect } from 'chai';
import fc from 'fast-check';
import {
  DEFAULT_ORDERS,
  deltaFromRdp,
  epsilonFromRdp,
  epsilonOf,
  gaussianDelta,
  gaussianEpsilon,
  rdpCurve,
} from '../../../privacy/index.js';
import type { MechanismEvent } from '../../../privacy/index.js';
import { SMALLEST_ORDER } from '../../../privacy/accounting/rdp.js';
import { erfc } from '../../../privacy/accounting/special-functions.js';
import { subsampledGaussianLogMoment, subsampledGaussianRdp } from '../../../privacy/accounting/subsampled-gaussian.js';

const gaussian = (noiseMultiplier: number, samplingRate: number, steps: number): MechanismEvent => ({
  kind: 'gaussian',
  noiseMultiplier,
  samplingRate,
  steps,
});
const near = (actual: number, expected: number, relative: number): void => {
  expect(Math.abs(actual / expected - 1), `${actual} against ${expected}`).to.be.at.most(relative);
};
/** Orders dense enough to stand for all of them. */
const FINE_ORDERS = Array.from({ length: 60_000 }, (_, i) => 1.01 + i / 1000);

/** Exact δ of one subsampled Gaussian for removing a shopper: q·δ_Gaussian at the ε' with q·e^ε' = e^ε − 1 + q. */
function exactDelta(noiseMultiplier: number, samplingRate: number, epsilon: number): number {
  return samplingRate * gaussianDelta(noiseMultiplier, Math.log((Math.expm1(epsilon) + samplingRate) / samplingRate));
}

/** The fractional series with binomials in absolute value: an upper bound that some accountants report. */
function absoluteSeriesRdp(q: number, z: number, order: number): number {
  const split = z * z * Math.log(1 / q - 1) + 0.5;
  let sum = 0;
  let binomial = 1;
  for (let i = 0; i < 400; i++) {
    const j = order - i;
    const term = (k: number, side: number): number =>
      Math.exp(k * Math.log(q) + (order - k) * Math.log1p(-q) + (k * k - k) / (2 * z * z)) *
      (erfc(side / (Math.SQRT2 * z)) / 2);
    const added = Math.abs(binomial) * (term(i, i - split) + term(j, split - j));
    if (Number.isFinite(added)) sum += added;
    if (i > order && added < 1e-14) break;
    binomial *= (order - i) / (i + 1);
  }
  return Math.log(sum) / (order - 1);
}

describe('privacy: the Rényi accountant', () => {
  describe('reference values', () => {
    it('Opacus: z 1.5, q .04, 2250 steps, δ 1e-5 is 7.32911117143 within its own truncation', () => {
      expect(epsilonOf([gaussian(1.5, 0.04, 2250)], 1e-5)).to.be.closeTo(7.32911117143, 1e-10);
    });

    it('and 7.32911117148417 by quadrature at 30 digits, from above', () => {
      const epsilon = epsilonOf([gaussian(1.5, 0.04, 2250)], 1e-5);
      expect(epsilon).to.be.within(7.32911117148417, 7.32911117148417 + 5e-12);
    });

    it('agrees with quadrature of the definition at integer and fractional orders (mpmath, 30 digits)', () => {
      const values: [number, number, number, number][] = [
        [0.01, 2.5, 1.5, 1.3001417943760795e-5],
        [0.01, 2.5, 2.5, 2.1708361138362487e-5],
        [0.01, 2.5, 5, 4.3615131246157614e-5],
        [0.01, 2.5, 50, 0.00047692075077412335],
        [0.5, 1, 1.01, 0.14029743611126405],
        [0.9, 0.6, 3.7, 4.994590278339991],
        [0.001, 0.5, 7.3, 6.595775642278112],
        [0.04, 1.5, 3.9, 0.0018332021995838585],
        [0.2, 4, 10.9, 0.015512781785711157],
        [0.7, 0.5, 4, 7.524436919803224],
      ];
      for (const [q, z, order, exact] of values) {
        const rdp = subsampledGaussianRdp(q, z, order);
        expect(rdp, `q ${q} z ${z} order ${order}`).to.be.at.least(exact * (1 - 1e-13));
        expect(rdp - exact).to.be.at.most(exact * 1e-12 + 2e-15 / (order - 1));
      }
      near(subsampledGaussianLogMoment(0.3, 1, 0.5), -0.5 * 0.02468923742645386, 1e-12);
    });

    it('the vector of orders 1.5, 2.5, 5, 50, 100 at q .01, z 2.5, 50 steps', () => {
      const { values } = rdpCurve([gaussian(2.5, 0.01, 50)], [1.5, 2.5, 5, 50, 100]);
      const published = [6.70579741e-4, 1.0854871e-3, 2.18075656e-3, 2.38460375e-2, 167.416308];
      for (const i of [2, 3, 4]) near(values[i] ?? NaN, published[i] ?? NaN, 5e-9);
      // The published fractional entries take binomials in absolute value; the exact ones are lower.
      near(values[0] ?? NaN, 50 * 1.3001417943760795e-5, 1e-9);
      near(values[1] ?? NaN, 50 * 2.1708361138362487e-5, 1e-9);
      near(50 * absoluteSeriesRdp(0.01, 2.5, 1.5), published[0] ?? NaN, 5e-9);
      near(50 * absoluteSeriesRdp(0.01, 2.5, 2.5), published[1] ?? NaN, 5e-9);
    });

    it('dp_accounting: its values follow from the series in absolute value; ours are exact, hence just below', () => {
      const delta = 1e-5;
      const cases: [number, number, number, number, number, number][] = [
        [0.7, 0.01, 120, 4.4, 3.2392676, 3.2391921939131283],
        [1, 0.01, 1000, 7.8, 2.1013665, 2.101365],
      ];
      for (const [z, q, steps, order, published, exact] of cases) {
        const absolute = { orders: [order], values: [steps * absoluteSeriesRdp(q, z, order)] };
        expect(epsilonFromRdp(absolute, delta).epsilon).to.be.closeTo(published, 6e-8);
        const epsilon = epsilonOf([gaussian(z, q, steps)], delta);
        expect(epsilon).to.be.closeTo(exact, 4e-7);
        expect(epsilon)
          .to.be.below(published)
          .and.above(published - 1e-4);
      }
    });

    it('a flat RDP of 1.1 on orders 2..32 converts to 1.32783806176 at order 32', () => {
      const orders = Array.from({ length: 31 }, (_, i) => i + 2);
      const { epsilon, order } = epsilonFromRdp({ orders, values: orders.map(() => 1.1) }, 1e-5);
      expect(epsilon).to.be.closeTo(1.32783806176, 5e-12);
      expect(order).to.equal(32);
    });

    it('zero-concentrated DP: δ(ρ .025, ε 1), ε(ρ .025, δ 1e-6) and ρ(ε 1, δ 1e-6)', () => {
      const curve = rdpCurve([gaussian(Math.sqrt(1 / 0.05), 1, 1)], FINE_ORDERS);
      near(deltaFromRdp(curve, 1), 1.33613e-6, 3e-6);
      near(epsilonFromRdp(curve, 1e-6).epsilon, 1.014074254726128, 1e-8);
      const rho = 0.024355970359538372;
      const atRho = rdpCurve([gaussian(Math.sqrt(1 / (2 * rho)), 1, 1)], FINE_ORDERS);
      near(epsilonFromRdp(atRho, 1e-6).epsilon, 1, 1e-8);
    });
  });

  describe('never below the exact value', () => {
    it('of one or many unsampled Gaussians', () => {
      for (const z of [0.3, 0.7, 1, 2, 4.530877117, 10, 100]) {
        for (const steps of [1, 3, 100]) {
          for (const delta of [1e-3, 1e-5, 1e-6, 1e-9]) {
            const exact = gaussianEpsilon(z / Math.sqrt(steps), delta);
            expect(epsilonOf([gaussian(z, 1, steps)], delta), `z ${z} steps ${steps}`).to.be.at.least(exact);
          }
        }
      }
    });

    it('of one subsampled Gaussian, whose exact δ matches the published .28883 and .000334', () => {
      near(exactDelta(2 / 6, 0.4, 1), 0.2888308005139968, 1e-12);
      near(exactDelta(1, 0.3, 2), 0.0003341102928869332, 1e-12);
      near(exactDelta(0.67379294682, 0.01, 1), 1e-5, 2e-6);
      for (const q of [0.001, 0.01, 0.3, 0.9])
        for (const z of [0.5, 1, 3])
          for (const epsilon of [0, 0.1, 1, 3]) {
            const bound = deltaFromRdp(rdpCurve([gaussian(z, q, 1)]), epsilon);
            expect(bound, `q ${q} z ${z} ε ${epsilon}`).to.be.at.least(exactDelta(z, q, epsilon));
          }
    });

    it('of composed subsampled Gaussians, by published privacy loss distributions', () => {
      expect(epsilonOf([gaussian(0.7, 0.01, 120)], 1e-5)).to.be.above(2.4612381);
      expect(epsilonOf([gaussian(1, 0.01, 1000)], 1e-5)).to.be.above(1.8282436);
      expect(epsilonOf([gaussian(0.8, 0.05, 100)], 1e-6)).to.be.above(6.73063);
      expect(epsilonOf([gaussian(1.5, 0.05, 1000)], 1e-6)).to.be.above(6.1997);
    });
  });

  describe('fractional orders', () => {
    it('meet the integer formula from both sides', () => {
      for (const [q, z] of [
        [0.01, 1],
        [0.3, 0.8],
        [0.8, 2],
        [0.04, 1.5],
      ] as const) {
        for (const order of [2, 3, 7, 20]) {
          const integer = subsampledGaussianRdp(q, z, order);
          near(subsampledGaussianRdp(q, z, order - 1e-9), integer, 1e-7);
          near(subsampledGaussianRdp(q, z, order + 1e-9), integer, 1e-7);
        }
      }
    });

    it('use signed binomials: 7.3293347 in absolute value is not what is reported', () => {
      const absolute = { orders: [3.9], values: [2250 * absoluteSeriesRdp(0.04, 1.5, 3.9)] };
      expect(epsilonFromRdp(absolute, 1e-5).epsilon).to.be.closeTo(7.3293347, 5e-8);
      expect(epsilonOf([gaussian(1.5, 0.04, 2250)], 1e-5)).to.be.below(7.32912);
    });
  });

  it('answers orders next to 1 by order 1.01 and never reports ε = 0 for a leaking history', () => {
    const history = [gaussian(1, 0.01, 1000)];
    const close = rdpCurve(history, [1 + 1e-8]);
    expect(close.values).to.deep.equal(rdpCurve(history, [SMALLEST_ORDER]).values);
    expect(epsilonFromRdp(close, 1e-5).epsilon).to.be.above(1);
    expect(() => rdpCurve(history, [1])).to.throw(RangeError);
    expect(() => rdpCurve(history, [NaN])).to.throw(RangeError);
  });

  it('grows with the order and never exceeds the unsampled Gaussian', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-4, max: 0.9999, noNaN: true }),
        fc.double({ min: 0.2, max: 50, noNaN: true }),
        (q, z) => {
          const orders = DEFAULT_ORDERS.filter((order) => order <= 64);
          const { values } = rdpCurve([gaussian(z, q, 1)], orders);
          for (const [i, value] of values.entries()) {
            expect(value).to.be.at.least((values[i - 1] ?? 0) * (1 - 1e-9) - 1e-13);
            expect(value).to.be.at.most((orders[i] ?? 0) / (2 * z * z) + 1e-15);
          }
        },
      ),
      { numRuns: 40, seed: 11 },
    );
  });

  it('composes a mixed history by adding curves, in any order and grouping', () => {
    const a = gaussian(1.2, 0.05, 7);
    const b = gaussian(3, 1, 2);
    const c: MechanismEvent = { kind: 'pure', epsilon: 0.3 };
    const mixed = rdpCurve([a, b, c]).values;
    const parts = [a, b, c].map((event) => rdpCurve([event]).values);
    for (const [i, value] of mixed.slice(0, -1).entries())
      near(
        value,
        parts.reduce((sum, part) => sum + (part[i] ?? NaN), 0),
        1e-14,
      );
    expect(epsilonOf([c, b, gaussian(1.2, 0.05, 3), gaussian(1.2, 0.05, 4)], 1e-6)).to.be.closeTo(
      epsilonOf([a, b, c], 1e-6),
      1e-12,
    );
  });

  describe('pure ε-DP', () => {
    it('alone costs its ε exactly, also without any δ', () => {
      expect(epsilonOf([{ kind: 'pure', epsilon: 0.7 }], 0)).to.equal(0.7);
      expect(epsilonOf([{ kind: 'pure', epsilon: 12 }], 1e-12)).to.be.at.most(12);
    });

    it('composed often costs less than the sum of its parts, at a δ', () => {
      const history = Array.from({ length: 400 }, (): MechanismEvent => ({ kind: 'pure', epsilon: 0.05 }));
      expect(epsilonOf(history, 0)).to.be.closeTo(20, 1e-9);
      expect(epsilonOf(history, 1e-6)).to.be.below(6);
    });

    it('has the Rényi curve of randomised response, which covers discrete Laplace noise', () => {
      for (const epsilon of [1e-6, 0.01, 0.5, 2, 30]) {
        for (const order of [1.1, 2, 7.5, 60]) {
          const p = 1 / (1 + Math.exp(-epsilon));
          const rdp = rdpCurve([{ kind: 'pure', epsilon }], [order]).values[0] ?? NaN;
          const direct =
            Math.log(p ** order * (1 - p) ** (1 - order) + (1 - p) ** order * p ** (1 - order)) / (order - 1);
          if (epsilon >= 0.5 && epsilon < 5) near(rdp, direct, 1e-12);
          expect(rdp).to.be.at.most(Math.min(epsilon, (order * epsilon * epsilon) / 2));
          let moment = 0;
          const weight = Math.tanh(epsilon / 2);
          if (epsilon >= 0.5 && epsilon < 5) {
            for (let k = -200; k <= 200; k++)
              moment += weight * Math.exp(-epsilon * (order * Math.abs(k) + (1 - order) * Math.abs(k - 1)));
            expect(rdp).to.be.at.least(Math.log(moment) / (order - 1) - 1e-12);
          }
        }
      }
    });
  });

  it('spends nothing for nothing and refuses what no mechanism has', () => {
    expect(epsilonOf([], 1e-5)).to.equal(0);
    expect(epsilonOf([gaussian(1, 0.5, 0), gaussian(1, 0, 5), { kind: 'pure', epsilon: 0 }], 0)).to.equal(0);
    expect(epsilonOf([gaussian(1, 1, 1)], 0)).to.equal(Infinity);
    for (const bad of [
      gaussian(0, 1, 1),
      gaussian(NaN, 1, 1),
      gaussian(1, 1.1, 1),
      gaussian(1, NaN, 1),
      gaussian(1, 1, 0.5),
    ])
      expect(() => epsilonOf([bad], 1e-5)).to.throw(RangeError);
    expect(() => epsilonOf([{ kind: 'pure', epsilon: NaN }], 1e-5)).to.throw(RangeError);
    expect(() => epsilonOf([gaussian(1, 1, 1)], NaN)).to.throw(RangeError);
    expect(() => epsilonOf([gaussian(1, 1, 1)], 1)).to.throw(RangeError);
  });
});
