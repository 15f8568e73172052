import type { Engine } from '../engine/index.js';
import { shuffle } from '../random.js';
import type { RandomSource } from '../random.js';
import type { FullList, StrictList } from './list.js';
import { listGradients } from './mlp-engine.js';
import { MLP_LAYOUT, MLP_LENGTH, STRICT_PARAMETERS } from './mlp.js';

/** How a merchant trains on its own lists. */
export interface LocalTraining {
  /** Passes over the lists. @default 4 */
  readonly epochs?: number;
  /** Lists a step. @default 64 */
  readonly batch?: number;
  /** @default 5e-3 */
  readonly learningRate?: number;
  /** Decoupled decay a step, times the learning rate; the scale is not decayed. @default 0.05 */
  readonly weightDecay?: number;
  /** The order of the lists. */
  readonly random: RandomSource;
}

/** Local steps of FedAvg between two averages, as chosen on held-out shoppers' validation items. */
export const LOCAL_TRAINING_DEFAULTS = { epochs: 4, batch: 64, learningRate: 5e-3, weightDecay: 0.05 } as const;

const FIRST_DECAY = 0.9;
const SECOND_DECAY = 0.999;
const EPSILON = 1e-8;

/** AdamW (Loshchilov and Hutter 2019) with bias correction; fresh moments, as every local training has. */
class AdamW {
  private readonly first = new Float64Array(MLP_LENGTH);
  private readonly second = new Float64Array(MLP_LENGTH);
  private readonly learningRate: number;
  private readonly weightDecay: number;
  private steps = 0;

  constructor(learningRate: number, weightDecay: number) {
    this.learningRate = learningRate;
    this.weightDecay = weightDecay;
  }

  step(parameters: Float64Array, gradient: Float64Array): void {
    this.steps += 1;
    const firstBias = 1 - FIRST_DECAY ** this.steps;
    const secondBias = 1 - SECOND_DECAY ** this.steps;
    for (let index = 0; index < MLP_LENGTH; index += 1) {
      const slope = gradient[index] ?? 0;
      const first = FIRST_DECAY * (this.first[index] ?? 0) + (1 - FIRST_DECAY) * slope;
      const second = SECOND_DECAY * (this.second[index] ?? 0) + (1 - SECOND_DECAY) * slope * slope;
      this.first[index] = first;
      this.second[index] = second;
      const value = parameters[index] ?? 0;
      const decay = index === MLP_LAYOUT.scale ? 0 : this.weightDecay * value;
      const movement = first / firstBias / (Math.sqrt(second / secondBias) + EPSILON);
      parameters[index] = value - this.learningRate * (movement + decay);
    }
  }
}

/** Mean gradient of a batch over all parameters; those that strict lists do not move have 0. */
function meanGradient(
  engine: Engine,
  parameters: Float64Array,
  lists: readonly StrictList[] | readonly FullList[],
): Float64Array {
  const gradients = listGradients(engine, Float32Array.from(parameters), lists);
  const width = gradients.length / lists.length;
  const mean = new Float64Array(MLP_LENGTH);
  for (let index = 0; index < gradients.length; index += 1) {
    const column = index % width;
    const parameter = width === MLP_LENGTH ? column : (STRICT_PARAMETERS[column] ?? 0);
    mean[parameter] = (mean[parameter] ?? 0) + (gradients[index] ?? 0) / lists.length;
  }
  return mean;
}

/**
 * Local epochs of AdamW on a merchant's own lists: FedAvg's step where a contract has no noise (what full lists teach
 * must not be released under a per-shopper clip). Lists without their target teach nothing and are left out.
 * @returns new parameters; the same values where no list has its target
 */
export function localTraining(
  engine: Engine,
  parameters: Float32Array,
  lists: readonly StrictList[] | readonly FullList[],
  training: LocalTraining,
): Float32Array {
  const options = { ...LOCAL_TRAINING_DEFAULTS, ...training };
  const usable: (StrictList | FullList)[] = lists.filter((list) => list.target >= 0);
  const current = Float64Array.from(parameters);
  const optimiser = new AdamW(options.learningRate, options.weightDecay);
  const order = Int32Array.from(usable, (_, position) => position);
  for (let epoch = 0; epoch < options.epochs; epoch += 1) {
    shuffle(order, training.random);
    for (let start = 0; start < order.length; start += options.batch) {
      const chosen = Array.from(order.subarray(start, start + options.batch), (position) => usable[position]);
      const part = chosen.filter((list) => list !== undefined) as readonly StrictList[] | readonly FullList[];
      optimiser.step(current, meanGradient(engine, current, part));
    }
  }
  return Float32Array.from(current);
}
