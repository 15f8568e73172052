import { expect } from 'chai';
import { streamRandom } from '../../crypto/index.js';
import {
  applySum,
  compileTerms,
  decodeModel,
  encodeModel,
  expectKind,
  planJobs,
  prepareInput,
  quantisationOf,
  TrainingData,
} from '../../federation/index.js';
import type { JobKind, JobPlanOptions, ModelKind, PlannedJob, RoundTerms } from '../../federation/index.js';
import {
  loadEngine,
  loadTextIndex,
  initialLinear,
  newtonContribution,
  openMerchant,
  textNeighbourPairs,
} from '../../recommender/index.js';
import type { Catalogue, Shopper } from '../../recommender/index.js';
import { addInRing, differences } from './ring.js';

const WORDS = ['red', 'blue', 'green', 'paint', 'brush', 'canvas', 'easel', 'paper', 'clay', 'pencil'];
const items = WORDS.flatMap((noun, n) =>
  WORDS.slice(0, 4).map((colour, c) => ({
    id: `item-${n}-${c}`,
    title: `${colour} ${noun}`,
    brand: c % 2 === 0 ? 'Oak' : 'Elm',
    category: `art ${noun}`,
  })),
);
const catalogue: Catalogue = { items, indexOf: new Map(items.map(({ id }, index) => [id, index])) };

/** Shoppers who walk along neighbouring items. */
const shoppersOf = (merchant: number): Shopper[] =>
  Array.from({ length: 12 }, (_, s) => ({
    key: `${merchant}-${s}`,
    history: Int32Array.from({ length: 6 }, (_, e) => (merchant + 3 * s + e) % items.length),
  }));

const MERCHANTS = 8;
const gateSecret = Buffer.alloc(16, 5);

