import { standardNormal } from '../random.js';
import type { RandomSource } from '../random.js';
import { EVIDENCE_WEIGHTS } from './evidence.js';
import { FEATURE_COUNT, STRICT_FEATURES } from './list.js';
import type { LinearReranker } from './newton.js';

/** Hidden units of the MLP re-ranker. */
export const MLP_HIDDEN = 24;

/**
 * Public defaults of the job that fine-tunes the MLP form from a Newton release: FedSGD with Poisson sampling, clipped
 * per-shopper gradients and server Adam, falling linearly to a tenth of the rate, the last half of the iterates averaged.
 * Chosen at ε = 2 and 6,400 shoppers on validation items of held-out merchants. The gradients' median norm is 4.5.
 * Twelve rounds at that budget change NDCG@10 by some tenths of a percent, which is within the error of the measurement.
 * It is served with the weight of the Newton form that it starts from.
 */
export const FINE_TUNING_DEFAULTS = {
  steps: 12,
  samplingRate: 0.5,
  clipNorm: 3,
  learningRate: 0.004,
  momentum: 0.9,
  secondMomentum: 0.99,
  epsilon: 1e-8,
  warmupSteps: 0,
  averageLast: 0.5,
  finalLearningRate: 0.1,
  servingWeight: 1,
} as const;

/**
 * Where each part of the flat parameters begins. The order is fixed: linear path (39), W1 (39 × 24, row-major: all units
 * of a feature together), b1 (24), W2 (24), scale (1).
 */
export const MLP_LAYOUT = {
  linear: 0,
  hiddenWeights: FEATURE_COUNT,
  hiddenBias: FEATURE_COUNT * (1 + MLP_HIDDEN),
  outputWeights: FEATURE_COUNT * (1 + MLP_HIDDEN) + MLP_HIDDEN,
  scale: FEATURE_COUNT * (1 + MLP_HIDDEN) + 2 * MLP_HIDDEN,
} as const;

/** How many parameters the MLP re-ranker has. */
export const MLP_LENGTH = MLP_LAYOUT.scale + 1;

/**
 * The parameters that strict training moves, ascending: all but those that read own features, and the scale, whose
 * gradient is many times the others' and would take up the clip norm. The others keep their initial values, so a
 * strictly trained model gives own features no weight.
 */
export const STRICT_PARAMETERS: readonly number[] = [
  ...STRICT_FEATURES,
  ...STRICT_FEATURES.flatMap((feature) =>
    Array.from({ length: MLP_HIDDEN }, (_, unit) => MLP_LAYOUT.hiddenWeights + feature * MLP_HIDDEN + unit),
  ),
  ...Array.from({ length: 2 * MLP_HIDDEN }, (_, unit) => MLP_LAYOUT.hiddenBias + unit),
];

/**
 * The MLP re-ranker: logit = scale · base + servingWeight · (linear · φ + W2 · relu(W1ᵀφ + b1)).
 */
export interface MlpReranker {
  readonly kind: 'mlp';
  /** {@link MLP_LENGTH} values in the order of {@link MLP_LAYOUT}. */
  readonly parameters: Float32Array;
  /** Non-negative. */
  readonly servingWeight: number;
}

/**
 * Initial parameters: hidden weights N(0, 1/39) on strict features and 0 on own ones, output weights 0, scale 1. The
 * model is exactly the mix, or exactly the `linear` re-ranker (without random features) as that one is served.
 * @param options.servingWeight with which the MLP form will be served, > 0. @default 1
 */
export function initialMlp(
  random: RandomSource,
  options: { readonly linear?: LinearReranker; readonly servingWeight?: number } = {},
): Float32Array {
  const parameters = new Float32Array(MLP_LENGTH);
  for (const feature of STRICT_FEATURES)
    for (let unit = 0; unit < MLP_HIDDEN; unit += 1)
      parameters[MLP_LAYOUT.hiddenWeights + feature * MLP_HIDDEN + unit] =
        standardNormal(random) / Math.sqrt(FEATURE_COUNT);
  parameters[MLP_LAYOUT.scale] = 1;
  const { linear, servingWeight = 1 } = options;
  if (linear !== undefined) {
    const share = linear.servingWeight / servingWeight;
    STRICT_FEATURES.forEach((feature, position) => {
      parameters[MLP_LAYOUT.linear + feature] = share * (linear.weights[position] ?? 0);
    });
    for (const { feature, weight } of EVIDENCE_WEIGHTS)
      parameters[MLP_LAYOUT.linear + feature] = weight / servingWeight;
  }
  return parameters;
}

/**
 * Spreads values of {@link STRICT_PARAMETERS} over all parameters, 0 elsewhere.
 * @throws RangeError on a wrong length
 */
export function scatterStrict(strict: Float32Array | Float64Array): Float64Array {
  if (strict.length !== STRICT_PARAMETERS.length)
    throw new RangeError(`Strict parameters are ${STRICT_PARAMETERS.length}, not ${strict.length}.`);
  const all = new Float64Array(MLP_LENGTH);
  STRICT_PARAMETERS.forEach((parameter, position) => (all[parameter] = strict[position] ?? 0));
  return all;
}
