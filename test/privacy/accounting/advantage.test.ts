import { expect } from 'chai';
import fc from 'fast-check';
import { advantageAtMost, epsilonOf, gaussianDelta } from '../../../privacy/index.js';
import type { MechanismEvent } from '../../../privacy/index.js';
import { normalCdf } from '../../../privacy/accounting/special-functions.js';

const gaussian = (noiseMultiplier: number, samplingRate: number, steps: number): MechanismEvent => ({
  kind: 'gaussian',
  noiseMultiplier,
  samplingRate,
  steps,
});

/** A pair of distributions on a fine grid of losses: mass under P and under Q. */
type Pair = readonly (readonly [number, number])[];

function subsampledPair(z: number, q: number, cells: number): Pair {
  const low = -9 * z;
  const high = 9 * z + 1;
  return Array.from({ length: cells }, (_, i) => {
    const edge = (k: number, mean: number): number => {
      if (k === 0) return 0;
      if (k === cells) return 1;
      return normalCdf((low + ((high - low) * k) / cells - mean) / z);
    };
    const without = edge(i + 1, 0) - edge(i, 0);
    const withShopper = edge(i + 1, 1) - edge(i, 1);
    return [without, (1 - q) * without + q * withShopper] as const;
  });
}

function responsePair(epsilon: number): Pair {
  const p = 1 / (1 + Math.exp(-epsilon));
  return [
    [p, 1 - p],
    [1 - p, p],
  ];
}

/** Total variation of a product of pairs, by enumeration; binning only lowers it, and only a little. */
function bruteForce(pairs: readonly Pair[]): number {
  let joint: Pair = [[1, 1]];
  for (const pair of pairs) joint = joint.flatMap(([p, q]) => pair.map(([r, s]) => [p * r, q * s] as const));
  return joint.reduce((sum, [p, q]) => sum + Math.abs(p - q), 0) / 2;
}

describe('privacy: the advantage (total variation, at most)', () => {
  it('is exact for unsampled Gaussians: .38292492 at σ 1, and the same for √3 three times', () => {
    expect(advantageAtMost([gaussian(1, 1, 1)])).to.be.closeTo(0.38292492, 5e-9);
    expect(advantageAtMost([gaussian(Math.sqrt(3), 1, 3)])).to.be.closeTo(0.38292492254802607, 1e-14);
  });

  it('is tanh(ε/2) for one pure mechanism', () => {
    for (const epsilon of [1e-6, 0.5, 1, 8]) {
      expect(advantageAtMost([{ kind: 'pure', epsilon }])).to.be.closeTo(Math.tanh(epsilon / 2), 1e-10);
    }
  });

  it('is q times the Gaussian one for a single sampled step', () => {
    expect(advantageAtMost([gaussian(1, 0.1, 1)])).to.be.closeTo(0.1 * gaussianDelta(1, 0), 1e-15);
  });

  it('is never below the brute-force value of small compositions, nor far above it', () => {
    const cases: { events: MechanismEvent[]; pairs: Pair[] }[] = [];
    for (const [z, q] of [
      [1, 0.1],
      [0.7, 0.5],
      [2, 0.9],
      [0.4, 0.02],
    ] as const) {
      const pair = subsampledPair(z, q, 60);
      cases.push({ events: [gaussian(z, q, 2)], pairs: [pair, pair] });
      cases.push({ events: [gaussian(z, q, 3)], pairs: [pair, pair, pair] });
      cases.push({
        events: [gaussian(z, q, 1), gaussian(1.5, 1, 1), { kind: 'pure', epsilon: 0.8 }],
        pairs: [pair, subsampledPair(1.5, 1, 60), responsePair(0.8)],
      });
    }
    for (const epsilon of [0.1, 1, 3]) {
      const pure: MechanismEvent = { kind: 'pure', epsilon };
      cases.push({ events: [pure, pure, pure], pairs: [1, 2, 3].map(() => responsePair(epsilon)) });
    }
    for (const { events, pairs } of cases) {
      const exact = bruteForce(pairs);
      const bound = advantageAtMost(events);
      expect(bound, JSON.stringify(events)).to.be.at.least(exact);
      expect(bound, JSON.stringify(events)).to.be.at.most(1.6 * exact);
    }
  });

  it('positive control: the brute force catches a bound that forgets a step', () => {
    const pair = subsampledPair(1, 0.1, 60);
    expect(bruteForce([pair, pair])).to.be.above(advantageAtMost([gaussian(1, 0.1, 1)]));
  });

  it('differs where ε does not: equal ε can mean .33 under Gaussian noise and .96 under Laplace noise', () => {
    const epsilon = 4;
    expect(advantageAtMost([{ kind: 'pure', epsilon }])).to.be.closeTo(0.964, 5e-4);
    expect(gaussianDelta(1.17, 0)).to.be.closeTo(0.33, 0.005);
    expect(epsilonOf([gaussian(1.17, 1, 1)], 1e-5)).to.be.within(3.5, 4.5);
  });

  it('stays between 0 and 1, grows with the history and never with more noise', () => {
    const event = fc.oneof(
      fc.record({
        kind: fc.constant('gaussian' as const),
        noiseMultiplier: fc.double({ min: 0.2, max: 30, noNaN: true }),
        samplingRate: fc.oneof(fc.constant(1), fc.double({ min: 1e-4, max: 1, noNaN: true })),
        steps: fc.integer({ min: 1, max: 200 }),
      }),
      fc.record({ kind: fc.constant('pure' as const), epsilon: fc.double({ min: 0, max: 5, noNaN: true }) }),
    );
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 4 }), (events) => {
        const whole = advantageAtMost(events);
        expect(whole).to.be.within(0, 1);
        // Each history chooses its own grid, and with it how far above the exact value its bound is.
        const limit = whole * (1 + 1e-4) + 1e-12;
        expect(advantageAtMost(events.slice(1))).to.be.at.most(limit);
        const quieter = events.map((e) => (e.kind === 'pure' ? e : { ...e, noiseMultiplier: 2 * e.noiseMultiplier }));
        expect(advantageAtMost(quieter)).to.be.at.most(limit);
      }),
      { numRuns: 15, seed: 5 },
    );
  });

  it('is 0 for an empty history and refuses impossible events', () => {
    expect(advantageAtMost([])).to.equal(0);
    expect(advantageAtMost([gaussian(1, 0, 10)])).to.equal(0);
    expect(() => advantageAtMost([gaussian(NaN, 1, 1)])).to.throw(RangeError);
  });
});
