import { expect } from 'chai';
import { streamRandom } from '../../crypto/index.js';
import {
  applySum,
  checkPolicy,
  compileTerms,
  decodeModel,
  expectKind,
  ledgerEntry,
  localNoise,
  mechanismEvent,
  parsePolicy,
  planJobs,
  prepareInput,
  taskOf,
} from '../../federation/index.js';
import type { JobPlanOptions, ModelKind, RoundTerms, TrainingData } from '../../federation/index.js';
import { accumulatorOf } from '../../federation/accumulator.js';
import { epsilonOf, eventsOf } from '../../privacy/index.js';
import type { Shopper } from '../../recommender/index.js';
import type { Contract } from '../../proto/index.js';
import { NoiseStrategy } from '../../proto/index.js';
import { expectCode } from '../expect-code.js';
import { openMarket } from './market.js';
import type { Market } from './market.js';
import { addInRing } from './ring.js';

const DELTA = 1e-6;

describe('FedAvg by merchant-local DP-SGD', () => {
  let market: Market;
  let standard: ReturnType<typeof planned>;
  before(async () => {
    market = await openMarket();
    standard = planned();
  });

  function planned(change: Partial<JobPlanOptions> = {}): { readonly template: Contract; readonly model: ModelKind } {
    const privacy = { epsilon: 4, delta: DELTA };
    const [job] = planJobs(market.plan({ jobs: ['mlp'], privacy, noiseStrategy: 'local', ...change }));
    if (job === undefined) throw new TypeError('the plan is empty');
    return { template: job.template, model: decodeModel(job.model) };
  }

  const compiled = (template: Contract, step = 1): RoundTerms =>
    compileTerms({ ...template, federation: 'market', round: step, step, modelSha256: Buffer.alloc(32) });

  interface Local {
    readonly noiseMultiplier?: number;
    readonly samplingRate?: number;
    readonly localSteps?: number;
    readonly clipNorm?: number;
  }

  /** Terms under which a movement is minus the sum of what its local steps released: rate and denominator are 1. */
  function unitTerms(change: Local): RoundTerms {
    const terms = compiled(standard.template);
    const { mechanism, task } = terms;
    if (mechanism.kind !== 'local' || task.$case !== 'rerankerDpFedavg') throw new TypeError('the job trains locally');
    const { local } = task.value;
    if (local?.optimiser === undefined) throw new TypeError('the job says how');
    const optimiser = { ...local.optimiser, name: 'fedavg', learningRate: 1, averageLast: 0, finalLearningRate: 1 };
    return {
      ...terms,
      mechanism: { ...mechanism, movementNorm: 1e6, ...change },
      task: { ...task, value: { ...task.value, local: { optimiser, expectedShoppers: 1 } } },
    };
  }

  interface Movement {
    readonly values: Float64Array;
    /** Gradients that were taken, over all local steps. */
    readonly gradients: number;
  }

  async function movementOf(terms: RoundTerms, data: TrainingData, key: number): Promise<Movement> {
    const { model } = standard;
    const random = streamRandom(Buffer.alloc(32, key));
    const sampled = Uint32Array.from(data.contributors.keys());
    for await (const part of taskOf(terms).contribute({ terms, model, data, sampled, random })) {
      if (part.form !== 'private') throw new TypeError('a movement is private when it leaves the task');
      return {
        values: part.values,
        gradients: Object.values(part.outcomes).reduce((total, count) => total + count, 0),
      };
    }
    throw new TypeError('the task gave nothing');
  }

  const isUsable = (data: TrainingData, contributor: number): boolean => data.strictLists(contributor).length > 0;

  /** Contributors whose lists have their targets: those that give a gradient. */
  function usable(): readonly Shopper[] {
    const all = market.withContributors((contributors) => contributors);
    return all.contributors.filter((_, i) => isUsable(all, i));
  }

  it('moves by at most the accounted sensitivity when a shopper leaves, however many shoppers there are', async () => {
    const terms = unitTerms({ localSteps: 1, samplingRate: 1, clipNorm: 0.01 });
    if (terms.mechanism.kind !== 'local') throw new TypeError('the noise is local');
    const { scale, sensitivity } = localNoise(terms.mechanism, terms.dimension);
    const [one, other] = [
      await movementOf(terms, market.withContributors(usable), 9),
      await movementOf(
        terms,
        market.withContributors(() => usable().slice(1)),
        9,
      ),
    ];
    const distance = Math.hypot(...one.values.map((value, i) => scale * (value - (other.values[i] ?? 0))));
    // Single precision keeps a hundredth of a quantum of values that small.
    expect(distance).to.be.within(0.9 * scale * 0.01, sensitivity + 0.01 * Math.sqrt(terms.dimension));
  });

  it('never divides by the merchant’s own count: twice the shoppers move twice as far', async () => {
    const terms = unitTerms({ localSteps: 1, samplingRate: 1, noiseMultiplier: 1e-4 });
    const twice = market.withContributors(() => [...usable(), ...usable()]);
    const [once, doubled] = [
      await movementOf(terms, market.withContributors(usable), 1),
      await movementOf(terms, twice, 2),
    ];
    const norm = ({ values }: Movement): number => Math.hypot(...values);
    expect(norm(once)).to.be.above(1);
    expect(norm(doubled) / norm(once)).to.be.closeTo(2, 0.01);
  });

  it('holds the whole noise in every local step, whoever else takes part', async () => {
    const localSteps = 4;
    const terms = unitTerms({ localSteps, noiseMultiplier: 2 });
    if (terms.mechanism.kind !== 'local') throw new TypeError('the noise is local');
    const { deviation } = localNoise(terms.mechanism, terms.dimension);
    const nobody = market.withContributors(() => []);
    const rounds = 12;
    let squares = 0;
    for (let round = 0; round < rounds; round++) {
      const { values } = await movementOf(terms, nobody, round);
      squares += values.reduce((total, value) => total + value * value, 0);
    }
    const values = rounds * terms.dimension;
    const ratio = squares / values / (localSteps * deviation ** 2);
    const tolerance = 6 * Math.sqrt(2 / values);
    expect(ratio).to.be.closeTo(1, tolerance);
    const { minimumSurvivors, colluders } = terms.roster;
    for (const mistaken of [1 / localSteps, 1 / (minimumSurvivors - colluders), 0, 2])
      expect(Math.abs(mistaken - 1), 'control: once a round, shared, forgotten, twice').to.be.above(tolerance);
  });

  it('tosses a coin for every shopper in every step: samples vary as a binomial variable does', async () => {
    const samplingRate = 0.4;
    const terms = unitTerms({ localSteps: 1, samplingRate });
    const data = market.withContributors(usable);
    const shoppers = usable().length;
    const rounds = 300;
    const sizes: number[] = [];
    for (let round = 0; round < rounds; round++) sizes.push((await movementOf(terms, data, round % 256)).gradients);
    const mean = sizes.reduce((sum, size) => sum + size, 0) / rounds;
    const variance = sizes.reduce((sum, size) => sum + (size - mean) ** 2, 0) / rounds;
    const expected = shoppers * samplingRate * (1 - samplingRate);
    expect(mean).to.be.closeTo(shoppers * samplingRate, 5 * Math.sqrt(expected / rounds));
    expect(variance / expected).to.be.within(0.6, 1.4);
    expect(0 / expected, 'control: batches of a fixed size').not.to.be.within(0.6, 1.4);
  });

  it('lets no movement leave that has no noise of its own', () => {
    const accumulator = accumulatorOf(compiled(standard.template));
    const values = new Float64Array(compiled(standard.template).dimension);
    expect(() => accumulator.add({ form: 'dense', values })).to.throw(TypeError);
    const outcomes = { kept: 1, clipped: 0, rejected: 0 };
    expect(() => accumulator.add({ form: 'clipped', sum: new Float32Array(values.length), outcomes })).to.throw(
      TypeError,
    );
    accumulator.add({ form: 'private', values, outcomes });
    expect(accumulator.outcomes()).to.deep.equal(outcomes);
  });

  it('moves the model by the mean movement of the survivors, round by round', async () => {
    const { template, model } = planned({ privacy: { epsilon: 8, delta: DELTA } });
    let current = model;
    for (let step = 1; step <= 2; step++) {
      const terms = compiled(template, step);
      const sum = new Uint32Array(terms.dimension);
      for (const [m, data] of market.merchants.entries()) {
        const random = streamRandom(Buffer.alloc(32, 16 * step + m));
        const { vector, report } = await prepareInput({ terms, model: current, data, random });
        expect(report.clamped).to.equal(0);
        addInRing(sum, vector, terms.ringBits);
      }
      current = applySum({ terms, model: current, sum, survivors: market.merchants.length });
    }
    const { parameters, server } = expectKind(current, 'mlpReranker');
    expect(server?.steps).to.equal(2);
    expect(parameters.every(Number.isFinite)).to.equal(true);
    expect(parameters).not.to.deep.equal(expectKind(model, 'mlpReranker').parameters);
  });

  for (const shopperMultiplicity of [1, 2]) {
    it(`spends the planned ε over all local steps, for shoppers of ${shopperMultiplicity} merchants, and never more`, () => {
      const { template } = planned({ shopperMultiplicity });
      const { mechanism } = compiled(template);
      if (mechanism.kind !== 'local') throw new TypeError('the noise is local');
      const entries = Array.from({ length: template.steps }, (_, i) =>
        ledgerEntry(compiled(template, i + 1), Buffer.alloc(32, i), 0),
      ).filter((entry) => entry !== undefined);
      expect(entries).to.have.length(template.steps);
      const spent = epsilonOf(eventsOf(entries), DELTA);
      expect(spent).to.be.within(4 * 0.99, 4);
      const { noiseMultiplier, samplingRate, localSteps } = mechanism;
      const steps = template.steps * localSteps * shopperMultiplicity;
      expect(spent).to.be.closeTo(epsilonOf([{ kind: 'gaussian', noiseMultiplier, samplingRate, steps }], DELTA), 0.02);
      const once = eventsOf(entries).map((event) => (event.kind === 'pure' ? event : { ...event, steps: 1 }));
      expect(epsilonOf(once, DELTA), 'control: charged once a round').to.be.below(3);
    });
  }

  it('costs the same whatever the merchant’s size: the contract alone says it', () => {
    const { template } = standard;
    const larger = planned({ expectedShoppers: 1_000_000 }).template;
    expect(mechanismEvent(compiled(larger))).to.deep.equal(mechanismEvent(compiled(template)));
  });

  it('is judged by all its local steps: a policy that allows less declines, and one may ask for local noise', () => {
    const terms = compiled(standard.template);
    const shared = planJobs(market.plan({ jobs: ['mlp'], privacy: { epsilon: 4, delta: DELTA } }))[0]?.template;
    if (shared === undefined) throw new TypeError('the plan is empty');
    const judged = (fields: object, judgedTerms = terms) =>
      checkPolicy(parsePolicy(fields), judgedTerms, { federation: 'market', roundsToday: 0 })
        .rules.filter(({ accepted }) => !accepted)
        .map(({ rule }) => rule);
    expect(judged({ epsilon_per_job: 4 })).to.deep.equal([]);
    expect(judged({ epsilon_per_job: 3.9 })).to.deep.equal(['epsilon_per_job']);
    expect(judged({ noise_strategies: ['local'] })).to.deep.equal([]);
    expect(judged({ noise_strategies: ['local'] }, compiled(shared))).to.deep.equal(['noise_strategies']);
    expect(judged({ noise_strategies: ['worst-case'] })).to.deep.equal(['noise_strategies']);
  });

  it('is planned for jobs that train, under noise, and for no others', () => {
    expectCode(() => planned({ jobs: ['reranker', 'mlp'] }), 'USAGE');
    expectCode(() => planned({ jobs: ['counts'] }), 'USAGE');
    expectCode(() => planned({ privacy: 'none' }), 'USAGE');
  });

  it('is refused with noise to remove, since none is shared, and with terms out of range', () => {
    const { template } = standard;
    const { privacy } = template;
    if (privacy?.mechanism?.$case !== 'local') throw new TypeError('the noise is local');
    const noiseStrategy = NoiseStrategy.NOISE_STRATEGY_REMOVABLE;
    expectCode(() => compiled({ ...template, privacy: { ...privacy, noiseStrategy } }), 'CONTRACT_MALFORMED');
    for (const change of [{ localSteps: 0 }, { samplingRate: 0 }, { noiseMultiplier: NaN }, { movementNorm: 0 }]) {
      const mechanism = { $case: 'local' as const, value: { ...privacy.mechanism.value, ...change } };
      expectCode(() => compiled({ ...template, privacy: { ...privacy, mechanism } }), 'CONTRACT_MALFORMED');
    }
  });
});
