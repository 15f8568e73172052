import { expect } from 'chai';
import fc from 'fast-check';
import {
  finestParts,
  noiseShare,
  remainingNoise,
  removableComponents,
  removableShares,
  sampleNoise,
} from '../../../privacy/index.js';
import type { NoiseShare, ReleaseNoise, RosterNoise } from '../../../privacy/index.js';
import { expectCode } from '../../expect-code.js';
import { discreteLaplaceLaw, fit, fixedKeyRandom, meanSquare } from '../statistics.js';

const gaussian: ReleaseNoise = { mechanism: 'gaussian', noiseMultiplier: 1.1, sensitivity: 90 };
const laplace: ReleaseNoise = { mechanism: 'laplace', epsilon: 0.7, sensitivity: 1 };
const eight: RosterNoise = { merchants: 8, minimumSurvivors: 6, colluders: 2 };

const rosters = fc
  .record({ colluders: fc.integer({ min: 1, max: 20 }), honest: fc.integer({ min: 2, max: 60 }), lost: fc.nat(40) })
  .map(({ colluders, honest, lost }): RosterNoise => {
    const minimumSurvivors = honest + colluders;
    return { colluders, minimumSurvivors, merchants: minimumSurvivors + lost };
  });

/** 1/p of a share, as it is drawn. */
const partOf = (share: NoiseShare): number =>
  share.kind === 'polya' ? 1 / share.shares : share.variance.variance / (1.1 * 90) ** 2;

/** The sum of what `merchants` draw of some components. */
function drawn(shares: readonly NoiseShare[], merchants: number, count: number, key: number): Int32Array {
  const total = new Int32Array(count);
  for (let merchant = 0; merchant < merchants; merchant++) {
    for (const [component, share] of shares.entries()) {
      const noise = sampleNoise(share, count, fixedKeyRandom(key + 20 * merchant + component));
      for (let i = 0; i < count; i++) total[i] = (total[i] ?? 0) + (noise[i] ?? 0);
    }
  }
  return total;
}

describe('privacy: noise whose excess can be removed', () => {
  it('leaves honest survivors with the whole noise, whoever is missing and whoever colludes', () => {
    fc.assert(
      fc.property(rosters, fc.nat(40), (roster, lost) => {
        const wide = { ...gaussian, noiseMultiplier: 1.1, sensitivity: 90_000 };
        const shares = removableShares(wide, roster);
        const missing = Math.min(lost, removableComponents(roster));
        const kept = shares.slice(0, missing + 1).reduce((sum, share) => sum + partOf(share) / 1e6, 0);
        const honestSurvivors = roster.merchants - missing - roster.colluders;
        expect(honestSurvivors * kept).to.be.within(1, 1 + 1e-4);
        const all = shares.reduce((sum, share) => sum + partOf(share) / 1e6, 0);
        expect(all * (roster.minimumSurvivors - roster.colluders)).to.be.within(1, 1 + 1e-4);
      }),
      { seed: 13, numRuns: 200 },
    );
  });

  it('cuts counts into exact fractions: 1/N and 1/((N−j)(N−j+1))', () => {
    const shares = removableShares(laplace, { merchants: 10, minimumSurvivors: 7, colluders: 2 });
    expect(shares.map((share) => (share.kind === 'polya' ? share.shares : 0))).to.deep.equal([8, 7 * 8, 6 * 7, 5 * 6]);
    expect(finestParts({ merchants: 10, minimumSurvivors: 7, colluders: 2 })).to.equal(56);
    expect(finestParts({ merchants: 7, minimumSurvivors: 7, colluders: 2 })).to.equal(5);
  });

  it('sums to exactly discrete Laplace noise over the honest survivors of any accepted number', () => {
    const count = 150_000;
    const shares = removableShares(laplace, eight);
    for (const missing of [0, 1, 2]) {
      const honest = drawn(shares.slice(0, missing + 1), 6 - missing, count, 20 + missing);
      const { statistic, bound } = fit(honest, discreteLaplaceLaw(0.7));
      expect(statistic, `${missing} missing`).to.be.below(bound);
    }
    const stripped = fit(drawn(shares.slice(0, 1), 5, count, 25), discreteLaplaceLaw(0.7));
    expect(stripped.statistic, 'positive control: one component too many is removed').to.be.above(stripped.bound);
  });

  it('has the variance that is said to remain, two thirds of the worst case where nobody of 8 is missing', () => {
    const count = 60_000;
    const whole = (1.1 * 90) ** 2;
    const tolerance = 6 * Math.sqrt(2 / count);
    const shares = removableShares(gaussian, eight);
    for (const [missing, removed] of [
      [0, 8],
      [1, 7],
      [1, 5],
      [2, 0],
    ] as const) {
      const survivors = 8 - missing;
      const claimed = remainingNoise(eight, { survivors, removed });
      const noise = drawn(shares.slice(0, missing + 1), removed, count, 40 + missing);
      const left = drawn(shares, survivors - removed, count, 140 + missing);
      const measured = meanSquare(noise.map((value, i) => value + (left[i] ?? 0))) / whole / claimed;
      expect(measured, `${missing} missing, ${removed} removed`).to.be.closeTo(1, tolerance);
    }
    const worst = 8 / (6 - 2);
    expect(worst / remainingNoise(eight, { survivors: 8, removed: 8 })).to.be.closeTo(1.5, 1e-12);
    const untouched = meanSquare(drawn(shares, 8, count, 60)) / whole;
    expect(untouched, 'positive control: before removal').to.be.closeTo(worst, worst * tolerance);
    expect(untouched).to.be.above(remainingNoise(eight, { survivors: 8, removed: 8 }) * (1 + tolerance));
  });

  it('before removal is the worst case’s share, no more', () => {
    const share = noiseShare({ ...gaussian, ...eight });
    const whole = removableShares(gaussian, eight).reduce((sum, component) => sum + partOf(component), 0);
    expect(whole / partOf(share)).to.be.within(1 - 1e-5, 1 + 1e-5);
  });

  it('is refused where a component would be narrower than 3 quanta, and for rosters that cannot be', () => {
    const narrow = { ...gaussian, noiseMultiplier: 1, sensitivity: 3 * Math.sqrt(6 * 5) };
    expect(removableShares({ ...narrow, sensitivity: narrow.sensitivity * 1.0001 }, eight)).to.have.length(3);
    expectCode(
      () => removableShares({ ...narrow, sensitivity: narrow.sensitivity * 0.999 }, eight),
      'NOISE_OUT_OF_RANGE',
    );
    expectCode(() => removableShares(gaussian, { ...eight, merchants: 5 }), 'NOISE_TERMS_INVALID');
    expectCode(() => removableShares(gaussian, { ...eight, colluders: 6 }), 'NOISE_TERMS_INVALID');
  });
});
