import { expect } from 'chai';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import {
  adamW,
  clippedGradient,
  drawNegatives,
  featureTable,
  inBlocks,
  packTower,
  plainGradient,
  startEngine,
  untrainedTower,
} from '../../../recommender/index.js';
import { uniformBelow } from '../../../recommender/random.js';
import { seeded } from '../../recommender/support/coins.js';
import { settledMemory } from '../../settled-memory.js';
import { featureTable as tableValues } from '../../recommender/tower/scene.js';

const SHAPE = { features: 64, width: 16, blocks: 2, heads: 2, inner: 32, length: 10 };
const ITEMS = 500;
const STEPS = 2000;
/** Steps after which every buffer has been as large as it gets. */
const SETTLED = 200;

describe('2,000 training steps', () => {
  /** Plain and clipped steps in turn. @returns tensors and megabytes when settled and at the end, and the parameters */
  async function train(steps: number) {
    const engine = await startEngine({ only: 'wasm' });
    const { tf } = engine;
    const random = inBlocks(seeded('steps'));
    const vectors = tableValues(SHAPE.features, ITEMS).subarray(0, ITEMS * SHAPE.features);
    const table = featureTable(engine, { items: ITEMS, dimensions: SHAPE.features, vectors });
    const { parameters } = untrainedTower(SHAPE, random);
    const zeros = (): Tensor1D => tf.zeros([parameters.length]);
    const decays = zeros();
    let state = { parameters: tf.tensor1d(parameters), first: zeros(), second: zeros() };
    let settled = { tensors: 0, megabytes: 0 };
    const used = async () => ({ tensors: tf.memory().numTensors, megabytes: (await settledMemory()) / 1e6 });
    for (let step = 1; step <= steps; step += 1) {
      const size = 1 + uniformBelow(random, 24);
      const examples = Array.from({ length: size }, () => ({
        history: Int32Array.from({ length: 1 + uniformBelow(random, 15) }, () => uniformBelow(random, ITEMS)),
        target: uniformBelow(random, ITEMS),
      }));
      const negatives = drawNegatives(ITEMS, 32, random);
      const batch = packTower(examples, negatives, { length: SHAPE.length, padding: ITEMS });
      const trained = state.parameters;
      const tensors = { tf, shape: SHAPE, form: { kind: 'full' } as const, table, parameters: trained, trained };
      const dropout = { rate: 0.1, random };
      const old = state;
      if (step % 2 === 0) {
        const { sum, norms, losses } = clippedGradient(tensors, batch, 1, dropout);
        state = adamW(tf, old, sum, { step, learningRate: 1e-3, decays });
        tf.dispose([sum, norms, losses]);
      } else {
        const { gradient, loss } = plainGradient(tensors, batch, dropout);
        state = adamW(tf, old, gradient, { step, learningRate: 1e-3, decays });
        tf.dispose([gradient, loss]);
      }
      tf.dispose([old.parameters, old.first, old.second]);
      if (step === SETTLED) settled = await used();
    }
    const end = await used();
    const values = Float32Array.from(state.parameters.dataSync<'float32'>());
    tf.dispose([table, decays, state.parameters, state.first, state.second]);
    return { settled, end, values };
  }

  it('leave no tensor behind, hold hardly more memory than after the first, and stay finite', async () => {
    const { settled, end, values } = await train(STEPS);
    expect(end.tensors).to.equal(settled.tensors);
    expect(end.megabytes - settled.megabytes).to.be.below(8);
    expect(values.every(Number.isFinite)).to.equal(true);
  });

  it('give the same bits twice', async () => {
    const [one, two] = [await train(300), await train(300)];
    expect(one.values).to.deep.equal(two.values);
  });
});
