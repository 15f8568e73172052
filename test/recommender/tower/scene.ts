import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { TensorOperations } from '../../../recommender/engine/index.js';
import { standardNormal, uniformBelow } from '../../../recommender/random.js';
import { drawNegatives, packTower, trainedStart, untrainedTower } from '../../../recommender/tower/index.js';
import type {
  TowerBatch,
  TowerExample,
  TowerForm,
  TowerModel,
  TowerShape,
  TowerTensors,
} from '../../../recommender/tower/index.js';
import { seeded } from '../support/coins.js';

/** A tower that is small in every dimension, and different in each. */
export const SMALL_TOWER: TowerShape = { features: 24, width: 8, blocks: 2, heads: 2, inner: 12, length: 5 };
export const ITEMS = 40;

/** Unit rows, and the zero row of the padding. */
export function featureTable(features: number, items: number, seed = 'features'): Float32Array {
  const random = seeded(seed);
  const table = new Float32Array((items + 1) * features);
  for (let item = 0; item < items; item += 1) {
    const row = Float64Array.from({ length: features }, () => standardNormal(random));
    const norm = Math.hypot(...row);
    row.forEach((value, at) => (table[item * features + at] = value / norm));
  }
  return table;
}

/** Shoppers with 1 to 8 events. */
export function examples(count: number, seed = 'examples'): TowerExample[] {
  const random = seeded(seed);
  return Array.from({ length: count }, () => ({
    history: Int32Array.from({ length: 1 + uniformBelow(random, 8) }, () => uniformBelow(random, ITEMS)),
    target: uniformBelow(random, ITEMS),
  }));
}

export function pack(shoppers: readonly TowerExample[], shape: TowerShape, seed = 'negatives'): TowerBatch {
  return packTower(shoppers, drawNegatives(ITEMS, 16, seeded(seed)), { length: shape.length, padding: ITEMS });
}

/** A model whose every parameter has a part in the loss. */
export function lively(shape: TowerShape): TowerModel {
  const model = untrainedTower(shape, seeded('weights'));
  const random = seeded('life');
  return { shape, parameters: model.parameters.map((value) => value + 0.1 * standardNormal(random)) };
}

export function tensorsOf(
  tf: TensorOperations,
  model: TowerModel,
  form: TowerForm,
  trained = trainedStart(model, form),
): TowerTensors & { readonly dispose: () => void } {
  const { shape, parameters } = model;
  const table: Tensor2D = tf.tensor2d(featureTable(shape.features, ITEMS), [ITEMS + 1, shape.features]);
  const [all, own]: [Tensor1D, Tensor1D] = [tf.tensor1d(parameters), tf.tensor1d(trained)];
  return { tf, shape, form, table, parameters: all, trained: own, dispose: () => tf.dispose([table, all, own]) };
}
