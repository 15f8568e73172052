import { expect } from 'chai';
import { epsilonOf, rdpCurve } from '../../../privacy/index.js';
import type { MechanismEvent } from '../../../privacy/index.js';

const rdp = (event: MechanismEvent, order: number): number => rdpCurve([event], [order]).values[0] ?? NaN;

/** A mechanism by its outcomes: mass with and without the shopper. */
type Outcomes = readonly (readonly [number, number])[];

/** The worse direction's Rényi divergence under Poisson sampling, by the definition. */
function byDefinition(outcomes: Outcomes, q: number, order: number): number {
  let removing = 0;
  let adding = 0;
  for (const [p, r] of outcomes) {
    if (r === 0) continue;
    const mixed = (1 - q) * r + q * p;
    removing += r * Math.exp(order * Math.log(mixed / r));
    adding += r * Math.exp((1 - order) * Math.log(mixed / r));
  }
  return Math.log(Math.max(removing, adding)) / (order - 1);
}

function laplaceOutcomes(b: number): Outcomes {
  const cells = 200_000;
  const inner = Array.from({ length: cells }, (_, i) => {
    const x = (i + 0.5) / cells;
    return [Math.exp(-(1 - x) / b) / (2 * b * cells), Math.exp(-x / b) / (2 * b * cells)] as const;
  });
  const outer = Math.exp(-1 / b) / 2;
  return [...inner, [0.5, outer], [outer, 0.5]];
}

function discreteLaplaceOutcomes(decay: number, shift: number): Outcomes {
  return Array.from({ length: 401 }, (_, i) => {
    const z = i - 200;
    const weight = Math.tanh(decay / 2);
    return [weight * Math.exp(-decay * Math.abs(z - shift)), weight * Math.exp(-decay * Math.abs(z))] as const;
  });
}

/** Masses of a difference of two Poisson variables of mean v/2 against its shift, by convolution. */
function skellamOutcomes(variance: number, shift: number): Outcomes {
  const reach = Math.ceil(variance / 2 + 12 * Math.sqrt(variance) + 40);
  const poisson: number[] = [];
  for (let k = 0, log = -variance / 2; k <= reach; k++) {
    poisson.push(Math.exp(log));
    log += Math.log(variance / 2) - Math.log(k + 1);
  }
  const mass = (z: number): number => {
    let sum = 0;
    for (let k = Math.abs(z); k <= reach; k++) sum += (poisson[k] ?? 0) * (poisson[k - Math.abs(z)] ?? 0);
    return sum;
  };
  const width = Math.ceil(10 * Math.sqrt(variance)) + shift;
  return Array.from({ length: 2 * width + 1 }, (_, i) => [mass(i - width - shift), mass(i - width)] as const);
}

