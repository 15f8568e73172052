import { expect } from 'chai';
import { Worker } from 'node:worker_threads';
import { GradientThreads } from '../../../client/training/gradient-threads.js';
import { startEngine, trainedTower, trainedTowerOn, untrainedTower } from '../../../recommender/index.js';
import type { Engine, PartRequest, TowerThreads, TowerTraining } from '../../../recommender/index.js';
import { seeded } from '../../recommender/support/coins.js';
import { examples, featureTable, ITEMS, SMALL_TOWER } from '../../recommender/tower/scene.js';
import { rejectionOf } from '../workspace.js';

const data = {
  texts: {
    items: ITEMS,
    dimensions: SMALL_TOWER.features,
    vectors: featureTable(SMALL_TOWER.features, ITEMS).subarray(0, ITEMS * SMALL_TOWER.features),
  },
  sequences: examples(90).map(({ history, target }) => Int32Array.of(...history, target)),
};
const start = untrainedTower(SMALL_TOWER, seeded('start'));
/** Four parts a step. */
const TRAINING: Partial<TowerTraining> = { epochs: 4, batch: 32, part: 8, negatives: 24 };

describe('threads that compute gradients', function () {
  this.timeout(120_000);
  let engine: Engine;
  let threads: GradientThreads | undefined;

  before(async () => {
    engine = await startEngine({ only: 'wasm' });
  });

  afterEach(() => threads?.close());

  const trainedOn = (given: TowerThreads) =>
    trainedTowerOn(given, engine, start, data, seeded('coins'), TRAINING).then(({ parameters }) => parameters);

  it('give the same parameters after a dozen steps, to the bit, as two, as three, and as none beside this one', async () => {
    const before = engine.tf.memory().numTensors;
    const alone = trainedTower(engine, start, data, seeded('coins'), TRAINING).parameters;
    for (const count of [2, 3]) {
      threads = new GradientThreads(count);
      expect(await trainedOn(threads), `${count} threads`).to.deep.equal(alone);
      await threads.close();
    }
    expect(engine.tf.memory().numTensors).to.equal(before);
    const otherwise = trainedTower(engine, start, data, seeded('coins'), { ...TRAINING, part: 9 }).parameters;
    expect(otherwise, 'another cut').not.to.deep.equal(alone);
  });

  it('end what they were doing with TRAINING_FAILED when they are closed', async () => {
    threads = new GradientThreads(2);
    const waiting = rejectionOf(trainedOn(threads));
    await threads.close();
    expect((await waiting).code).to.equal('TRAINING_FAILED');
  });

  it('that die fail what they had with TRAINING_FAILED, leave no tensor behind, and others start', async () => {
    const before = engine.tf.memory().numTensors;
    const dying = "require('node:worker_threads').parentPort.on('message', () => process.exit(3))";
    let started = 0;
    threads = new GradientThreads(2, () => {
      started += 1;
      return new Worker(dying, { eval: true });
    });
    const failure = await rejectionOf(trainedOn(threads));
    expect(failure.code).to.equal('TRAINING_FAILED');
    expect(String(failure.cause)).to.include('exit code 3');
    expect(engine.tf.memory().numTensors).to.equal(before);
    expect(started).to.equal(2);
    await rejectionOf(trainedOn(threads));
    expect(started).to.be.above(2);
  });

  it('say why where a part cannot be computed, and go on', async () => {
    const shopper = { size: 1, items: new Int32Array(SMALL_TOWER.length), events: Int32Array.of(1) };
    const chosen = { targets: new Int32Array(1), negatives: new Int32Array(1) };
    const request = (rows: Float32Array): PartRequest => ({
      shape: SMALL_TOWER,
      form: { kind: 'full' },
      parameters: start.parameters,
      trained: start.parameters,
      rows,
      batch: { ...shopper, ...chosen },
      reduction: { kind: 'mean', shoppers: 1 },
    });
    threads = new GradientThreads(1);
    const failure = await rejectionOf(threads.compute(request(new Float32Array(0))));
    expect(failure.code).to.equal('TRAINING_FAILED');
    expect(failure.message).to.match(/could not be computed: gather: there is no row 0/);
    const { gradient } = await threads.compute(request(new Float32Array(SMALL_TOWER.features).fill(0.1)));
    expect(gradient.length).to.equal(start.parameters.length);
  });
});
