import type { Engine } from '../engine/index.js';
import { leaveOneOut, tiedRankOf } from '../metrics/index.js';
import { shuffle } from '../random.js';
import type { RandomSource } from '../random.js';
import { DEFAULT_AUGMENTATION } from './augmentation.js';
import type { Augmentation } from './augmentation.js';
import type { TowerExample } from './batch.js';
import { inBlocks } from './coins.js';
import type { TowerModel } from './model.js';
import { PART } from './parts.js';
import type { TowerThreads } from './parts.js';
import { TowerScorer } from './scoring.js';
import type { TowerTexts } from './scoring.js';
import type { TowerForm } from './shape.js';
import { TowerSteps } from './steps.js';
import type { TowerStep, TrainedTower } from './steps.js';

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
  /**
   * Shoppers of a batch whose gradients one pass adds up. Another number gives other bits; the number of threads does not.
   * @default 64 on engines that compute on one core, else the whole batch
   */
  readonly part: number | undefined;
  /** Called after every step with the share of the steps that are done; what it throws ends training. */
  readonly onStep: ((done: number) => void) | undefined;
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
  part: undefined,
  onStep: undefined,
};

/** What a tower learns from. */
export interface TowerData {
  readonly texts: TowerTexts;
  /** One sequence a shopper, oldest first; those of fewer than two events teach nothing. */
  readonly sequences: readonly Int32Array[];
  /** Decide when to stop; none: the last epoch's model is the result. */
  readonly validation?: readonly TowerExample[];
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

/** What training goes by: an engine, a tower to start from, data, coins and options. */
export type TrainingArguments = readonly [
  engine: Engine,
  start: TowerModel,
  data: TowerData,
  random: RandomSource,
  options?: Partial<TowerTraining>,
];

/**
 * Trains a tower from `start`: a published version or an untrained one. A generator, so that whoever runs it sees each
 * epoch, lets others have their turn in between, and stops it by ending the loop; the engine's memory is given back
 * either way.
 *
 * @param args `random` gives the coins of order, negatives, augmentation and dropout: the same ones give the same model,
 *   to the bit
 * @returns the model that validated best (the start, if nothing was better), or the last without validation cases
 */
export function* trainTower(...args: TrainingArguments): Generator<TowerProgress, TrainedTower, undefined> {
  const run = new TrainingRun(...args);
  try {
    while (!run.isOver) {
      const losses: number[] = [];
      for (const step of run.epoch()) losses.push(step.take());
      yield run.judge(losses);
    }
    return run.best;
  } finally {
    run.dispose();
  }
}

/** {@link trainTower} with the parts of every step spread over threads: the same model, to the bit. @throws what one throws */
export async function* trainTowerOn(
  threads: TowerThreads,
  ...args: TrainingArguments
): AsyncGenerator<TowerProgress, TrainedTower, undefined> {
  const run = new TrainingRun(...args);
  try {
    while (!run.isOver) {
      const losses: number[] = [];
      for (const step of run.epoch()) losses.push(await step.takeOn(threads));
      yield run.judge(losses);
    }
    return run.best;
  } finally {
    run.dispose();
  }
}

/** Runs {@link trainTower} to its end. */
export function trainedTower(...args: TrainingArguments): TrainedTower {
  const run = trainTower(...args);
  let next = run.next();
  while (next.done !== true) next = run.next();
  return next.value;
}

/** Runs {@link trainTowerOn} to its end, or {@link trainTower} where there are no threads. */
export async function trainedTowerOn(
  threads: TowerThreads | undefined,
  ...args: TrainingArguments
): Promise<TrainedTower> {
  if (threads === undefined) return trainedTower(...args);
  const run = trainTowerOn(threads, ...args);
  let next = await run.next();
  while (next.done !== true) next = await run.next();
  return next.value;
}

/** Epochs, the best model so far, and when to stop. */
class TrainingRun {
  readonly #engine: Engine;
  readonly #data: TowerData;
  readonly #training: TowerTraining;
  readonly #coins: RandomSource;
  readonly #sequences: readonly Int32Array[];
  readonly #order: Int32Array;
  readonly #steps: TowerSteps;
  #best: TrainedTower;
  #bestSeen: number | undefined;
  #epoch = 0;
  #since = 0;

  constructor(...[engine, start, data, random, options = {}]: TrainingArguments) {
    const training = { ...TRAINING_DEFAULTS, ...options };
    const part = training.part ?? (engine.cores === 'one' ? PART : training.batch);
    this.#engine = engine;
    this.#data = data;
    this.#training = training;
    this.#coins = inBlocks(random);
    this.#sequences = data.sequences.filter(({ length }) => length >= 2);
    this.#order = Int32Array.from(this.#sequences, (_, position) => position);
    this.#steps = new TowerSteps(engine, start, data.texts, { ...training, part }, this.#coins);
    this.#best = this.#steps.model();
  }

  get isOver(): boolean {
    return this.#epoch >= this.#training.epochs || this.#since >= this.#training.patience;
  }

  get best(): TrainedTower {
    return this.#best;
  }

  /** The steps of the next epoch; each is to be taken before the next is asked for. */
  *epoch(): Generator<TowerStep, void, undefined> {
    const { batch, epochs, onStep } = this.#training;
    if (this.#epoch === 0) this.#bestSeen = validate(this.#engine, this.#best, this.#data);
    shuffle(this.#order, this.#coins);
    const shoppers = this.#order.length;
    for (let first = 0; first < shoppers; first += batch) {
      const chosen = this.#order.subarray(first, first + batch);
      yield this.#steps.draw(Array.from(chosen, (at) => this.#sequences[at] ?? new Int32Array(2)));
      onStep?.((this.#epoch + Math.min(1, (first + batch) / shoppers)) / epochs);
    }
    this.#epoch += 1;
  }

  /** Validates the model after an epoch. @param losses of its steps */
  judge(losses: readonly number[]): TowerProgress {
    const model = this.#steps.model();
    const validation = validate(this.#engine, model, this.#data);
    if (validation === undefined || this.#bestSeen === undefined || validation > this.#bestSeen) {
      [this.#best, this.#bestSeen, this.#since] = [model, validation, 0];
    } else this.#since += 1;
    const loss = losses.reduce((sum, value) => sum + value, 0) / Math.max(1, losses.length);
    return { epoch: this.#epoch, epochs: this.#training.epochs, loss, validation };
  }

  dispose(): void {
    this.#steps.dispose();
  }
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
