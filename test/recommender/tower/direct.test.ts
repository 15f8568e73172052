import { expect } from 'chai';
import { directAccess, startEngine } from '../../../recommender/engine/index.js';
import type { EngineName } from '../../../recommender/engine/index.js';
import { standardNormal } from '../../../recommender/random.js';
import { clippedGradient, plainGradient, trainedStart } from '../../../recommender/tower/index.js';
import type { TowerForm, TowerShape } from '../../../recommender/tower/index.js';
import { seeded } from '../support/coins.js';
import { examples, ITEMS, lively, pack, SMALL_TOWER, tensorsOf } from './scene.js';

/** More events than one chunk holds. */
const SHOPPERS = examples(90);
const FORMS: readonly TowerForm[] = [{ kind: 'full' }, { kind: 'adapter' }, { kind: 'low-rank', rank: 3 }];
const SHAPES: Readonly<Record<string, TowerShape>> = {
  'two blocks': SMALL_TOWER,
  'one block': { ...SMALL_TOWER, blocks: 1 },
  'three blocks, sizes that are no multiples of 4': { ...SMALL_TOWER, blocks: 3, features: 23, inner: 11, length: 6 },
  'heads of 3 columns, which go by the tape': { ...SMALL_TOWER, width: 6 },
};

/** Losses, norms and gradients of one batch on one engine. */
async function gradientsOn(only: EngineName, shape: TowerShape, form: TowerForm, rate: number) {
  const { tf } = await startEngine({ only });
  const model = lively(shape);
  const random = seeded('trained');
  const trained = trainedStart(model, form).map((value) => value + 0.05 * standardNormal(random));
  const tensors = tensorsOf(tf, model, form, trained);
  const batch = pack(SHOPPERS, shape);
  const plain = plainGradient(tensors, batch, { rate, random: seeded('dropout') });
  const clipped = clippedGradient(tensors, batch, 2, { rate, random: seeded('dropout') });
  const found = {
    loss: Float32Array.from(plain.loss.dataSync<'float32'>()),
    gradient: Float32Array.from(plain.gradient.dataSync<'float32'>()),
    sum: Float32Array.from(clipped.sum.dataSync<'float32'>()),
    norms: Float32Array.from(clipped.norms.dataSync<'float32'>()),
    losses: Float32Array.from(clipped.losses.dataSync<'float32'>()),
  };
  tf.dispose([plain.loss, plain.gradient, clipped.sum, clipped.norms, clipped.losses]);
  tensors.dispose();
  return found;
}

function relativeError(found: Float32Array, expected: Float32Array): number {
  const length = (values: Float32Array): number => Math.hypot(...values);
  return length(found.map((value, at) => value - (expected[at] ?? Number.NaN))) / length(expected);
}

describe('the pass that is written out for the kernels of the wasm engine', () => {
  after(async () => {
    await startEngine({ only: 'wasm' });
  });

  for (const [shapeName, shape] of Object.entries(SHAPES)) {
    for (const form of FORMS) {
      it(`gives what the tape gives: ${shapeName}, form ${form.kind}`, async () => {
        const expected = await gradientsOn('cpu', shape, form, 0.25);
        const found = await gradientsOn('wasm', shape, form, 0.25);
        for (const what of ['loss', 'gradient', 'sum', 'norms', 'losses'] as const) {
          expect(relativeError(found[what], expected[what]), what).to.be.below(1e-5);
        }
        expect(Math.min(...found.norms), 'some are not clipped').to.be.below(2);
        expect(Math.max(...found.norms), 'some are clipped').to.be.above(2);
      });
    }
  }

  it('is compared with coins that matter', async () => {
    const form: TowerForm = { kind: 'full' };
    const [without, dropped] = [
      await gradientsOn('wasm', SMALL_TOWER, form, 0),
      await gradientsOn('wasm', SMALL_TOWER, form, 0.25),
    ];
    expect(relativeError(dropped.gradient, without.gradient)).to.be.above(0.01);
  });

  it('refuses indices and histories that would read memory that is not theirs', async () => {
    const { tf } = await startEngine({ only: 'wasm' });
    const tensors = tensorsOf(tf, lively(SMALL_TOWER), { kind: 'full' });
    const batch = pack(SHOPPERS.slice(0, 3), SMALL_TOWER);
    for (const wrong of [
      { targets: Int32Array.of(0, 1, ITEMS + 1) },
      { negatives: Int32Array.of(-1) },
      { items: batch.items.map(() => 1e6) },
      { events: Int32Array.of(1, 0, 1) },
      { events: Int32Array.of(1, SMALL_TOWER.length + 1, 1) },
    ]) {
      expect(() => plainGradient(tensors, { ...batch, ...wrong })).to.throw(RangeError, /there is no row|a history of/);
    }
    tensors.dispose();
  });

  it('is there on the wasm engine alone', async () => {
    const { tf } = await startEngine({ only: 'wasm' });
    expect(directAccess(tf)).not.to.equal(undefined);
    await startEngine({ only: 'cpu' });
    expect(directAccess(tf)).to.equal(undefined);
  });
});
