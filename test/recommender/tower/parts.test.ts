import { expect } from 'chai';
import { startEngine } from '../../../recommender/engine/index.js';
import type { Engine } from '../../../recommender/engine/index.js';
import {
  computePart,
  PART,
  TowerClipping,
  trainedTower,
  trainedTowerOn,
  trainedStart,
  untrainedTower,
} from '../../../recommender/tower/index.js';
import type { PartRequest, TowerForm, TowerThreads, TowerTraining } from '../../../recommender/tower/index.js';
import { seeded } from '../support/coins.js';
import { examples, featureTable, ITEMS, lively, SMALL_TOWER } from './scene.js';

const texts = {
  items: ITEMS,
  dimensions: SMALL_TOWER.features,
  vectors: featureTable(SMALL_TOWER.features, ITEMS).subarray(0, ITEMS * SMALL_TOWER.features),
};
const data = {
  texts,
  sequences: examples(70).map(({ history, target }) => Int32Array.of(...history, target)),
  validation: examples(10, 'validation'),
};
const start = untrainedTower(SMALL_TOWER, seeded('start'));
/** Four parts a step, and a shorter last step with a shorter last part. */
const QUICK: Partial<TowerTraining> = { epochs: 2, batch: 32, part: 8, negatives: 24, learningRate: 5e-3 };

describe('a step in parts', () => {
  let engine: Engine;
  let tensors = 0;

  before(async () => {
    engine = await startEngine({ only: 'wasm' });
  });

  beforeEach(() => {
    tensors = engine.tf.memory().numTensors;
  });

  afterEach('gives the memory back', () => {
    expect(engine.tf.memory().numTensors).to.equal(tensors);
  });

  /** Threads that answer in another order than they are asked. */
  function unordered(count: number): TowerThreads & { readonly asked: PartRequest[] } {
    const asked: PartRequest[] = [];
    return {
      count,
      asked,
      async compute(request) {
        asked.push(request);
        const sum = computePart(engine, structuredClone(request));
        for (let turn = (asked.length * 7) % 5; turn > 0; turn -= 1) await Promise.resolve();
        return sum;
      },
    };
  }

  for (const form of [{ kind: 'full' }, { kind: 'low-rank', rank: 3 }] as const satisfies TowerForm[]) {
    it(`gives the same model here and on threads, to the bit, in the form ${form.kind}`, async () => {
      const options = { ...QUICK, form };
      const here = trainedTower(engine, start, data, seeded('coins'), options);
      const threads = unordered(3);
      const there = await trainedTowerOn(threads, engine, start, data, seeded('coins'), options);
      expect(there).to.deep.equal(here);
      expect(threads.asked, 'the last step of an epoch has one part').to.have.length(2 * (4 + 4));
    });
  }

  it('cut otherwise gives other bits of the same step', () => {
    const [eights, sevens] = [8, 7].map((part) =>
      trainedTower(engine, start, data, seeded('coins'), { ...QUICK, part, dropout: 0 }),
    );
    expect(sevens?.parameters).not.to.deep.equal(eights?.parameters);
    eights?.parameters.forEach((value, at) => expect(sevens?.parameters[at]).to.be.closeTo(value, 1e-3));
  });

  it('shows a thread the rows of its own part only', async () => {
    const threads = unordered(2);
    await trainedTowerOn(threads, engine, start, data, seeded('coins'), { ...QUICK, epochs: 1, negatives: 3 });
    for (const { rows, batch } of threads.asked) {
      const named = new Set([...batch.items, ...batch.targets, ...batch.negatives]);
      expect(rows.length / SMALL_TOWER.features).to.equal(named.size);
      expect(named.size).to.be.below(ITEMS);
    }
  });

  it('ends with the error of a thread that fails', async () => {
    const failing = { count: 2, compute: () => Promise.reject(new Error('the thread is gone')) };
    const run = trainedTowerOn(failing, engine, start, data, seeded('coins'), QUICK);
    expect(await run.catch((error: unknown) => String(error))).to.equal('Error: the thread is gone');
  });

  it('says after every step how far training has come, and ends where that throws', async () => {
    const seen: number[] = [];
    const onStep = (done: number): void => {
      seen.push(done);
      if (seen.length === 5) throw new Error('enough');
    };
    expect(() => trainedTower(engine, start, data, seeded('coins'), { ...QUICK, onStep })).to.throw('enough');
    expect(seen.map((done) => Math.round(done * 70))).to.deep.equal([16, 32, 35, 51, 67]);
    const run = trainedTowerOn(unordered(2), engine, start, data, seeded('coins'), {
      ...QUICK,
      onStep: () => onStep(1),
    });
    seen.length = 4;
    expect(await run.catch((error: unknown) => String(error))).to.equal('Error: enough');
  });

  it('clips the same, to the bit, here and on threads, in the order of the shoppers', async () => {
    const model = lively(SMALL_TOWER);
    const form: TowerForm = { kind: 'adapter' };
    const point = { form, base: model, trained: trainedStart(model, form) };
    const shoppers = examples(8 * PART + 5);
    const passes = async (threads?: TowerThreads) => {
      const options = { negatives: 16, random: seeded('negatives'), threads };
      const clipping = new TowerClipping(engine, point, texts, options);
      const found = [];
      for await (const pass of clipping.passes(shoppers, 0.5)) found.push(pass);
      clipping.dispose();
      return found;
    };
    const threads = unordered(4);
    const [here, there] = [await passes(), await passes(threads)];
    expect(threads.asked).to.have.length(9);
    expect(there).to.deep.equal(here);
    expect(there.flatMap((pass) => pass.examples)).to.deep.equal(shoppers);
  });
});
