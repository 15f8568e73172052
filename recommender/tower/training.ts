import type { Tensor1D } from '@tensorflow/tfjs-core';
import { adamW } from '../engine/index.js';
import type { AdamWState, Engine, TensorOperations } from '../engine/index.js';
import { leaveOneOut, tiedRankOf } from '../metrics/index.js';
import { shuffle } from '../random.js';
import type { RandomSource } from '../random.js';
import { augmented, DEFAULT_AUGMENTATION, newestExample } from './augmentation.js';
import type { Augmentation } from './augmentation.js';
import { drawNegatives, packTower } from './batch.js';
import type { TowerExample } from './batch.js';
import { inBlocks } from './coins.js';
import { plainGradient } from './gradients.js';
import { trainedStart, withTrained } from './model.js';
import type { TowerModel } from './model.js';
import { featureTable, TowerScorer } from './scoring.js';
import type { TowerTexts } from './scoring.js';
import { trainedCount, trainedParts } from './shape.js';
import type { TowerForm, TowerShape } from './shape.js';

/** How a tower is trained; every field has a default in {@link TRAINING_DEFAULTS}. */
export interface TowerTraining {
  readonly form: TowerForm;
  /** Most passes over the shoppers. */
  readonly epochs: number;
  /** Passes without a better validation figure before training stops; not used without validation cases. */
  readonly patience: number;
  /** Shoppers a step. */
  readonly batch: number;
  readonly negatives: number;
  readonly learningRate: number;
  /** Steps over which the learning rate rises from 0. */
  readonly warmUp: number;
  /** Of matrices, times the learning rate. */
  readonly weightDecay: number;
  readonly dropout: number;
  /** `undefined`: every shopper's newest event after all others, in every epoch. */
  readonly augmentation: Augmentation | undefined;
  /** Values of what the form trains to start from. @default those of the start model; corrections of zero */
  readonly from: Float32Array | undefined;
}

/** Chosen on validation items. */
export const TRAINING_DEFAULTS: TowerTraining = {
  form: { kind: 'full' },
  epochs: 20,
  patience: 3,
  batch: 128,
  negatives: 256,
  learningRate: 1e-3,
  warmUp: 20,
  weightDecay: 0.01,
  dropout: 0.1,
  augmentation: DEFAULT_AUGMENTATION,
  from: undefined,
};

/** What a tower learns from. */
export interface TowerData {
  readonly texts: TowerTexts;
  /** One sequence a shopper, oldest first; those of fewer than two events teach nothing. */
  readonly sequences: readonly Int32Array[];
  /** Decide when to stop; none: the last epoch's model is the result. */
  readonly validation?: readonly TowerExample[];
}

/** A tower and, by themselves, the values that its form has trained: they are merged into its parameters. */
export interface TrainedTower extends TowerModel {
  readonly trained: Float32Array;
}

/** How far training has come, after each epoch. */
export interface TowerProgress {
  /** 1-based. */
  readonly epoch: number;
  readonly epochs: number;
  /** Mean over the epoch's steps. */
  readonly loss: number;
  /** NDCG@10 on the validation cases, ranked among the whole catalogue; undefined without them. */
  readonly validation: number | undefined;
}

/**
 * Trains a tower from `start`: a published version or an untrained one. A generator, so that whoever runs it sees each
 * epoch, lets others have their turn in between, and stops it by ending the loop; the engine's memory is given back
 * either way.
 *
 * @param random coins of order, negatives, augmentation and dropout: the same ones give the same model, to the bit
 * @returns the model that validated best (the start, if nothing was better), or the last without validation cases
 */
export function* trainTower(
  engine: Engine,
  start: TowerModel,
  data: TowerData,
  random: RandomSource,
  options: Partial<TowerTraining> = {},
): Generator<TowerProgress, TrainedTower, undefined> {
  const training = { ...TRAINING_DEFAULTS, ...options };
  const coins = inBlocks(random);
  const sequences = data.sequences.filter(({ length }) => length >= 2);
  const order = Int32Array.from(sequences, (_, position) => position);
  const steps = new TowerSteps(engine, start, data.texts, training, coins);
  try {
    let best = steps.model();
    let bestSeen = validate(engine, best, data);
    let since = 0;
    for (let epoch = 1; epoch <= training.epochs && since < training.patience; epoch += 1) {
      shuffle(order, coins);
      const losses: number[] = [];
      for (let first = 0; first < order.length; first += training.batch) {
        const chosen = Array.from(
          order.subarray(first, first + training.batch),
          (at) => sequences[at] ?? new Int32Array(2),
        );
        losses.push(steps.take(chosen));
      }
      const model = steps.model();
      const validation = validate(engine, model, data);
      if (validation === undefined || bestSeen === undefined || validation > bestSeen) {
        [best, bestSeen, since] = [model, validation, 0];
      } else since += 1;
      const loss = losses.reduce((sum, value) => sum + value, 0) / Math.max(1, losses.length);
      yield { epoch, epochs: training.epochs, loss, validation };
    }
    return best;
  } finally {
    steps.dispose();
  }
}

