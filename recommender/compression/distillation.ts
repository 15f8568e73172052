import { adamW } from '../engine/index.js';
import type { AdamWState, Engine } from '../engine/index.js';
import { leaveOneOut, tiedRankOf } from '../metrics/index.js';
import { shuffle } from '../random.js';
import type { RandomSource } from '../random.js';
import {
  augmented,
  DEFAULT_AUGMENTATION,
  distilledGradient,
  drawNegatives,
  featureTable,
  inBlocks,
  packTower,
  parametersOf,
  TowerScorer,
  untrainedTower,
} from '../tower/index.js';
import type { TowerData, TowerModel, TowerProgress, TowerShape } from '../tower/index.js';

/** How a tower is distilled; every field has a default in {@link DISTILLATION_DEFAULTS}. */
export interface DistillationOptions {
  /** Sizes of the student; features and length are the teacher's. */
  readonly student: Omit<TowerShape, 'features' | 'length'>;
  /** See `Distillation`. */
  readonly temperature: number;
  readonly share: number;
  /** Most passes over the shoppers. */
  readonly epochs: number;
  /** Passes without a better validation figure before it stops. */
  readonly patience: number;
  /** Shoppers a step. */
  readonly batch: number;
  readonly negatives: number;
  readonly learningRate: number;
  /** Steps over which the learning rate rises from 0. */
  readonly warmUp: number;
  /** Of matrices, times the learning rate. */
  readonly weightDecay: number;
}

/** A student of half the width and one block: a fifth of the default tower's parameters. Chosen on validation items. */
export const DISTILLATION_DEFAULTS: DistillationOptions = {
  student: { width: 32, blocks: 1, heads: 2, inner: 128 },
  temperature: 1,
  share: 0.7,
  epochs: 20,
  patience: 3,
  batch: 128,
  negatives: 256,
  learningRate: 2e-3,
  warmUp: 20,
  weightDecay: 0.01,
};

/**
 * Teaches a smaller tower what a tower says of lists of public items, beside the shoppers' own next items. A generator,
 * as `trainTower` is.
 *
 * @param random coins of weights, order, negatives and augmentation
 * @returns the student that validated best, or the last without validation cases
 */
export function* distilTower(
  engine: Engine,
  teacher: TowerModel,
  data: TowerData,
  random: RandomSource,
  options: Partial<DistillationOptions> = {},
): Generator<TowerProgress, TowerModel, undefined> {
  const { tf } = engine;
  const chosen = { ...DISTILLATION_DEFAULTS, ...options };
  const coins = inBlocks(random);
  const start = newStudent(teacher, chosen.student, coins);
  const { shape } = start;
  const sequences = data.sequences.filter(({ length }) => length >= 2);
  const order = Int32Array.from(sequences, (_, position) => position);
  const table = featureTable(engine, data.texts);
  const taught = { shape: teacher.shape, parameters: tf.tensor1d(teacher.parameters) };
  const mask = tf.tensor1d(decayMask(shape));
  const count = start.parameters.length;
  let state: AdamWState = {
    parameters: tf.tensor1d(start.parameters),
    first: tf.zeros([count]),
    second: tf.zeros([count]),
  };
  let step = 0;

  const take = (positions: Int32Array): number => {
    const examples = Array.from(positions, (at) =>
      augmented(sequences[at] ?? new Int32Array(2), DEFAULT_AUGMENTATION, coins),
    );
    const drawn = drawNegatives(data.texts.items, chosen.negatives, coins);
    const batch = packTower(examples, drawn, { length: shape.length, padding: data.texts.items });
    const old = state;
    const tensors = { tf, shape, form: FULL, table, parameters: old.parameters, trained: old.parameters };
    const { loss, gradient } = distilledGradient(tensors, batch, { ...chosen, teacher: taught });
    step += 1;
    const learningRate = chosen.learningRate * Math.min(1, step / Math.max(1, chosen.warmUp));
    const decays = tf.mul<typeof mask>(mask, learningRate * chosen.weightDecay);
    state = adamW(tf, old, gradient, { step, learningRate, decays });
    const value = loss.dataSync<'float32'>()[0] ?? Number.NaN;
    tf.dispose([loss, gradient, decays, old.parameters, old.first, old.second]);
    return value;
  };

  try {
    let best = start;
    let bestSeen = -1;
    let since = 0;
    for (let epoch = 1; epoch <= chosen.epochs && since < chosen.patience; epoch += 1) {
      shuffle(order, coins);
      let [sum, steps] = [0, 0];
      for (let first = 0; first < order.length; first += chosen.batch, steps += 1) {
        sum += take(order.subarray(first, first + chosen.batch));
      }
      const model = { shape, parameters: Float32Array.from(state.parameters.dataSync<'float32'>()) };
      const validation = validated(engine, model, data);
      if (validation === undefined || validation > bestSeen) {
        [best, bestSeen, since] = [model, validation ?? -1, 0];
      } else since += 1;
      yield { epoch, epochs: chosen.epochs, loss: sum / Math.max(1, steps), validation };
    }
    return best;
  } finally {
    tf.dispose([table, taught.parameters, mask, state.parameters, state.first, state.second]);
  }
}

const FULL = { kind: 'full' } as const;

/** An untrained tower of the student's sizes that weighs the raw texts as its teacher does. */
function newStudent(
  { shape: { features, length }, parameters }: TowerModel,
  sizes: DistillationOptions['student'],
  coins: RandomSource,
): TowerModel {
  const student = untrainedTower({ ...sizes, features, length }, coins);
  student.parameters.set(parameters.slice(-2), student.parameters.length - 2);
  return student;
}

/** NDCG@10 among the whole catalogue, the history masked; undefined without cases. */
function validated(engine: Engine, model: TowerModel, { texts, validation = [] }: TowerData): number | undefined {
  if (validation.length === 0) return undefined;
  const scorer = new TowerScorer(engine, model, texts);
  try {
    let sum = 0;
    for (const { start, rows, scores } of scorer.blocks(validation.map(({ history }) => history))) {
      for (let row = 0; row < rows; row += 1) {
        const { history = new Int32Array(), target = -1 } = validation[start + row] ?? {};
        const own = scores.subarray(row * texts.items, (row + 1) * texts.items);
        sum += leaveOneOut(tiedRankOf(own, target, new Set(history)), 10).ndcg;
      }
    }
    return sum / validation.length;
  } finally {
    scorer.dispose();
  }
}

/** 1 where weight decay applies. */
function decayMask(shape: TowerShape): Float32Array {
  return Float32Array.from(
    parametersOf(shape).flatMap(({ size, decays }) => new Array<number>(size).fill(decays ? 1 : 0)),
  );
}
