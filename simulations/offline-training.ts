import seedrandom from 'seedrandom';
import { initialState, optimiserStep, servedParameters } from '../federation/optimisers/optimiser.js';
import { optimiserNamed } from '../federation/optimisers/registry.js';
import { calibrateNoiseMultiplier, gaussianNoiseMultiplier } from '../privacy/index.js';
import type { Engine } from '../recommender/engine/index.js';
import { contributedHistories } from '../recommender/merchant/index.js';
import type { Merchant } from '../recommender/merchant/index.js';
import type { SparseMatrix } from '../recommender/mix/index.js';
import { standardNormal, uniform } from '../recommender/random.js';
import type { RandomSource } from '../recommender/random.js';
import {
  FINE_TUNING_DEFAULTS,
  initialLinear,
  initialMlp,
  NEWTON_DEFAULTS,
  NEWTON_LENGTH,
  newtonContribution,
  listGradients,
  solveNewton,
  STRICT_PARAMETERS,
} from '../recommender/reranker/index.js';
import type { LinearReranker, MlpReranker, StrictList } from '../recommender/reranker/index.js';
import {
  addContribution,
  estimateCounts,
  pairContribution,
  textNeighbourPairs,
} from '../recommender/statistics/index.js';

const DELTA = 1e-6;

/** A repeatable stream of bytes; for simulations only. */
export function seededCoins(seed: string): RandomSource {
  const generator = seedrandom(seed);
  return { bytes: (length) => Uint8Array.from({ length }, () => generator.int32() & 0xff) };
}

/** Adds `vector`, clipped to an L2 norm of `clipNorm`, to `sums`. */
function addClipped(sums: Float64Array, vector: Float32Array | Float64Array, clipNorm: number): void {
  let square = 0;
  for (const value of vector) square += value * value;
  const scale = Math.min(1, clipNorm / Math.max(Math.sqrt(square), 1e-300));
  vector.forEach((value, index) => (sums[index] = (sums[index] ?? 0) + scale * value));
}

/**
 * The linear re-ranker under central Gaussian noise at (ε, 10⁻⁶) over all its rounds; no noise at ε = Infinity.
 * @param shoppers every contributor's lists
 * @param rounds Newton steps that share ε. @default 2
 */
export function newtonRelease(
  shoppers: readonly (readonly StrictList[])[],
  epsilon: number,
  random: RandomSource,
  rounds = 2,
): LinearReranker {
  const { clipNorm } = NEWTON_DEFAULTS;
  // Gaussian releases at σ each are one at σ/√rounds.
  const multiplier = epsilon === Infinity ? 0 : gaussianNoiseMultiplier(epsilon, DELTA) * Math.sqrt(rounds);
  const noiseDeviation = clipNorm * multiplier;
  let model = initialLinear();
  for (let round = 0; round < rounds; round += 1) {
    const sums = new Float64Array(NEWTON_LENGTH);
    for (const lists of shoppers) addClipped(sums, newtonContribution(lists, model), clipNorm);
    const noisy = sums.map((sum) => sum + noiseDeviation * standardNormal(random));
    model = solveNewton(model, noisy, { noiseDeviation });
  }
  return model;
}

/** FedSGD of the MLP form from a Newton release: Poisson sampling, clipped gradients, central noise, server Adam. */
export function fineTune(
  engine: Engine,
  shoppers: readonly (readonly StrictList[])[],
  linear: LinearReranker,
  epsilon: number,
  random: RandomSource,
): MlpReranker {
  const { steps, samplingRate, clipNorm, servingWeight, ...optimiser } = FINE_TUNING_DEFAULTS;
  const terms = { name: 'fedadam', ...optimiser };
  const goal = { epsilon, delta: DELTA, samplingRate, steps };
  const noise = epsilon === Infinity ? 0 : calibrateNoiseMultiplier(goal) * clipNorm;
  const start = initialMlp(random, { linear, servingWeight });
  const width = STRICT_PARAMETERS.length;
  let state = initialState(Float32Array.from(STRICT_PARAMETERS, (parameter) => start[parameter] ?? 0));
  const spread = (values: Float32Array): Float32Array => {
    const parameters = start.slice();
    STRICT_PARAMETERS.forEach((parameter, position) => (parameters[parameter] = values[position] ?? 0));
    return parameters;
  };
  for (let step = 0; step < steps; step += 1) {
    const sums = new Float64Array(width);
    for (const lists of shoppers) {
      if (uniform(random) >= samplingRate || lists.length === 0) continue;
      const gradient = new Float32Array(width);
      listGradients(engine, spread(state.iterate), lists).forEach((value, index) => {
        gradient[index % width] = (gradient[index % width] ?? 0) + value;
      });
      addClipped(sums, gradient, clipNorm);
    }
    const expected = samplingRate * shoppers.length;
    const update = sums.map((sum) => (noise * standardNormal(random) - sum) / expected);
    state = optimiserStep(optimiserNamed(terms.name), state, update, terms, steps);
  }
  return { kind: 'mlp', parameters: spread(servedParameters(state)), servingWeight };
}

/** K of a counts release: two units a shopper where ε affords them. */
export const unitsAt = (epsilon: number): number => (epsilon >= 6 ? 2 : 1);

/** The counts of a catalogue's merchants under central discrete Laplace noise; no noise at ε = Infinity. */
export function countsRelease(merchants: readonly Merchant[], epsilon: number, random: RandomSource): SparseMatrix {
  const [first] = merchants;
  if (first === undefined) throw new RangeError('A release needs a merchant.');
  const l1Bound = unitsAt(epsilon);
  const support = textNeighbourPairs(first.text);
  const counts = new Int32Array(support.higher.length);
  for (const merchant of merchants)
    for (const history of contributedHistories(merchant))
      addContribution(counts, pairContribution(history, support, { l1Bound }));
  if (epsilon === Infinity) return estimateCounts({ support, counts, l1Bound }, first);
  const alpha = Math.exp(-epsilon / l1Bound);
  const geometric = (): number => Math.floor(Math.log1p(-uniform(random)) / -(epsilon / l1Bound));
  const noisy = counts.map((count) => count + geometric() - geometric());
  return estimateCounts({ support, counts: noisy, l1Bound, noise: { alpha } }, first);
}
