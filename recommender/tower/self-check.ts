import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { adamW, startEngine } from '../engine/index.js';
import type { Engine, EngineAttempt, EngineName } from '../engine/index.js';
import { standardNormal, uniformBelow } from '../random.js';
import type { RandomSource } from '../random.js';
import { drawNegatives, packTower } from './batch.js';
import { clippedGradient } from './clipped.js';
import { inBlocks } from './coins.js';
import { plainGradient } from './gradients.js';
import { untrainedTower } from './model.js';
import { DEFAULT_TOWER, parameterCount } from './shape.js';

const ITEMS = 200;
const BATCH = 4;
const NEGATIVES = 16;
const STEPS = 2;
const CLIP_NORM = 1;
/** Largest relative error that rounding in another order explains; half precision or a wrong kernel is far above. */
const TOLERANCE = 1e-4;

/** What a few steps of the default model gave on an engine, against plain JavaScript. */
export interface TrainingCheck {
  readonly engine: EngineName;
  readonly device: string;
  readonly attempts: readonly EngineAttempt[];
  readonly parameters: number;
  readonly steps: number;
  /** Largest relative error of a step's loss. */
  readonly lossError: number;
  /** Of the gradients: length of the difference over the length of the reference's. */
  readonly gradientError: number;
  /** Of the sums clipped one shopper at a time. */
  readonly clippedError: number;
  /** Of the shoppers' gradient norms, which clipping goes by: the largest. */
  readonly normError: number;
  /** The parameters after the last step. */
  readonly parametersError: number;
  readonly tolerance: number;
  readonly passed: boolean;
}

/**
 * Trains a few steps of the default tower on invented data, on the engine of this machine and then on plain JavaScript,
 * which it leaves running. Takes a few seconds.
 * @param coins the same stream of coins at every call
 * @throws GuildhallError ENGINE_UNAVAILABLE
 */
export async function checkTraining(coins: () => RandomSource, only?: EngineName): Promise<TrainingCheck> {
  const engine = await startEngine(only === undefined ? {} : { only });
  const found = run(engine, inBlocks(coins()));
  const expected = run(await startEngine({ only: 'cpu' }), inBlocks(coins()));
  const errors = {
    lossError: largestError(found.losses, expected.losses),
    gradientError: relativeError(found.gradients, expected.gradients),
    clippedError: relativeError(found.clipped, expected.clipped),
    normError: largestError(found.norms, expected.norms),
    parametersError: relativeError(found.parameters, expected.parameters),
  };
  return {
    engine: engine.name,
    device: engine.device,
    attempts: engine.attempts,
    parameters: parameterCount(DEFAULT_TOWER),
    steps: STEPS,
    ...errors,
    tolerance: TOLERANCE,
    passed: Object.values(errors).every((error) => error <= TOLERANCE),
  };
}

interface Run {
  readonly losses: readonly number[];
  readonly gradients: readonly number[];
  readonly clipped: readonly number[];
  readonly norms: readonly number[];
  readonly parameters: readonly number[];
}

function run({ tf }: Engine, random: RandomSource): Run {
  const { features, length } = DEFAULT_TOWER;
  const read = (tensor: Tensor): number[] => Array.from(tensor.dataSync<'float32'>());
  return tf.tidy(() => {
    const values = Float32Array.from({ length: ITEMS * features }, () => standardNormal(random) / Math.sqrt(features));
    const table = tf.concat<Tensor2D>([tf.tensor2d(values, [ITEMS, features]), tf.zeros([1, features])], 0);
    const start = untrainedTower(DEFAULT_TOWER, random).parameters;
    const zeros = (): Tensor1D => tf.zeros([start.length]);
    let state = { parameters: tf.tensor1d(start), first: zeros(), second: zeros() };
    const kept: Record<'losses' | 'gradients' | 'clipped' | 'norms', number[][]> = {
      losses: [],
      gradients: [],
      clipped: [],
      norms: [],
    };
    for (let step = 1; step <= STEPS; step += 1) {
      const examples = Array.from({ length: BATCH }, () => ({
        history: Int32Array.from({ length: 1 + uniformBelow(random, length) }, () => uniformBelow(random, ITEMS)),
        target: uniformBelow(random, ITEMS),
      }));
      const batch = packTower(examples, drawNegatives(ITEMS, NEGATIVES, random), { length, padding: ITEMS });
      const { parameters } = state;
      const tensors = {
        tf,
        shape: DEFAULT_TOWER,
        form: { kind: 'full' },
        table,
        parameters,
        trained: parameters,
      } as const;
      const plain = plainGradient(tensors, batch);
      const bounded = clippedGradient(tensors, batch, CLIP_NORM);
      kept.losses.push(read(plain.loss));
      kept.gradients.push(read(plain.gradient));
      kept.clipped.push(read(bounded.sum));
      kept.norms.push(read(bounded.norms));
      state = adamW(tf, state, plain.gradient, { step, learningRate: 1e-4, decays: zeros() });
    }
    return {
      losses: kept.losses.flat(),
      gradients: kept.gradients.flat(),
      clipped: kept.clipped.flat(),
      norms: kept.norms.flat(),
      parameters: read(state.parameters),
    };
  });
}

function largestError(found: readonly number[], expected: readonly number[]): number {
  return expected.reduce((most, value, at) => Math.max(most, Math.abs(((found[at] ?? Number.NaN) - value) / value)), 0);
}

function relativeError(found: readonly number[], expected: readonly number[]): number {
  let [difference, length] = [0, 0];
  expected.forEach((value, at) => {
    difference += ((found[at] ?? Number.NaN) - value) ** 2;
    length += value * value;
  });
  return Math.sqrt(difference / length);
}