describe('round pipeline', () => {
  let merchants: readonly TrainingData[];
  let options: (jobs: readonly JobKind[], privacy: JobPlanOptions['privacy']) => JobPlanOptions;

  before(async () => {
    const engine = await loadEngine();
    const text = loadTextIndex(catalogue, engine);
    merchants = Array.from(
      { length: MERCHANTS },
      (_, m) =>
        new TrainingData(openMerchant({ engine, text, shop: { catalogue, shoppers: shoppersOf(m) }, gateSecret })),
    );
    options = (jobs, privacy) => ({
      jobs,
      privacy,
      roster: { minimumMerchants: 8, colluders: 2, minimumSurvivors: 6, maximumMerchants: 8 },
      expectedShoppers: 96,
      catalogues: [{ name: 'art', itemIds: items.map(({ id }) => id), support: textNeighbourPairs(text, 5) }],
    });
  });

  const termsOf = ({ template }: PlannedJob, step = 1): RoundTerms =>
    compileTerms({ ...template, federation: 'market', round: step, step, modelSha256: Buffer.alloc(32) });

  const only = (jobs: readonly PlannedJob[]): PlannedJob => {
    const [job] = jobs;
    if (job === undefined) throw new TypeError('the plan is empty');
    return job;
  };

  /** One round with every merchant, the masks left out: what secure aggregation computes. */
  async function round(terms: RoundTerms, model: ModelKind, seed: number): Promise<ModelKind> {
    const sum = new Uint32Array(terms.dimension);
    for (const [m, data] of merchants.entries()) {
      const random = streamRandom(Buffer.alloc(32, 16 * seed + m));
      const { vector } = await prepareInput({ terms, model, data, random });
      addInRing(sum, vector, terms.ringBits);
    }
    return decodeModel(encodeModel(applySum({ terms, model, sum, survivors: MERCHANTS })));
  }

  it('without noise counts what the shoppers bought: as many units as the histories give', async () => {
    const job = only(planJobs(options(['counts'], 'none')));
    const model = expectKind(await round(termsOf(job), decodeModel(job.model), 1), 'neighbourCounts');
    const units = model.counts.reduce((total, count) => total + count, 0);
    expect(Math.min(...model.counts)).to.be.at.least(0);
    expect(units).to.be.above(0);
    // K = 2 without noise: a shopper with any pair gives two units.
    expect(units).to.be.at.most(MERCHANTS * 12 * 2);
    expect(units % 2).to.equal(0);
  });

  it('with noise the counts differ from round to round, and the model says how noisy they are', async () => {
    const job = only(planJobs(options(['counts'], { epsilon: 2, delta: 1e-6 })));
    const first = expectKind(await round(termsOf(job), decodeModel(job.model), 1), 'neighbourCounts');
    const second = expectKind(await round(termsOf(job), decodeModel(job.model), 2), 'neighbourCounts');
    expect(first.counts).not.to.deep.equal(second.counts);
    expect(first.alpha).to.be.closeTo(Math.exp(-2), 0.01);
    expect(first.noiseShape).to.equal(8 / 4);
  });

  it('adds the counts of a later period to those so far, unless their noise is of another kind', async () => {
    const planned = (epsilon: number) => only(planJobs(options(['counts'], { epsilon, delta: 1e-6 })));
    const job = planned(2);
    const first = await round(termsOf(job), decodeModel(job.model), 1);
    const january = expectKind(first, 'neighbourCounts');
    const both = expectKind(await round(termsOf(job), first, 2), 'neighbourCounts');
    const february = expectKind(await round(termsOf(job), decodeModel(job.model), 2), 'neighbourCounts');
    expect(both.counts).to.deep.equal(january.counts.map((count, cell) => count + (february.counts[cell] ?? NaN)));
    expect([both.releases, both.noiseShape]).to.deep.equal([2, 2 * january.noiseShape]);
    const louder = expectKind(await round(termsOf(planned(1)), first, 2), 'neighbourCounts');
    expect([louder.releases, louder.noiseShape]).to.deep.equal([1, january.noiseShape]);
  });

  it('the Newton round gives weights, and the noiseless ones do not depend on the coins', async () => {
    const job = only(planJobs(options(['reranker'], 'none')));
    const first = expectKind(await round(termsOf(job), decodeModel(job.model), 1), 'linearReranker');
    const second = expectKind(await round(termsOf(job), decodeModel(job.model), 2), 'linearReranker');
    expect(first.weights).to.deep.equal(second.weights);
    expect(first.weights.some((weight) => weight !== 0)).to.equal(true);
  });

  for (const privacy of ['none', { epsilon: 8, delta: 1e-6 }] as const) {
    it(`the MLP form moves step by step ${privacy === 'none' ? 'by FedAvg' : 'by FedSGD under noise'}`, async () => {
      const job = only(planJobs(options(['mlp'], privacy)));
      let model = decodeModel(job.model);
      const start = expectKind(model, 'mlpReranker').parameters;
      for (const step of [1, 2]) model = await round(termsOf(job, step), model, step);
      const { parameters, server } = expectKind(model, 'mlpReranker');
      expect(server?.steps).to.equal(2);
      expect(parameters).to.have.length(start.length);
      expect(parameters.every(Number.isFinite)).to.equal(true);
      expect(parameters).not.to.deep.equal(start);
    });
  }

  it('an empty sample still gives a noisy vector of full length', async () => {
    const terms = termsOf(only(planJobs(options(['reranker'], { epsilon: 1, delta: 1e-6 }))));
    const engine = await loadEngine();
    const text = loadTextIndex(catalogue, engine);
    const nobody = new TrainingData(openMerchant({ engine, text, shop: { catalogue, shoppers: [] }, gateSecret }));
    const model = decodeModel(only(planJobs(options(['reranker'], 'none'))).model);
    const { vector, report } = await prepareInput({
      terms,
      model,
      data: nobody,
      random: streamRandom(Buffer.alloc(32, 3)),
    });
    expect(report.sampled).to.equal(0);
    expect(vector).to.have.length(terms.dimension);
    expect(vector.filter((word) => word === 0).length).to.be.below(5);
  });

  /** The vectors of one merchant with all its shoppers and without its last contributor, under the same coins. */
  async function neighbours(terms: RoundTerms, model: ModelKind): Promise<{ distances: number[]; last: TrainingData }> {
    const engine = await loadEngine();
    const text = loadTextIndex(catalogue, engine);
    const openedWith = (shoppers: readonly Shopper[]) =>
      new TrainingData(openMerchant({ engine, text, shop: { catalogue, shoppers }, gateSecret }));
    const last = openedWith(shoppersOf(1));
    const without = openedWith(last.contributors.slice(0, -1));
    const [one, other] = await Promise.all(
      [last, without].map((data) => prepareInput({ terms, model, data, random: streamRandom(Buffer.alloc(32, 9)) })),
    );
    if (one === undefined || other === undefined) throw new TypeError('both were prepared');
    const distances = differences(one.vector, other.vector, terms.ringBits);
    return { distances, last };
  }

  it('moves by at most the accounted sensitivity when a shopper leaves, however large the shopper’s contribution', async () => {
    const job = only(planJobs(options(['reranker'], { epsilon: 1, delta: 1e-6 })));
    const planned = termsOf(job);
    if (planned.mechanism.kind !== 'gaussian') throw new TypeError('the job has Gaussian noise');
    // So small a clip norm that every contribution is clipped.
    const terms = { ...planned, mechanism: { ...planned.mechanism, clipNorm: 0.01 } };
    const { distances, last } = await neighbours(terms, decodeModel(job.model));
    const lists = last.strictLists(last.contributors.length - 1);
    const { scale, sensitivity } = quantisationOf(terms);
    expect(scale * Math.hypot(...newtonContribution(lists, initialLinear()))).to.be.above(10 * sensitivity);
    expect(Math.hypot(...distances)).to.be.within(1, sensitivity);
  });

  it('moves by at most K units when a shopper leaves a counts round', async () => {
    const job = only(planJobs(options(['counts'], 'none')));
    const { distances } = await neighbours(termsOf(job), decodeModel(job.model));
    expect(distances.reduce((total, distance) => total + Math.abs(distance), 0)).to.be.within(1, 2);
  });
});
