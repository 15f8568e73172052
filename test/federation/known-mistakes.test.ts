import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { applyMasks, streamRandom } from '../../crypto/index.js';
import { compileTerms, decodeModel, planJobs, prepareInput, quantisationOf } from '../../federation/index.js';
import type { RoundTerms } from '../../federation/index.js';
import { openMarket } from './market.js';
import { addInRing, differences } from './ring.js';

/** Mistakes that other systems have made, looked for in what really leaves a merchant; see also test/privacy. */
describe('federation: known mistakes of others', () => {
  it('the sum of the fewest honest merchants holds the claimed noise, once and not twice, and whole', async () => {
    const { merchants, plan } = await openMarket();
    const [job] = planJobs(plan({ jobs: ['reranker'], privacy: { epsilon: 1, delta: 1e-6 } }));
    if (job === undefined) throw new TypeError('the plan is empty');
    const terms: RoundTerms = compileTerms({
      ...job.template,
      federation: 'market',
      round: 1,
      step: 1,
      modelSha256: Buffer.alloc(32),
    });
    const { roster, dimension } = terms;
    const honest = merchants.slice(0, roster.minimumSurvivors - roster.colluders);
    const model = decodeModel(job.model);
    let key = 0;
    const sumOfHonest = async (): Promise<Uint32Array> => {
      const sum = new Uint32Array(dimension);
      for (const data of honest) {
        const { vector } = await prepareInput({ terms, model, data, random: streamRandom(Buffer.alloc(32, ++key)) });
        addInRing(sum, vector, terms.ringBits);
      }
      return sum;
    };
    // Everybody takes part, so the data cancels in the difference of two rounds and twice the noise's variance is left.
    const rounds = 20;
    let squares = 0;
    for (let round = 0; round < rounds; round++) {
      const [one, other] = [await sumOfHonest(), await sumOfHonest()];
      squares += differences(one, other, terms.ringBits).reduce((total, distance) => total + distance ** 2, 0);
    }
    const { sensitivity } = quantisationOf(terms);
    if (terms.mechanism.kind !== 'gaussian') throw new TypeError('the job has Gaussian noise');
    const claimed = (terms.mechanism.noiseMultiplier * sensitivity) ** 2;
    const ratio = squares / (2 * rounds * dimension) / claimed;
    const tolerance = 6 * Math.sqrt(2 / (rounds * dimension));
    expect(ratio).to.be.closeTo(1, tolerance);
    for (const mistaken of [2, honest.length / merchants.length, 1 / honest.length])
      expect(Math.abs(mistaken - 1), 'control: twice, or scaled to all merchants, or in one share').to.be.above(
        tolerance,
      );
  });

  it('masks come from keys of 256 bits; one of 28 or 32 bits is refused', () => {
    const vector = new Uint32Array(4);
    applyMasks(vector, [{ key: Buffer.alloc(32, 1), sign: 1 }], { ringBits: 32 });
    expect(new Set(vector).size, 'control: a whole key masks').to.be.above(1);
    for (const key of [Buffer.alloc(4, 1), Buffer.alloc(3, 1)])
      expect(() => {
        applyMasks(vector, [{ key, sign: 1 }], { ringBits: 32 });
      }).to.throw(RangeError, '32 bytes');
  });

  it('no clock, counter or Math.random feeds coins in the pure layers', () => {
    const forbidden = /Math\.random|Date\.now|performance\.|new Date\(\)/;
    for (const layer of ['federation', 'crypto', 'recommender']) {
      const root = fileURLToPath(new URL(`../../${layer}/`, import.meta.url));
      const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
      expect(files.length).to.be.above(10);
      for (const name of files) expect(readFileSync(root + name, 'utf8'), name).not.to.match(forbidden);
    }
    expect('const key = Date.now()', 'positive control').to.match(forbidden);
  });
});
