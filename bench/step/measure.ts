import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { osRandom } from '../../crypto/index.js';
import {
  adamW,
  clippedGradient,
  DEFAULT_TOWER,
  drawNegatives,
  inBlocks,
  packTower,
  parameterCount,
  plainGradient,
  startEngine,
  untrainedTower,
} from '../../recommender/index.js';
import type { AdamWState, EngineName, TensorOperations } from '../../recommender/index.js';

/** Items of the catalogue and negatives of a batch: those of the script for PyTorch. */
const ITEMS = 12_000;
const NEGATIVES = 256;
const CLIP_NORM = 1;
const WARM_UP = 4;
const coins = inBlocks(osRandom);

/** What one step costs. */
export interface StepCost {
  readonly batch: number;
  readonly steps: number;
  /** Median, milliseconds of CPU of the whole process. */
  readonly cpuMs: number;
}

/** The default model's step on one engine. */
export interface EngineSteps {
  readonly engine: EngineName;
  readonly device: string;
  readonly parameters: number;
  /** Gradient of the mean loss, then AdamW. */
  readonly plain: StepCost;
  /** Sum of gradients clipped one shopper at a time, then AdamW. */
  readonly clipped: StepCost;
}

/** How much to measure. */
export interface MeasureOptions {
  readonly engine?: EngineName;
  readonly plainBatch: number;
  readonly clippedBatch: number;
  /** Measured steps of each kind. */
  readonly steps: number;
}

/** Measures plain and clipped steps in turn, on fresh random sequences, each with its packing and its optimiser. */
export async function measureSteps(options: MeasureOptions): Promise<EngineSteps> {
  const { name, device, tf } = await startEngine(options.engine === undefined ? {} : { only: options.engine });
  const trainer = new Trainer(tf);
  const [plain, clipped]: [number[], number[]] = [[], []];
  for (let step = -WARM_UP; step < options.steps; step += 1) {
    const costs = [trainer.plain(options.plainBatch), trainer.clipped(options.clippedBatch)];
    if (step < 0) continue;
    plain.push(costs[0] ?? 0);
    clipped.push(costs[1] ?? 0);
  }
  const cost = (batch: number, values: number[]): StepCost => ({ batch, steps: values.length, cpuMs: median(values) });
  return {
    engine: name,
    device,
    parameters: parameterCount(DEFAULT_TOWER),
    plain: cost(options.plainBatch, plain),
    clipped: cost(options.clippedBatch, clipped),
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

class Trainer {
  readonly #tf: TensorOperations;
  readonly #table: Tensor2D;
  readonly #decays: Tensor1D;
  #state: AdamWState;
  #step = 0;

  constructor(tf: TensorOperations) {
    this.#tf = tf;
    const { features } = DEFAULT_TOWER;
    this.#table = tf.tidy(() => {
      const rows = tf.randomNormal([ITEMS, features], 0, 1 / Math.sqrt(features), 'float32', 1);
      return tf.concat([rows, tf.zeros([1, features])], 0) as Tensor2D;
    });
    const { parameters } = untrainedTower(DEFAULT_TOWER, coins);
    const zeros = (): Tensor1D => tf.zeros([parameters.length]);
    this.#decays = zeros();
    this.#state = { parameters: tf.tensor1d(parameters), first: zeros(), second: zeros() };
  }

  plain(batch: number): number {
    return this.#measured(() => {
      const { gradient, loss } = plainGradient(this.#tensors(), this.#batch(batch));
      this.#apply(gradient);
      loss.dataSync();
      this.#tf.dispose([gradient, loss]);
    });
  }

  clipped(batch: number): number {
    return this.#measured(() => {
      const { sum, norms, losses } = clippedGradient(this.#tensors(), this.#batch(batch), CLIP_NORM);
      this.#apply(sum);
      losses.dataSync();
      this.#tf.dispose([sum, norms, losses]);
    });
  }

  #tensors() {
    const { parameters } = this.#state;
    const form = { kind: 'full' } as const;
    return { tf: this.#tf, shape: DEFAULT_TOWER, form, table: this.#table, parameters, trained: parameters };
  }

  #batch(size: number) {
    const { length } = DEFAULT_TOWER;
    const drawn = drawNegatives(ITEMS, size * (length + 1), coins);
    const examples = Array.from({ length: size }, (_, row) => ({
      history: drawn.subarray(row * length, (row + 1) * length),
      target: drawn[size * length + row] ?? 0,
    }));
    return packTower(examples, drawNegatives(ITEMS, NEGATIVES, coins), { length, padding: ITEMS });
  }

  #apply(gradient: Tensor1D): void {
    this.#step += 1;
    const old = this.#state;
    this.#state = adamW(this.#tf, old, gradient, { step: this.#step, learningRate: 1e-3, decays: this.#decays });
    this.#tf.dispose([old.parameters, old.first, old.second]);
  }

  #measured(step: () => void): number {
    const before = process.cpuUsage();
    step();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  }
}
