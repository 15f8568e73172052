import { expect } from 'chai';
import { streamRandom } from '../../crypto/index.js';
import {
  applySum,
  compileTerms,
  decodeModel,
  decodeTower,
  encodeModel,
  expectKind,
  prepareInput,
  quantisationOf,
  servedTower,
  towerExamples,
  TrainingData,
  untrainedTowerModel,
  warmStart,
} from '../../federation/index.js';
import type { ModelKind, RoundTerms } from '../../federation/index.js';
import {
  featureTable,
  loadEngine,
  loadTextIndex,
  openMerchant,
  packTower,
  plainGradient,
  untrainedTower,
} from '../../recommender/index.js';
import type { Catalogue, Engine, Shopper, TextIndex, TowerForm, TowerShape } from '../../recommender/index.js';
import type { Contract, TaskTerms } from '../../proto/index.js';
import { expectCode } from '../expect-code.js';
import { addInRing } from './ring.js';
import { newtonContract } from './contracts.js';

const NOUNS = ['paint', 'brush', 'canvas', 'easel', 'paper', 'clay', 'pencil', 'ink', 'chalk', 'frame'];
const items = NOUNS.flatMap((noun) =>
  ['red', 'blue', 'green', 'white'].map((colour) => ({
    id: `${colour}-${noun}`,
    title: `${colour} ${noun}`,
    brand: 'Oak',
    category: 'art',
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
const SHAPE: TowerShape = { features: 512, width: 8, blocks: 1, heads: 2, inner: 12, length: 5 };
const FORM: TowerForm = { kind: 'low-rank', rank: 4 };
const gateSecret = Buffer.alloc(16, 5);
const OPTIMISER = {
  name: 'fedavg',
  learningRate: 0.5,
  momentum: 0,
  secondMomentum: 0,
  epsilon: 0,
  warmupSteps: 0,
  averageLast: 0,
  finalLearningRate: 1,
};
const GRADIENTS: TaskTerms['task'] = {
  $case: 'towerGradients',
  value: { optimiser: OPTIMISER, expectedShoppers: 80, negatives: 32 },
};
const DP_FEDAVG: TaskTerms['task'] = {
  $case: 'towerDpFedavg',
  value: {
    local: { optimiser: { ...OPTIMISER, name: 'fedavg', learningRate: 0.5 }, expectedShoppers: 10 },
    optimiser: { ...OPTIMISER, name: 'fedavg', learningRate: 1 },
    negatives: 32,
  },
};
const FEDAVG: TaskTerms['task'] = {
  $case: 'towerFedavg',
  value: {
    optimiser: { ...OPTIMISER, learningRate: 1 },
    localEpochs: 2,
    batchSize: 8,
    learningRate: 0.01,
    weightDecay: 0,
    negatives: 32,
    dropout: 0,
  },
};

describe('the tower in a federation', () => {
  let engine: Engine;
  let text: TextIndex;
  let merchants: readonly TrainingData[];
  const start = untrainedTower(SHAPE, streamRandom(Buffer.alloc(32, 1)));

  const opened = (shoppers: readonly Shopper[]): TrainingData =>
    new TrainingData(openMerchant({ engine, text, shop: { catalogue, shoppers }, gateSecret }));

  before(async () => {
    engine = await loadEngine();
    text = loadTextIndex(catalogue, engine);
    merchants = Array.from({ length: MERCHANTS }, (_, m) => opened(shoppersOf(m)));
  });

  function termsOf(task: TaskTerms['task'], model: ModelKind, change: Partial<Contract> = {}): RoundTerms {
    const dimension = decodeTower(expectKind(model, 'tower')).trained.length;
    return compileTerms(newtonContract({ task: { task }, dimension, steps: 20, ...change }));
  }

  const withoutNoise = (clipNorm: number): Partial<Contract> => ({
    privacy: { mechanism: { $case: 'none', value: { clipNorm, samplingRate: 1 } }, delta: 0, shopperMultiplicity: 1 },
  });

  /** One round with every merchant, the masks left out: what secure aggregation computes. */
  async function round(terms: RoundTerms, model: ModelKind, seed: number): Promise<ModelKind> {
    const sum = new Uint32Array(terms.dimension);
    for (const [m, data] of merchants.entries()) {
      const { vector } = await prepareInput({
        terms,
        model,
        data,
        random: streamRandom(Buffer.alloc(32, 16 * seed + m)),
      });
      addInRing(sum, vector, terms.ringBits);
    }
    return decodeModel(encodeModel(applySum({ terms, model, sum, survivors: MERCHANTS })));
  }

  for (const form of [{ kind: 'full' }, { kind: 'adapter' }, FORM] as const satisfies TowerForm[]) {
    it(`moves what the form ${form.kind} trains, under noise too, and serves it`, async () => {
      const model = untrainedTowerModel(form, start);
      expect(servedTower(expectKind(model, 'tower'))).to.equal(undefined);
      const next = await round(termsOf(GRADIENTS, model), model, 1);
      const served = servedTower(expectKind(next, 'tower'));
      expect(served?.parameters.every(Number.isFinite)).to.equal(true);
      expect(served?.parameters).not.to.deep.equal(start.parameters);
      expect(expectKind(next, 'tower').server?.steps).to.equal(1);
    });
  }

  /** Mean loss of all merchants' examples against the same negatives. */
  function lossOf(model: ModelKind): number {
    const tower = servedTower(expectKind(model, 'tower')) ?? start;
    const everybody = merchants.flatMap((data) => towerExamples(data, Uint32Array.from(data.contributors.keys())));
    const negatives = Int32Array.from({ length: 32 }, (_, i) => i);
    const { tf } = engine;
    const table = featureTable(engine, text);
    const parameters = tf.tensor1d(tower.parameters);
    const tensors = { tf, shape: SHAPE, form: { kind: 'full' } as const, table, parameters, trained: parameters };
    const batch = packTower(everybody, negatives, { length: SHAPE.length, padding: items.length });
    const { loss, gradient } = plainGradient(tensors, batch);
    const value = loss.dataSync<'float32'>()[0] ?? Number.NaN;
    tf.dispose([table, parameters, loss, gradient]);
    return value;
  }

  it('learns by FedAvg under local noise: the loss falls', async () => {
    let model = untrainedTowerModel({ kind: 'full' }, start);
    const before = lossOf(model);
    const value = { clipNorm: 1, noiseMultiplier: 0.1, samplingRate: 0.5, localSteps: 5, movementNorm: 10 };
    const privacy = { mechanism: { $case: 'local' as const, value }, delta: 1e-6, shopperMultiplicity: 1 };
    for (let step = 1; step <= 4; step += 1) {
      model = await round(termsOf(DP_FEDAVG, model, { privacy, steps: 4, step, round: step }), model, step);
    }
    expect(lossOf(model)).to.be.below(before * 0.98);
  });

  it('learns by FedSGD: the loss falls', async () => {
    let model = untrainedTowerModel({ kind: 'full' }, start);
    const before = lossOf(model);
    const terms = termsOf(GRADIENTS, model, withoutNoise(1));
    for (let step = 1; step <= 8; step += 1) model = await round(terms, model, step);
    expect(lossOf(model)).to.be.below(0.95 * before);
  });

  it('learns by FedAvg: two rounds go on from each other', async () => {
    const model = untrainedTowerModel(FORM, start);
    const terms = termsOf(FEDAVG, model, withoutNoise(100));
    const one = await round(terms, model, 1);
    const two = expectKind(await round(terms, one, 2), 'tower');
    expect(two.server?.steps).to.equal(2);
    expect(two.trained).not.to.deep.equal(expectKind(one, 'tower').trained);
    expect(two.parameters).to.deep.equal(expectKind(model, 'tower').parameters);
  });

  it('moves by at most the accounted sensitivity when a shopper leaves, and by nothing more than that shopper', async () => {
    const model = untrainedTowerModel(FORM, start);
    const planned = termsOf(GRADIENTS, model);
    if (planned.mechanism.kind !== 'gaussian') throw new TypeError('the round has Gaussian noise');
    const terms = { ...planned, mechanism: { ...planned.mechanism, clipNorm: 1e-9 } };
    const all = opened(shoppersOf(1));
    const without = opened(all.contributors.slice(0, -1));
    const [one, other] = await Promise.all(
      [all, without].map((data) => prepareInput({ terms, model, data, random: streamRandom(Buffer.alloc(32, 9)) })),
    );
    const distance = Math.hypot(...Array.from(one?.vector ?? [], (word, i) => (word - (other?.vector[i] ?? 0)) | 0));
    // So small a clip norm that everybody is clipped: the distance is the bound, less the headroom.
    expect(one?.report.outcomes.clipped).to.equal(all.contributors.length);
    const { sensitivity } = quantisationOf(terms);
    expect(distance).to.be.within(0.9 * sensitivity, sensitivity);
  });

  it('takes a shopper whose gradient is not finite out, and nobody else with it', async () => {
    const model = untrainedTowerModel(FORM, start);
    const terms = termsOf(GRADIENTS, model, withoutNoise(1e3));
    const broken = {
      ...text,
      vectors: text.vectors.map((value, at) => (Math.floor(at / 512) === 39 ? Number.NaN : value)),
    };
    const shoppers = shoppersOf(0).map(({ key }, s) => ({
      key,
      history: Int32Array.from({ length: 6 }, (_, e) => (s === 3 ? 39 : (s + e) % 20)),
    }));
    const data = new TrainingData(openMerchant({ engine, text: broken, shop: { catalogue, shoppers }, gateSecret }));
    const noNegative = { ...GRADIENTS, value: { ...GRADIENTS.value, negatives: 1 } };
    const few = termsOf(noNegative, model, withoutNoise(1e3));
    const isIn = data.contributors.some(({ history }) => history[0] === 39);
    const { report } = await prepareInput({ terms: few, model, data, random: streamRandom(Buffer.alloc(32, 2)) });
    expect(report.outcomes.rejected).to.equal(isIn ? 1 : 0);
    expect(report.outcomes.kept).to.equal(data.contributors.length - (isIn ? 1 : 0));
    expect(Number.isFinite(report.norm)).to.equal(true);
    expect(terms.dimension).to.equal(few.dimension);
  });

  it('goes on from a published version', async () => {
    const model = untrainedTowerModel(FORM, start);
    const served = servedTower(expectKind(await round(termsOf(GRADIENTS, model), model, 1), 'tower'));
    if (served === undefined) throw new TypeError('a round has been');
    const next = decodeTower(expectKind(untrainedTowerModel({ kind: 'adapter' }, served), 'tower'));
    expect(next.base.parameters).to.deep.equal(served.parameters);
    expect(next.trained).to.deep.equal(served.parameters.slice(0, 512 * 8));
  });

  it('starts a later job from the tower that an earlier one has trained', async () => {
    const model = untrainedTowerModel(FORM, start);
    const trained = await round(termsOf(GRADIENTS, model), model, 1);
    const next = decodeTower(expectKind(warmStart(model, trained), 'tower'));
    expect(next.base).to.deep.equal(servedTower(expectKind(trained, 'tower')));
    expect(next.form).to.deep.equal(FORM);
    expect(warmStart(model, model)).to.equal(model);
  });

  it('refuses sizes, lengths and forms that do not go together, before anything is allocated for them', () => {
    const wire = expectKind(untrainedTowerModel(FORM, start), 'tower');
    const changes: Partial<typeof wire>[] = [
      { blocks: 4_000_000_000 },
      { heads: 3 },
      { width: 0 },
      { parameters: wire.parameters.slice(1) },
      { trained: [1, 2, 3] },
      { form: undefined },
      { form: { $case: 'lowRank', value: { rank: 0 } } },
      { form: { $case: 'lowRank', value: { rank: 65 } } },
      { server: { steps: 1, iterate: [1], firstMoment: [1], secondMoment: [1], average: [1], averaged: 0 } },
    ];
    for (const change of changes) {
      expectCode(() => decodeTower({ ...wire, ...change }), 'MODEL_MALFORMED');
    }
    decodeTower(wire);
  });

  it('refuses texts by another encoder', async () => {
    const model = untrainedTowerModel(FORM, start);
    const other: ModelKind = { $case: 'tower', value: { ...expectKind(model, 'tower'), encoder: 'another' } };
    const [data = opened([])] = merchants;
    const input = { terms: termsOf(GRADIENTS, model), model: other, data, random: streamRandom(Buffer.alloc(32, 3)) };
    await prepareInput(input).then(
      () => expect.fail('was not refused'),
      (error: unknown) =>
        expectCode(() => {
          throw error;
        }, 'MODEL_MALFORMED'),
    );
  });
});
