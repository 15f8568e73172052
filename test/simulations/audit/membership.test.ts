import { expect } from 'chai';
import { streamRandom } from '../../../crypto/index.js';
import { decodeModel, expectKind, mechanismEvent, planJobs, TrainingData } from '../../../federation/index.js';
import type { JobKind, ModelKind, PlannedJob, RoundTerms } from '../../../federation/index.js';
import { advantageAtMost } from '../../../privacy/index.js';
import { cellOf, loadEngine, loadTextIndex, openMerchant, textNeighbourPairs } from '../../../recommender/index.js';
import type { Catalogue, PairSupport, Shopper } from '../../../recommender/index.js';
import type { AuditedNoise } from '../../../simulations/audit/index.js';
import { brokenTerms, honestMerchants, ROSTER, runRound, termsOf } from '../../../simulations/audit/round.js';

/**
 * Membership inference on what is released. The attacker knows everything but whether one shopper took part, and can run
 * the federation itself with and without the shopper to learn what models look like.
 */
describe('membership inference on released models', () => {
  const NOUNS = ['paint', 'brush', 'canvas', 'easel', 'paper', 'clay', 'pencil', 'ink'];
  const items = NOUNS.flatMap((noun, n) =>
    ['red', 'blue', 'green', 'grey'].map((colour, c) => ({
      id: `item-${n}-${c}`,
      title: `${colour} ${noun}`,
      brand: c % 2 === 0 ? 'Oak' : 'Elm',
      category: `art ${noun}`,
    })),
  );
  const catalogue: Catalogue = { items, indexOf: new Map(items.map(({ id }, index) => [id, index])) };
  const others = (merchant: number): Shopper[] =>
    Array.from({ length: 4 }, (_, s) => ({
      key: `${merchant}-${s}`,
      history: Int32Array.from({ length: 5 }, (_, e) => (merchant + 3 * s + e) % items.length),
    }));

  let support: PairSupport;
  /** The federation with or without the target of a task, a shopper of the first merchant. */
  let federation: (task: JobKind, present: boolean) => readonly TrainingData[];

  before(async () => {
    const engine = await loadEngine();
    const text = loadTextIndex(catalogue, engine);
    support = textNeighbourPairs(text, 5);
    const first = support.higher[0] ?? 0;
    // No gate shopper under this secret. One buys a pair of the support, the other four items of one text.
    const targets: Partial<Record<JobKind, Int32Array>> = {
      counts: Int32Array.of(0, first),
      reranker: Int32Array.of(0, 1, 2, 3, 9),
    };
    const open = (shoppers: readonly Shopper[]) =>
      new TrainingData(openMerchant({ engine, text, shop: { catalogue, shoppers }, gateSecret: Buffer.alloc(16, 5) }));
    const rest = Array.from({ length: honestMerchants('worst-case') - 1 }, (_, m) => open(others(m + 1)));
    const without = open(others(0));
    const withTarget = new Map(
      Object.entries(targets).map(([task, history]) => [task, open([...others(0), { key: 'target-0', history }])]),
    );
    for (const data of withTarget.values()) expect(data.contributors.length).to.equal(without.contributors.length + 1);
    federation = (task, present) => [(present ? withTarget.get(task) : undefined) ?? without, ...rest];
  });

  const planned = (kind: JobKind, epsilon: number): PlannedJob => {
    const [job] = planJobs({
      jobs: [kind],
      privacy: { epsilon, delta: 1e-6 },
      roster: ROSTER,
      expectedShoppers: 20,
      catalogues: [{ name: 'art', itemIds: items.map(({ id }) => id), support }],
    });
    if (job === undefined) throw new TypeError('the plan is empty');
    return job;
  };

  const advantageOf = (terms: RoundTerms): number => {
    const event = mechanismEvent(terms);
    return event === undefined ? 1 : advantageAtMost([event]);
  };

  /** Released models of `count` federations, half of them with the target. */
  async function releases(job: PlannedJob, noise: AuditedNoise, count: number, seed: number): Promise<ModelKind[]> {
    const random = streamRandom(Buffer.alloc(32, seed));
    const options = { key: () => random.bytes(32) };
    const terms = brokenTerms(termsOf(job, 1, 'worst-case'), noise);
    const model = decodeModel(job.model);
    const models: ModelKind[] = [];
    for (let i = 0; i < count; i++)
      models.push((await runRound(terms, model, federation(job.kind, i % 2 === 0), options)).model);
    return models;
  }

  /** Rate of true minus rate of false alarms, as the attacker guesses "present" above the threshold. */
  function advantage(scores: readonly number[], threshold: number): number {
    const right = scores.filter((score, i) => score > threshold === (i % 2 === 0)).length;
    return (2 * right) / scores.length - 1;
  }

  /** Four standard errors of such an advantage. */
  const margin = (count: number): number => 4 / Math.sqrt(count);

  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

  describe('counts', () => {
    const RUNS = 1200;
    async function attack(noise: AuditedNoise, runs: number): Promise<{ measured: number; allowed: number }> {
      const job = planned('counts', 2);
      const cell = cellOf(support, 0, support.higher[0] ?? 0);
      const seen = await releases(job, noise, runs, 31);
      const scores = seen.map((model) => expectKind(model, 'neighbourCounts').counts[cell] ?? 0);
      const [base] = (await releases(job, 'off', 2, 32)).map((m) => expectKind(m, 'neighbourCounts').counts[cell] ?? 0);
      return { measured: advantage(scores, (base ?? 0) - 0.5), allowed: advantageOf(termsOf(job, 1, 'worst-case')) };
    }

    it('with noise the attack gains what ε allows, and no more', async () => {
      const { measured, allowed } = await attack('full', RUNS);
      expect(allowed).to.be.closeTo(Math.tanh(1), 0.01);
      expect(measured).to.be.within(0.5, allowed + margin(RUNS));
    });

    it('without noise, or with a tenth of it, the same attack is always right', async () => {
      for (const noise of ['off', 'tenth'] as const) {
        const { measured, allowed } = await attack(noise, 100);
        expect(measured).to.equal(1);
        expect(measured).to.be.above(allowed);
      }
    });
  });

  describe('the re-ranker in one round', () => {
    const RUNS = 800;
    const SHADOWS = 400;

    /** Projects released weights on the difference that shadow releases show between the two worlds. */
    async function attack(noise: AuditedNoise, runs: number): Promise<{ measured: number; allowed: number }> {
      const job = planned('reranker', 4);
      const weightsOf = (model: ModelKind) => expectKind(model, 'linearReranker').weights;
      const shadows = (await releases(job, noise, Math.min(runs, SHADOWS), 41)).map(weightsOf);
      const meanOf = (parity: number): number[] => {
        const world = shadows.filter((_, i) => i % 2 === parity);
        return (world[0] ?? []).map((_, k) => mean(world.map((weights) => weights[k] ?? 0)));
      };
      const [present, absent] = [meanOf(0), meanOf(1)];
      const project = (weights: readonly number[]): number =>
        weights.reduce((sum, weight, k) => sum + weight * ((present[k] ?? 0) - (absent[k] ?? 0)), 0);
      const scores = (await releases(job, noise, runs, 42)).map(weightsOf).map(project);
      const threshold = (project(present) + project(absent)) / 2;
      return { measured: advantage(scores, threshold), allowed: advantageOf(termsOf(job, 1, 'worst-case')) };
    }

    it('with noise the attack gains no more than ε allows', async () => {
      const { measured, allowed } = await attack('full', RUNS);
      expect(allowed).to.be.within(0.2, 0.4);
      expect(measured).to.be.at.most(allowed + margin(RUNS));
    });

    it('without noise the same attack is always right', async () => {
      const { measured } = await attack('off', 40);
      expect(measured).to.equal(1);
    });

    it('with a tenth of the noise it gains more than is claimed', async () => {
      const { measured, allowed } = await attack('tenth', RUNS);
      expect(measured).to.be.above(allowed + margin(RUNS));
    });
  });
});
