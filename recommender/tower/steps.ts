import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { adamW } from '../engine/index.js';
import type { AdamWState, Engine, TensorOperations } from '../engine/index.js';
import type { RandomSource } from '../random.js';
import { augmented, newestExample } from './augmentation.js';
import type { Augmentation } from './augmentation.js';
import { drawNegatives, packTower } from './batch.js';
import type { TowerBatch } from './batch.js';
import { drawnBefore } from './coins.js';
import { plainGradient } from './gradients.js';
import { trainedStart, withTrained } from './model.js';
import type { TowerModel } from './model.js';
import { droppedUnits } from './network.js';
import { inRuns, withOwnRows } from './parts.js';
import type { DrawnDropout, PartRequest, TowerThreads } from './parts.js';
import { featureTable } from './scoring.js';
import type { TowerTexts } from './scoring.js';
import { trainedCount, trainedParts } from './shape.js';
import type { TowerForm, TowerShape } from './shape.js';

/** What a step goes by; see `TowerTraining`. */
export interface StepSettings {
  readonly form: TowerForm;
  /** Shoppers whose gradients one pass adds up. */
  readonly part: number;
  readonly negatives: number;
  readonly learningRate: number;
  readonly warmUp: number;
  readonly weightDecay: number;
  readonly dropout: number;
  readonly augmentation: Augmentation | undefined;
  readonly from: Float32Array | undefined;
}

/** A tower and, by themselves, the values that its form has trained: they are merged into its parameters. */
export interface TrainedTower extends TowerModel {
  readonly trained: Float32Array;
}

/** Some shoppers of a step, packed, with the coins of their dropout. */
interface Part {
  readonly batch: TowerBatch;
  readonly dropout?: DrawnDropout;
}

/** The optimiser's state and the tensors of a run. */
export class TowerSteps {
  readonly #tf: TensorOperations;
  readonly #start: TowerModel;
  readonly #texts: TowerTexts;
  readonly #settings: StepSettings;
  readonly #coins: RandomSource;
  readonly #table: Tensor2D;
  readonly #parameters: Tensor1D;
  readonly #decays: Tensor1D;
  #state: AdamWState;
  #step = 0;

  constructor(engine: Engine, start: TowerModel, texts: TowerTexts, settings: StepSettings, coins: RandomSource) {
    const { tf } = engine;
    const { shape, parameters } = start;
    const count = trainedCount(shape, settings.form);
    this.#tf = tf;
    this.#start = start;
    this.#texts = texts;
    this.#settings = settings;
    this.#coins = coins;
    this.#table = featureTable(engine, texts);
    this.#parameters = tf.tensor1d(parameters);
    this.#decays = tf.tensor1d(decayMask(shape, settings.form));
    const own = tf.tensor1d(settings.from ?? trainedStart(start, settings.form));
    this.#state = { parameters: own, first: tf.zeros([count]), second: tf.zeros([count]) };
  }