/** Runs {@link trainTower} to its end. */
export function trainedTower(...args: Parameters<typeof trainTower>): TrainedTower {
  const run = trainTower(...args);
  let next = run.next();
  while (next.done !== true) next = run.next();
  return next.value;
}

/** NDCG@10 among the whole catalogue, the history masked; undefined without cases. */
function validate(engine: Engine, model: TowerModel, { texts, validation = [] }: TowerData): number | undefined {
  if (validation.length === 0) return undefined;
  const scorer = new TowerScorer(engine, model, texts);
  let sum = 0;
  for (const { start, rows, scores } of scorer.blocks(validation.map(({ history }) => history))) {
    for (let row = 0; row < rows; row += 1) {
      const { history = new Int32Array(), target = -1 } = validation[start + row] ?? {};
      const own = scores.subarray(row * texts.items, (row + 1) * texts.items);
      sum += leaveOneOut(tiedRankOf(own, target, new Set(history)), 10).ndcg;
    }
  }
  scorer.dispose();
  return sum / validation.length;
}

/** The optimiser's state and the tensors of a run. */
class TowerSteps {
  readonly #tf: TensorOperations;
  readonly #start: TowerModel;
  readonly #training: TowerTraining;
  readonly #coins: RandomSource;
  readonly #items: number;
  readonly #table;
  readonly #parameters: Tensor1D;
  readonly #decays: Tensor1D;
  #state: AdamWState;
  #step = 0;

  constructor(engine: Engine, start: TowerModel, texts: TowerTexts, training: TowerTraining, coins: RandomSource) {
    const { tf } = engine;
    const { shape, parameters } = start;
    const count = trainedCount(shape, training.form);
    this.#tf = tf;
    this.#start = start;
    this.#training = training;
    this.#coins = coins;
    this.#items = texts.items;
    this.#table = featureTable(engine, texts);
    this.#parameters = tf.tensor1d(parameters);
    this.#decays = tf.tensor1d(decayMask(shape, training.form));
    const own = tf.tensor1d(training.from ?? trainedStart(start, training.form));
    this.#state = { parameters: own, first: tf.zeros([count]), second: tf.zeros([count]) };
  }

  /** One step on these shoppers. @returns the mean loss before it */
  take(sequences: readonly Int32Array[]): number {
    const { form, augmentation, negatives, dropout, learningRate, warmUp, weightDecay } = this.#training;
    const [tf, coins] = [this.#tf, this.#coins];
    const { shape } = this.#start;
    const examples = sequences.map((sequence) =>
      augmentation === undefined ? newestExample(sequence) : augmented(sequence, augmentation, coins),
    );
    const drawn = drawNegatives(this.#items, negatives, coins);
    const batch = packTower(examples, drawn, { length: shape.length, padding: this.#items });
    const old = this.#state;
    const tensors = { tf, shape, form, table: this.#table, parameters: this.#parameters, trained: old.parameters };
    const { loss, gradient } = plainGradient(tensors, batch, { rate: dropout, random: coins });
    this.#step += 1;
    const rate = learningRate * Math.min(1, this.#step / Math.max(1, warmUp));
    const decays = tf.mul<Tensor1D>(this.#decays, rate * weightDecay);
    this.#state = adamW(tf, old, gradient, { step: this.#step, learningRate: rate, decays });
    const value = loss.dataSync<'float32'>()[0] ?? Number.NaN;
    tf.dispose([loss, gradient, decays, old.parameters, old.first, old.second]);
    return value;
  }

  model(): TrainedTower {
    const trained = Float32Array.from(this.#state.parameters.dataSync<'float32'>());
    return { ...withTrained(this.#start, this.#training.form, trained), trained };
  }

  dispose(): void {
    const { parameters, first, second } = this.#state;
    this.#tf.dispose([this.#table, this.#parameters, this.#decays, parameters, first, second]);
  }
}

/** 1 where weight decay applies. */
function decayMask(shape: TowerShape, form: TowerForm): Float32Array {
  return Float32Array.from(
    trainedParts(shape, form).flatMap(({ size, decays }) => new Array<number>(size).fill(decays ? 1 : 0)),
  );
}
