import { expect } from 'chai';
import fc from 'fast-check';
import {
  Coins,
  epsilonOf,
  nextClipNorm,
  quantileSplit,
  readQuantileRelease,
  withClipBit,
} from '../../../privacy/index.js';
import { expectCode } from '../../expect-code.js';
import { fixedKeyRandom } from '../statistics.js';

const SPLIT_TERMS = { norm: 1.5, noiseMultiplier: 0.8, bitDeviation: 5 };

describe('privacy: adaptive clipping', () => {
  it('costs together exactly what the whole multiplier costs: z^−2 = z_Δ^−2 + (2σ_b)^−2', () => {
    const whole = SPLIT_TERMS.noiseMultiplier;
    const { contributionMultiplier, contributionNorm, bitWeight } = quantileSplit(SPLIT_TERMS);
    expect(contributionMultiplier ** -2 + (2 * SPLIT_TERMS.bitDeviation) ** -2).to.be.closeTo(whole ** -2, 1e-12);
    const event = (noiseMultiplier: number) =>
      ({ kind: 'gaussian', noiseMultiplier, samplingRate: 1, steps: 1 }) as const;
    const apart = epsilonOf([event(contributionMultiplier), event(2 * SPLIT_TERMS.bitDeviation)], 1e-6);
    expect(apart).to.be.closeTo(epsilonOf([event(whole)], 1e-6), 1e-9);
    expect(epsilonOf([event(contributionMultiplier)], 1e-6), 'positive control: bits are not free').to.be.below(
      apart - 1e-3,
    );
    // The noise zS on every coordinate is what either part is said to have, up to the headroom.
    const deviation = whole * SPLIT_TERMS.norm;
    expect(deviation / contributionNorm / contributionMultiplier).to.be.within(1, 1.003);
    expect(deviation / bitWeight / SPLIT_TERMS.bitDeviation).to.be.within(1, 1.003);
  });

  it('holds every vector to the whole norm, whatever the contribution and whatever clip norm a model claims', () => {
    const split = quantileSplit(SPLIT_TERMS);
    const values = fc.array(fc.oneof(fc.float(), fc.float({ min: -2, max: 2 })), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(values, fc.oneof(fc.double(), fc.double({ min: 0.01, max: 5 })), (contribution, clipNorm) => {
        const norm = Math.hypot(...withClipBit(Float32Array.from(contribution), clipNorm, split));
        // What is not finite is dropped by the clipping that follows; it never comes out larger.
        expect(!Number.isFinite(norm) || norm <= SPLIT_TERMS.norm * (1 - 2 ** -10)).to.equal(true);
      }),
      { seed: 12, numRuns: 1000 },
    );
  });

  it('says with the bit whether the contribution was within the clip norm, and leaves its direction', () => {
    const split = quantileSplit(SPLIT_TERMS);
    const contribution = Float32Array.of(3, 4);
    const within = withClipBit(contribution, 10, split);
    const beyond = withClipBit(contribution, 2, split);
    expect(within[2]).to.equal(split.bitWeight / 2);
    expect(beyond[2]).to.equal(-split.bitWeight / 2);
    expect(Math.hypot(within[0] ?? 0, within[1] ?? 0)).to.be.closeTo(split.contributionNorm / 2, 1e-12);
    expect(Math.hypot(beyond[0] ?? 0, beyond[1] ?? 0)).to.be.closeTo(split.contributionNorm, 1e-12);
    const { sum, withinShare } = readQuantileRelease(within, { clipNorm: 10, split, expectedContributions: 1 });
    expect(sum[0]).to.be.closeTo(3, 1e-12);
    expect(withinShare).to.equal(1);
  });

  /** Rounds of shoppers with norms e^N, noise on the bits only: where the clip norm ends. */
  function follow(rule: { targetQuantile: number; learningRate: number }, start: number, rounds: number): number {
    const coins = new Coins(fixedKeyRandom(181));
    const uniform = (): number => (coins.bits(53) + 0.5) * 2 ** -53;
    const normal = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
    const shoppers = 200;
    const split = quantileSplit({ ...SPLIT_TERMS, bitDeviation: 0.05 * shoppers });
    let clipNorm = start;
    for (let round = 0; round < rounds; round++) {
      const released = new Float64Array(2);
      for (let shopper = 0; shopper < shoppers; shopper++) {
        const vector = withClipBit(Float32Array.of(Math.exp(normal())), clipNorm, split);
        vector.forEach((value, i) => (released[i] = (released[i] ?? 0) + value));
      }
      released[1] = (released[1] ?? 0) + SPLIT_TERMS.noiseMultiplier * SPLIT_TERMS.norm * normal();
      const { withinShare } = readQuantileRelease(released, { clipNorm, split, expectedContributions: shoppers });
      clipNorm = nextClipNorm(clipNorm, withinShare, rule);
    }
    return clipNorm;
  }

  it('brings the clip norm to the target quantile of the norms, from above and from below', () => {
    // Quantiles of e^N: the median is 1, the 80th percentile e^0.8416.
    for (const start of [0.05, 20]) {
      expect(Math.log(follow({ targetQuantile: 0.5, learningRate: 0.2 }, start, 150))).to.be.closeTo(0, 0.15);
      expect(Math.log(follow({ targetQuantile: 0.8, learningRate: 0.2 }, start, 150))).to.be.closeTo(0.8416, 0.2);
    }
  });

  it('positive control: it does not get there in a few rounds, nor with the step turned round', () => {
    expect(Math.log(follow({ targetQuantile: 0.5, learningRate: 0.2 }, 20, 5))).to.be.above(1);
    expect(Math.log(follow({ targetQuantile: 0.5, learningRate: -0.2 }, 1.5, 150))).to.be.above(1);
  });

  it('refuses bits that would need all of the noise', () => {
    for (const bitDeviation of [0, 0.4, -1, NaN])
      expectCode(() => quantileSplit({ ...SPLIT_TERMS, bitDeviation }), 'NOISE_TERMS_INVALID');
  });
});