  /** Draws all that is random about a step on these shoppers, in their order; the caller then takes it. */
  draw(sequences: readonly Int32Array[]): TowerStep {
    const { augmentation, dropout, negatives, part } = this.#settings;
    const coins = this.#coins;
    const { shape } = this.#start;
    const examples = sequences.map((sequence) =>
      augmentation === undefined ? newestExample(sequence) : augmented(sequence, augmentation, coins),
    );
    const drawn = drawNegatives(this.#texts.items, negatives, coins);
    const parts = inRuns(examples, part).map((run): Part => {
      const batch = packTower(run, drawn, { length: shape.length, padding: this.#texts.items });
      if (dropout === 0) return { batch };
      return { batch, dropout: { rate: dropout, coins: coins.bytes(droppedUnits(shape, run.length)).slice() } };
    });
    return {
      take: () => this.#take(parts, sequences.length),
      takeOn: (threads) => this.#takeOn(threads, parts, sequences.length),
    };
  }

  #take(parts: readonly Part[], shoppers: number): number {
    const [tf, { form }] = [this.#tf, this.#settings];
    const [table, parameters, trained] = [this.#table, this.#parameters, this.#state.parameters];
    const tensors = { tf, shape: this.#start.shape, form, table, parameters, trained };
    const sum = new GradientSum(tf);
    for (const { batch, dropout } of parts) {
      const kept = dropout === undefined ? undefined : { rate: dropout.rate, random: drawnBefore(dropout.coins) };
      const { loss, gradient } = plainGradient(tensors, batch, kept, shoppers);
      sum.add(gradient, loss.dataSync<'float32'>()[0] ?? Number.NaN);
      loss.dispose();
    }
    return this.#apply(sum);
  }

  async #takeOn(threads: TowerThreads, parts: readonly Part[], shoppers: number): Promise<number> {
    if (parts.length < 2) return this.#take(parts, shoppers);
    const { shape, parameters } = this.#start;
    const { form } = this.#settings;
    const trained = Float32Array.from(this.#state.parameters.dataSync<'float32'>());
    const common = { shape, form, parameters: form.kind === 'full' ? trained : parameters, trained };
    const reduction = { kind: 'mean', shoppers } as const;
    const requests = parts.map(({ batch, ...coins }): PartRequest => {
      return { ...common, ...withOwnRows(batch, this.#texts), ...coins, reduction };
    });
    const sums = await Promise.all(requests.map((request) => threads.compute(request)));
    const sum = new GradientSum(this.#tf);
    for (const { gradient, loss } of sums) sum.add(this.#tf.tensor1d(gradient), loss);
    return this.#apply(sum);
  }

  /** Moves the parameters against the gradient, and gives its memory back. @returns the mean loss before the step */
  #apply({ gradient, loss }: GradientSum): number {
    const { learningRate, warmUp, weightDecay } = this.#settings;
    const tf = this.#tf;
    const old = this.#state;
    this.#step += 1;
    const rate = learningRate * Math.min(1, this.#step / Math.max(1, warmUp));
    const decays = tf.mul<Tensor1D>(this.#decays, rate * weightDecay);
    this.#state = adamW(tf, old, gradient, { step: this.#step, learningRate: rate, decays });
    tf.dispose([gradient, decays, old.parameters, old.first, old.second]);
    return loss;
  }

  model(): TrainedTower {
    const trained = Float32Array.from(this.#state.parameters.dataSync<'float32'>());
    return { ...withTrained(this.#start, this.#settings.form, trained), trained };
  }

  dispose(): void {
    const { parameters, first, second } = this.#state;
    this.#tf.dispose([this.#table, this.#parameters, this.#decays, parameters, first, second]);
  }
}

/** A step that is drawn but not taken. Both ways give the same bits; each returns the mean loss before the step. */
export interface TowerStep {
  /** Here, one part after another. */
  readonly take: () => number;
  /** On other threads, if it has several parts. @throws what a thread throws; the step is then not taken */
  readonly takeOn: (threads: TowerThreads) => Promise<number>;
}

/** Adds parts up in the order in which they are given. */
class GradientSum {
  readonly #tf: TensorOperations;
  #gradient: Tensor1D | undefined;
  loss = 0;

  constructor(tf: TensorOperations) {
    this.#tf = tf;
  }

  /** @param gradient is disposed, or becomes the sum */
  add(gradient: Tensor1D, loss: number): void {
    const before = this.#gradient;
    this.loss += loss;
    this.#gradient = before === undefined ? gradient : this.#tf.add<Tensor1D>(before, gradient);
    if (before !== undefined) this.#tf.dispose([before, gradient]);
  }

  get gradient(): Tensor1D {
    if (this.#gradient === undefined) throw new TypeError('a step has at least one part');
    return this.#gradient;
  }
}

/** 1 where weight decay applies. */
function decayMask(shape: TowerShape, form: TowerForm): Float32Array {
  return Float32Array.from(
    trainedParts(shape, form).flatMap(({ size, decays }) => new Array<number>(size).fill(decays ? 1 : 0)),
  );
}
