import { expect } from 'chai';
import { ENGINE_NAMES, startEngine } from '../../../recommender/engine/index.js';
import type { TensorOperations } from '../../../recommender/engine/index.js';
import { standardNormal } from '../../../recommender/random.js';
import { clippedGradient, plainGradient, trainedCount, trainedStart } from '../../../recommender/tower/index.js';
import type { TowerForm } from '../../../recommender/tower/index.js';
import { seeded } from '../support/coins.js';
import { examples, lively, pack, SMALL_TOWER, tensorsOf } from './scene.js';

const FORMS: readonly TowerForm[] = [{ kind: 'full' }, { kind: 'adapter' }, { kind: 'low-rank', rank: 3 }];
const norm = (values: Float32Array): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

describe('the gradients of the tower', () => {
  let tf: TensorOperations;
  const model = lively(SMALL_TOWER);
  const shoppers = examples(9);

  before(async () => {
    ({ tf } = await startEngine({ only: 'wasm' }));
  });

  /** Trained values away from their start, where low-rank corrections are zero. */
  const trained = (form: TowerForm): Float32Array => {
    const random = seeded('trained');
    return trainedStart(model, form).map((value) => value + 0.05 * standardNormal(random));
  };

  function lossAndGradient(form: TowerForm, values = trained(form), who = shoppers) {
    const tensors = tensorsOf(tf, model, form, values);
    const { loss, gradient } = plainGradient(tensors, pack(who, SMALL_TOWER));
    const result = {
      loss: loss.dataSync<'float32'>()[0] ?? Number.NaN,
      gradient: Float32Array.from(gradient.dataSync<'float32'>()),
    };
    tf.dispose([loss, gradient]);
    tensors.dispose();
    return result;
  }

  function clipped(form: TowerForm, clipNorm: number) {
    const tensors = tensorsOf(tf, model, form, trained(form));
    const found = clippedGradient(tensors, pack(shoppers, SMALL_TOWER), clipNorm);
    const result = {
      sum: Float32Array.from(found.sum.dataSync<'float32'>()),
      norms: Float32Array.from(found.norms.dataSync<'float32'>()),
      losses: Float32Array.from(found.losses.dataSync<'float32'>()),
    };
    tf.dispose([found.sum, found.norms, found.losses]);
    tensors.dispose();
    return result;
  }

  for (const form of FORMS) {
    describe(`form ${form.kind}`, () => {
      it('are those of finite differences', () => {
        const start = trained(form);
        const { gradient } = lossAndGradient(form);
        expect(gradient.length).to.equal(trainedCount(SMALL_TOWER, form));
        const random = seeded('direction');
        // Along random directions, so that every parameter takes part.
        for (let draw = 0; draw < 4; draw += 1) {
          const direction = start.map(() => standardNormal(random));
          const length = norm(direction);
          const step = 2e-3;
          const moved = (by: number) =>
            lossAndGradient(
              form,
              start.map((value, at) => value + (by * (direction[at] ?? 0)) / length),
            ).loss;
          const difference = (moved(step) - moved(-step)) / (2 * step);
          const along = gradient.reduce((sum, value, at) => sum + value * (direction[at] ?? 0), 0) / length;
          expect(along).to.be.closeTo(difference, 0.02 * norm(gradient));
        }
      });

      it('clipped in one pass, are those of one shopper at a time: norms and sums within 1e-5', () => {
        const single = shoppers.map((shopper) => lossAndGradient(form, trained(form), [shopper]));
        const norms = single.map(({ gradient }) => norm(gradient));
        const clipNorm = [...norms].sort((a, b) => a - b)[4] ?? 1;
        const found = clipped(form, clipNorm);
        norms.forEach((expected, at) => expect((found.norms[at] ?? 0) / expected).to.be.closeTo(1, 1e-5));
        single.forEach(({ loss }, at) => expect(found.losses[at]).to.be.closeTo(loss, 1e-4));
        const expected = new Float64Array(trainedCount(SMALL_TOWER, form));
        single.forEach(({ gradient }, at) => {
          const share = Math.min(1, clipNorm / (norms[at] ?? 1));
          gradient.forEach((value, i) => (expected[i] = (expected[i] ?? 0) + share * value));
        });
        const error = norm(found.sum.map((value, i) => value - (expected[i] ?? 0)));
        expect(error / norm(Float32Array.from(expected))).to.be.below(1e-5);
        const unclipped = norm(
          found.sum.map((value, i) => value - single.reduce((sum, { gradient }) => sum + (gradient[i] ?? 0), 0)),
        );
        expect(unclipped / norm(found.sum), 'clipping changes the sum').to.be.above(0.01);
      });

      it('clipped at a bound that nobody reaches, add up to the plain gradient', () => {
        const { gradient } = lossAndGradient(form);
        const { sum } = clipped(form, 1e6);
        const error = norm(sum.map((value, i) => value / shoppers.length - (gradient[i] ?? 0)));
        expect(error / norm(gradient)).to.be.below(1e-5);
      });

      it('repeat to the bit', () => {
        expect(clipped(form, 0.5)).to.deep.equal(clipped(form, 0.5));
        expect(lossAndGradient(form)).to.deep.equal(lossAndGradient(form));
      });
    });
  }

  it('of one shopper do not depend on who else is in the batch', () => {
    const form: TowerForm = { kind: 'full' };
    const alone = clipped(form, 1e-3).norms[0];
    const tensors = tensorsOf(tf, model, form, trained(form));
    const other = clippedGradient(tensors, pack([...shoppers.slice(0, 1), ...examples(3, 'others')], SMALL_TOWER), 1);
    expect(other.norms.dataSync<'float32'>()[0]).to.be.closeTo(alone ?? 0, 1e-5 * (alone ?? 1));
    tf.dispose([other.sum, other.norms, other.losses]);
    tensors.dispose();
  });

  it('leave no tensor behind', () => {
    const before = tf.memory().numTensors;
    for (const form of FORMS) {
      lossAndGradient(form);
      clipped(form, 1);
    }
    expect(tf.memory().numTensors).to.equal(before);
  });

  it('agree on every engine that loads', async () => {
    const results = new Map<string, { readonly loss: number; readonly gradient: Float32Array }>();
    for (const only of ENGINE_NAMES) {
      try {
        ({ tf } = await startEngine({ only }));
      } catch {
        continue;
      }
      results.set(only, lossAndGradient({ kind: 'full' }));
    }
    ({ tf } = await startEngine({ only: 'wasm' }));
    const reference = results.get('cpu');
    if (reference === undefined) throw new Error('plain JavaScript always loads');
    for (const [name, { loss, gradient }] of results) {
      expect(loss, name).to.be.closeTo(reference.loss, 1e-5);
      const error = norm(gradient.map((value, i) => value - (reference.gradient[i] ?? 0)));
      expect(error / norm(reference.gradient), name).to.be.below(1e-5);
    }
  });
});
