import { expect } from 'chai';
import { streamRandom } from '../../crypto/index.js';
import {
  applySum,
  compileTerms,
  decodeModel,
  encodeModel,
  expectKind,
  mechanismEvent,
  planJobs,
  prepareInput,
  quantisationOf,
  reportedItems,
  warmStart,
} from '../../federation/index.js';
import type { JobPlanOptions, ModelKind, PlannedJob, RoundTerms } from '../../federation/index.js';
import { Coins, dyadicExponent, sampleDiscreteLaplace } from '../../privacy/index.js';
import { openMarket } from './market.js';
import type { Market } from './market.js';
import { addInRing } from './ring.js';

describe('popularity', () => {
  let market: Market;
  before(async () => {
    market = await openMarket();
  });

  function planned(privacy: JobPlanOptions['privacy'], change: Partial<JobPlanOptions> = {}): PlannedJob {
    const [job] = planJobs(market.plan({ jobs: ['popularity'], privacy, ...change }));
    if (job === undefined) throw new TypeError('the plan is empty');
    return job;
  }

  const termsOf = ({ template }: PlannedJob): RoundTerms =>
    compileTerms({ ...template, federation: 'market', round: 1, step: 1, modelSha256: Buffer.alloc(32) });

  async function round(job: PlannedJob, model: ModelKind, seed: number): Promise<ModelKind> {
    const terms = termsOf(job);
    const sum = new Uint32Array(terms.dimension);
    for (const [m, data] of market.merchants.entries()) {
      const random = streamRandom(Buffer.alloc(32, 16 * seed + m));
      const { vector } = await prepareInput({ terms, model, data, random });
      addInRing(sum, vector, terms.ringBits);
    }
    return decodeModel(encodeModel(applySum({ terms, model, sum, survivors: market.merchants.length })));
  }

  it('without noise is a plain sum: each shopper’s newest K items, once each', async () => {
    const job = planned('none');
    const { release, itemIds } = expectKind(await round(job, decodeModel(job.model), 1), 'itemCounts');
    const expected = new Map(itemIds.map((id) => [id, 0]));
    for (const data of market.merchants)
      for (let shopper = 0; shopper < data.contributors.length; shopper++) {
        const newest = [...new Set([...data.releasedHistory(shopper)].reverse())].slice(0, 2);
        for (const item of newest) {
          const id = data.catalogue.items[item]?.id ?? '';
          expected.set(id, (expected.get(id) ?? 0) + 1);
        }
      }
    expect(release?.counts).to.deep.equal([...expected.values()]);
    expect([release?.alpha, release?.releases]).to.deep.equal([0, 1]);
  });

  it('moves by at most K when a shopper leaves, and is charged as pure ε', async () => {
    const job = planned({ epsilon: 8, delta: 1e-6 });
    const terms = termsOf(job);
    if (terms.mechanism.kind !== 'laplace') throw new TypeError('counts have Laplace noise');
    const { l1Bound, epsilonNumerator, epsilonDenominator } = terms.mechanism;
    expect(mechanismEvent(terms)).to.deep.equal({ kind: 'pure', epsilon: epsilonNumerator / epsilonDenominator });
    const exact = { ...terms, mechanism: { kind: 'none' as const, clipNorm: l1Bound, samplingRate: 1 } };
    const model = decodeModel(job.model);
    const [one, other] = await Promise.all(
      [0, 1].map((without) => {
        const data = market.withContributors((all) => all.slice(without));
        return prepareInput({ terms: exact, model, data, random: streamRandom(Buffer.alloc(32)) });
      }),
    );
    const moved = Array.from(one?.vector ?? [], (word, i) => Math.abs(word - (other?.vector[i] ?? 0)));
    expect(moved.reduce((total, distance) => total + distance, 0)).to.be.within(1, l1Bound);
  });

  it('adds a later period to those so far', async () => {
    const job = planned({ epsilon: 2, delta: 1e-6 });
    const first = await round(job, decodeModel(job.model), 1);
    const both = expectKind(await round(job, warmStart(decodeModel(job.model), first), 2), 'itemCounts');
    const second = expectKind(await round(job, decodeModel(job.model), 2), 'itemCounts');
    const counts = expectKind(first, 'itemCounts').release?.counts ?? [];
    expect(both.release?.counts).to.deep.equal(counts.map((count, i) => count + (second.release?.counts[i] ?? NaN)));
    expect([both.release?.releases, both.release?.noiseShape]).to.deep.equal([2, 2 * (8 / 4)]);
  });

  for (const shopperMultiplicity of [1, 2])
    it(`says how much noise there is, where a shopper counts at ${shopperMultiplicity} merchants`, async () => {
      const job = planned({ epsilon: 2, delta: 1e-6 }, { shopperMultiplicity });
      const model = expectKind(await round(job, decodeModel(job.model), 1), 'itemCounts');
      expect(model.release?.alpha).to.be.closeTo(Math.exp(-2 / shopperMultiplicity), 1e-2);
      const { deviation } = quantisationOf(termsOf(job));
      expect(reportedItems(model)?.deviation).to.be.closeTo(deviation * Math.sqrt(8 / 4), 1e-9);
    });

  it('reports no item that noise alone explains, nineteen times of twenty', () => {
    const [alpha, noiseShape, items] = [Math.exp(-1), 2, 200] as const;
    const coins = new Coins(streamRandom(Buffer.alloc(32, 5)));
    const draw = (): number => sampleDiscreteLaplace(coins, dyadicExponent(1));
    const reportOf = (bought: number) => {
      const counts = Array.from({ length: items }, (_, i) => draw() + draw() + (i === 0 ? bought : 0));
      const release = { counts, l1Bound: 1, alpha, noiseShape, releases: 1 };
      return reportedItems({ catalogue: 'art', itemIds: counts.map((_, i) => `item-${i}`), release })?.items ?? [];
    };
    const trials = 200;
    const wrong = Array.from({ length: trials }, () => reportOf(0).length > 0).filter(Boolean).length;
    expect(wrong).to.be.at.most(0.05 * trials + 5 * Math.sqrt(0.05 * trials));
    // The control: an item that so many bought is there, and first. The deviation is 2.7.
    expect(reportOf(25).map(({ itemId }) => itemId)).to.deep.equal(['item-0']);
  });

  it('has nothing to report before the first release', () => {
    expect(reportedItems(expectKind(decodeModel(planned('none').model), 'itemCounts'))).to.equal(undefined);
  });
});
