import { streamRandom } from '../../crypto/index.js';
import { expectKind, TrainingData } from '../../federation/index.js';
import type { ModelKind } from '../../federation/index.js';
import type { RandomSource } from '../../privacy/index.js';
import { FEATURE_COUNT, MLP_LAYOUT, listGradients, STRICT_FEATURES } from '../../recommender/index.js';
import type { Engine, Merchant, StrictList } from '../../recommender/index.js';

/** Candidates in a canary's list. */
export const CANARY_LIST_LENGTH = 24;
/** Features of this size make a canary's gradient longer than the clip norm. */
const FEATURE_SIZE = 2;

function signed(random: RandomSource, size: number): number {
  return ((random.bytes(1)[0] ?? 0) & 1) === 1 ? size : -size;
}

/** A list of random strict features whose target stands last, where the model does not expect it. */
function randomList(random: RandomSource): StrictList {
  const features = new Float32Array(CANARY_LIST_LENGTH * FEATURE_COUNT);
  for (let row = 0; row < CANARY_LIST_LENGTH; row++)
    for (const feature of STRICT_FEATURES) features[row * FEATURE_COUNT + feature] = signed(random, FEATURE_SIZE);
  const items = Int32Array.from({ length: CANARY_LIST_LENGTH }, (_, position) => position);
  return { form: 'strict', items, features, target: CANARY_LIST_LENGTH - 1 };
}

/**
 * Lists of canaries whose gradients point in directions of their own.
 * @param key 32 bytes
 */
export function randomLists(count: number, key: Uint8Array): StrictList[] {
  const random = streamRandom(key);
  return Array.from({ length: count }, () => randomList(random));
}

/** A merchant whose contributors' lists are given, instead of what texts and histories make of them. */
export class CanaryData extends TrainingData {
  readonly #lists: readonly (readonly StrictList[])[];

  /** @param lists of every contributor, in their order */
  constructor(merchant: Merchant, lists: readonly (readonly StrictList[])[]) {
    super(merchant);
    this.#lists = lists;
  }

  override strictLists(contributor: number): readonly StrictList[] {
    return this.#lists[contributor] ?? [];
  }
}

/** So large that hidden weights, where nearly all directions are, have most of a gradient. */
const OUTPUT_WEIGHT = 4;
/** Lets a tenth of the hidden units answer to a random row, so that rows differ in which. */
const HIDDEN_BIAS = -2.2;

/**
 * A model for a round to start from that suits the attacker: at the untrained one the hidden weights have no gradient, and
 * canaries would hide each other in few directions. Under another key they hide each other in other directions.
 * @param model whose hidden weights and server state it has, but for the weights' signs
 * @param key 32 bytes
 */
export function revealingModel(model: ModelKind, key: Uint8Array): ModelKind {
  const value = expectKind(model, 'mlpReranker');
  const random = streamRandom(key);
  const { hiddenWeights, hiddenBias, outputWeights, scale } = MLP_LAYOUT;
  const parameters = value.parameters.map((parameter, i) => {
    if (i >= hiddenWeights && i < hiddenBias) return signed(random, parameter);
    if (i >= hiddenBias && i < outputWeights) return HIDDEN_BIAS;
    return i >= outputWeights && i < scale ? signed(random, OUTPUT_WEIGHT) : parameter;
  });
  const server = value.server === undefined ? undefined : { ...value.server, iterate: parameters, average: parameters };
  return { $case: 'mlpReranker', value: { ...value, parameters, server } };
}

/** Contributions of canaries, row by row. */
export interface Rows {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/**
 * What each list would contribute at a round's model, clipped as merchants clip.
 * @returns one row a list, each no longer than the clip norm
 */
export function clippedGradients(
  engine: Engine,
  model: ModelKind,
  lists: readonly StrictList[],
  clipNorm: number,
): Rows {
  const { server, parameters } = expectKind(model, 'mlpReranker');
  const values = listGradients(engine, Float32Array.from(server?.iterate ?? parameters), lists);
  const columns = values.length / lists.length;
  for (let row = 0; row < lists.length; row++) {
    const gradient = values.subarray(row * columns, (row + 1) * columns);
    const norm = Math.sqrt(gradient.reduce((squares, value) => squares + value * value, 0));
    if (norm > clipNorm) gradient.forEach((value, i) => (gradient[i] = (value * clipNorm) / norm));
  }
  return { values, rows: lists.length, columns };
}