describe('privacy: Rényi divergences of other noise', () => {
  describe('Laplace', () => {
    it('without sampling has the published curve at b 2', () => {
      const event: MechanismEvent = { kind: 'laplace', noiseMultiplier: 2, samplingRate: 1, steps: 1 };
      expect(rdp(event, 2)).to.be.closeTo(0.2003039, 5e-8);
      expect(rdp(event, 3)).to.be.closeTo(0.27122643, 5e-9);
      expect(rdp(event, 8)).to.be.closeTo(0.41026788, 5e-9);
      expect(rdp(event, 32)).to.be.closeTo(0.47814843, 5e-9);
      expect(rdp(event, Infinity)).to.equal(0.5);
    });

    it('with sampling is the worse direction of the definition, at whole and broken orders', () => {
      for (const b of [0.4, 1, 3]) {
        const outcomes = laplaceOutcomes(b);
        for (const samplingRate of [0.01, 0.3, 1])
          for (const order of [1.3, 2, 5.5, 20]) {
            const bound = rdp({ kind: 'laplace', noiseMultiplier: b, samplingRate, steps: 1 }, order);
            const exact = byDefinition(outcomes, samplingRate, order);
            expect(bound / exact, `b ${b} q ${samplingRate} α ${order}`).to.be.within(1 - 1e-7, 1 + 1e-6);
          }
      }
    });

    it('at order ∞ is the greatest loss, so one release costs it without any δ', () => {
      const event: MechanismEvent = { kind: 'laplace', noiseMultiplier: 0.5, samplingRate: 0.1, steps: 1 };
      expect(epsilonOf([event], 0)).to.be.closeTo(Math.log(1 + 0.1 * Math.expm1(2)), 1e-14);
    });
  });

  it('never lets masses vanish in rounding: enormous losses count in full at every order', () => {
    const laplace: MechanismEvent = { kind: 'laplace', noiseMultiplier: 1e-3, samplingRate: 0.1, steps: 10 };
    expect(epsilonOf([laplace], 1e-5)).to.be.above(9000);
    const counts: MechanismEvent = {
      kind: 'discreteLaplace',
      epsilon: 1000,
      sensitivity: 1,
      samplingRate: 0.1,
      steps: 10,
    };
    expect(epsilonOf([counts], 1e-5)).to.be.above(9000);
  });

  describe('discrete Laplace', () => {
    it('is the worse direction of the definition, for any shift by K', () => {
      for (const [decay, shift] of [
        [0.7, 1],
        [0.5, 4],
      ] as const)
        for (const samplingRate of [0.02, 0.4, 1])
          for (const order of [1.5, 3, 9.2]) {
            const event: MechanismEvent = {
              kind: 'discreteLaplace',
              epsilon: decay * shift,
              sensitivity: shift,
              samplingRate,
              steps: 1,
            };
            const exact = byDefinition(discreteLaplaceOutcomes(decay, shift), samplingRate, order);
            expect(rdp(event, order) / exact).to.be.within(1 - 1e-11, 1 + 1e-9);
          }
    });

    it('costs less than a pure mechanism of the same ε of which no more is known', () => {
      const counts: MechanismEvent = {
        kind: 'discreteLaplace',
        epsilon: 1,
        sensitivity: 6,
        samplingRate: 1,
        steps: 20,
      };
      const unknown = Array.from({ length: 20 }, (): MechanismEvent => ({ kind: 'pure', epsilon: 1 }));
      expect(epsilonOf([counts], 1e-6)).to.be.below(epsilonOf(unknown, 1e-6));
    });
  });

  describe('discrete Gaussian', () => {
    const event: MechanismEvent = {
      kind: 'discreteGaussian',
      deviation: 20,
      sensitivity: 10,
      samplingRate: 0.1,
      steps: 9,
    };

    it('unsampled is bounded by the Gaussian of equal σ, sampled by that of variance σ² − 9', () => {
      const whole: MechanismEvent = { kind: 'gaussian', noiseMultiplier: 2, samplingRate: 1, steps: 9 };
      expect(epsilonOf([{ ...event, samplingRate: 1 }], 1e-6)).to.equal(epsilonOf([whole], 1e-6));
      const noiseMultiplier = Math.sqrt(20 ** 2 - 9) / 10;
      const rounded: MechanismEvent = { kind: 'gaussian', noiseMultiplier, samplingRate: 0.1, steps: 9 };
      expect(epsilonOf([event], 1e-6)).to.be.closeTo(epsilonOf([rounded], 1e-6), 1e-12);
    });

    it('too narrow to be a rounding gains nothing from sampling', () => {
      const narrow: MechanismEvent = { ...event, deviation: 2 };
      expect(epsilonOf([narrow], 1e-6)).to.equal(epsilonOf([{ ...narrow, samplingRate: 1 }], 1e-6));
    });
  });

  describe('Skellam', () => {
    const skellam = (variance: number, sensitivity: number, samplingRate: number): MechanismEvent => ({
      kind: 'skellam',
      variance,
      l1Sensitivity: sensitivity,
      l2Sensitivity: sensitivity,
      samplingRate,
      steps: 1,
    });

    it('is never below the divergence of the definition, sampled or not, nor far above it unsampled', () => {
      for (const [variance, shift] of [
        [30, 1],
        [100, 4],
        [200, 2],
      ] as const) {
        const outcomes = skellamOutcomes(variance, shift);
        for (const order of [2, 3, 7]) {
          const exact = byDefinition(outcomes, 1, order);
          expect(rdp(skellam(variance, shift, 1), order)).to.be.within(exact, 1.2 * exact);
          for (const q of [0.01, 0.3])
            expect(rdp(skellam(variance, shift, q), order)).to.be.at.least(byDefinition(outcomes, q, order));
        }
      }
    });

    it('follows the theorem: αΔ²/2μ + min(((2α−1)Δ² + 6Δ₁)/4μ², 3Δ₁/2μ)', () => {
      const event: MechanismEvent = {
        ...skellam(50, 3, 1),
        kind: 'skellam',
        l1Sensitivity: 5,
        l2Sensitivity: 3,
      } as MechanismEvent;
      expect(rdp(event, 4)).to.be.closeTo((4 * 9) / 100 + Math.min((7 * 9 + 30) / 10_000, 15 / 100), 1e-15);
    });

    it('gains from sampling, and at order 2 by ln(1 + q²(e^ε(2) − 1))', () => {
      const whole = rdp(skellam(50, 3, 1), 2);
      expect(rdp(skellam(50, 3, 0.1), 2)).to.be.closeTo(Math.log1p(0.01 * Math.expm1(whole)), 1e-12);
      expect(rdp(skellam(50, 3, 0.01), 8)).to.be.below(rdp(skellam(50, 3, 1), 8) / 20);
    });

    it('is answered at broken orders by the next whole one, and at ∞ by nothing finite', () => {
      expect(rdp(skellam(50, 3, 0.1), 3.2)).to.equal(rdp(skellam(50, 3, 0.1), 4));
      expect(rdp(skellam(50, 3, 1), Infinity)).to.equal(Infinity);
    });
  });

  it('composes in one history: fine-tuning rounds, statistics and counts', () => {
    const history: MechanismEvent[] = [
      { kind: 'gaussian', noiseMultiplier: 1.2, samplingRate: 0.05, steps: 50 },
      { kind: 'laplace', noiseMultiplier: 4, samplingRate: 1, steps: 2 },
      { kind: 'discreteLaplace', epsilon: 0.4, sensitivity: 2, samplingRate: 0.5, steps: 3 },
      { kind: 'skellam', variance: 400, l1Sensitivity: 8, l2Sensitivity: 4, samplingRate: 1, steps: 1 },
    ];
    const parts = history.map((event) => rdp(event, 8));
    expect(rdpCurve(history, [8]).values[0]).to.be.closeTo(
      (parts[0] ?? NaN) + (parts[1] ?? NaN) + (parts[2] ?? NaN) + (parts[3] ?? NaN),
      1e-12,
    );
    expect(epsilonOf(history, 1e-6)).to.be.above(epsilonOf(history.slice(0, 3), 1e-6));
  });

  it('spends nothing at rate 0 and refuses what no mechanism has', () => {
    const events: MechanismEvent[] = [
      { kind: 'laplace', noiseMultiplier: 1, samplingRate: 0, steps: 1 },
      { kind: 'discreteLaplace', epsilon: 1, sensitivity: 1, samplingRate: 0, steps: 1 },
      { kind: 'skellam', variance: 9, l1Sensitivity: 1, l2Sensitivity: 1, samplingRate: 0, steps: 1 },
      { kind: 'discreteGaussian', deviation: 9, sensitivity: 1, samplingRate: 0, steps: 1 },
    ];
    for (const event of events) expect(rdp(event, 2)).to.equal(0);
    const impossible: MechanismEvent[] = [
      { kind: 'laplace', noiseMultiplier: 0, samplingRate: 1, steps: 1 },
      { kind: 'discreteLaplace', epsilon: 1, sensitivity: 1.5, samplingRate: 1, steps: 1 },
      { kind: 'discreteLaplace', epsilon: NaN, sensitivity: 1, samplingRate: 1, steps: 1 },
      { kind: 'skellam', variance: 9, l1Sensitivity: 1, l2Sensitivity: 2, samplingRate: 1, steps: 1 },
      { kind: 'discreteGaussian', deviation: 9, sensitivity: NaN, samplingRate: 1, steps: 1 },
    ];
    for (const event of impossible) expect(() => rdp(event, 2)).to.throw(RangeError);
  });
});
