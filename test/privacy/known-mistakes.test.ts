import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { epsilonOf, gaussianDelta, noiseShare, sampleNoise } from '../../privacy/index.js';
import type { GaussianReleaseNoise, SurvivalTerms } from '../../privacy/index.js';
import { fixedKeyRandom, meanSquare } from './statistics.js';

/** Mistakes that other systems have made; NaN norms, batch shuffling, swapped variances, orders next to 1 and unsigned
 * binomials are tested beside what they concern. */
describe('privacy: known mistakes of others', () => {
  it('noise comes from the given source only: no clock, counter, seed or Math.random in the whole layer', () => {
    const root = fileURLToPath(new URL('../../privacy/', import.meta.url));
    const forbidden =
      /Math\.random|Date\.now|performance\.|process\.|randomBytes|getRandomValues|new Date\(\)|\bseed\b\s*[:=(]/;
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    expect(files.length).to.be.above(10);
    for (const name of files) expect(readFileSync(root + name, 'utf8'), name).not.to.match(forbidden);
    expect('Date.now()', 'positive control').to.match(forbidden);
  });

  it('noise is scaled to the fewest accepted, so the smallest accepted sum still carries z', () => {
    const terms: GaussianReleaseNoise & SurvivalTerms = {
      mechanism: 'gaussian',
      noiseMultiplier: 1,
      sensitivity: 60,
      minimumSurvivors: 6,
      colluders: 2,
    };
    const count = 40_000;
    const honest = 4;
    const total = new Float64Array(count);
    for (let merchant = 0; merchant < honest; merchant++) {
      const noise = sampleNoise(noiseShare(terms), count, fixedKeyRandom(140 + merchant));
      for (const [i, value] of noise.entries()) total[i] = (total[i] ?? 0) + value;
    }
    const tolerance = 6 * Math.sqrt(2 / count);
    expect(meanSquare(total) / 3600).to.be.closeTo(1, tolerance);
    const expectedClients = 8;
    const scaledToExpected = honest / expectedClients;
    expect(scaledToExpected, 'positive control').to.be.below(1 - tolerance);
  });

  it('replacing a shopper costs what twice the sensitivity costs, and is not passed off as adding one', () => {
    expect(gaussianDelta(1 / 2, 1)).to.be.above(3 * gaussianDelta(1, 1));
  });

  it('a sampled discrete Gaussian is accounted with less than its own variance, never more', () => {
    const sampled = { samplingRate: 0.1, steps: 100 };
    const drawn = epsilonOf([{ kind: 'discreteGaussian', deviation: 20, sensitivity: 20, ...sampled }], 1e-5);
    expect(drawn).to.be.above(epsilonOf([{ kind: 'gaussian', noiseMultiplier: 1, ...sampled }], 1e-5));
  });

  it('standard deviation and variance are not swapped: twice the multiplier is four times the variance', () => {
    const variance = (noiseMultiplier: number): number => {
      const share = noiseShare({
        mechanism: 'gaussian',
        noiseMultiplier,
        sensitivity: 1000,
        minimumSurvivors: 1,
        colluders: 0,
      });
      return share.kind === 'gaussian' ? share.variance.variance : NaN;
    };
    expect(variance(2) / variance(1)).to.be.closeTo(4, 1e-4);
  });
});
