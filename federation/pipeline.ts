import { GuildhallError } from '../errors/index.js';
import { poissonSample } from '../privacy/index.js';
import type { ClipOutcome, RandomSource } from '../privacy/index.js';
import { accumulatorOf } from './accumulator.js';
import { VectorCodec } from './codec/codec.js';
import type { RoundTerms } from './contract/terms.js';
import type { ModelKind } from './model.js';
import { drawNoise } from './noise/drawing.js';
import { taskOf } from './tasks/registry.js';
import type { Task } from './tasks/task.js';
import type { TrainingData } from './tasks/training-data.js';

/** What a merchant puts into one round. */
export interface InputContext {
  readonly terms: RoundTerms;
  readonly model: ModelKind;
  readonly data: TrainingData;
  /** The merchant's secret coins: a CSPRNG keyed by the operating system. */
  readonly random: RandomSource;
  /** n = |U1|; needed where the contract's excess noise is removable, because it is drawn for the roster. */
  readonly rosterSize?: number | undefined;
}

/** A merchant's input, ready to be masked. */
export interface PreparedInput {
  /** d words. */
  readonly vector: Uint32Array;
  readonly report: InputReport;
  /** What the excess of the noise follows from, where it is removable: secret until R4 (see ExcessNoise). */
  readonly componentKey?: Uint8Array;
}

/** What happened on the way, for the merchant's own eyes: every figure depends on shoppers' data. */
export interface InputReport {
  /** Shoppers that the coins chose; all of them where each local step tosses its own. */
  readonly sampled: number;
  /** Contributions (local gradients, over all local steps) kept as they were, clipped, and rejected as not finite. */
  readonly outcomes: Readonly<Record<ClipOutcome, number>>;
  /** L2 norm of the sum, in units of a contribution. */
  readonly norm: number;
  /** Coordinates that the no-wrap clamp cut. */
  readonly clamped: number;
}

/**
 * One merchant's vector for one round, in the one order that the proofs allow: sample → contribute → clip each shopper →
 * sum in float64 → round once → clamp → add the noise share. An empty sample still gives noise. Masking follows in
 * crypto/secagg. Where noise is local the task itself has gone through all of it for every local step, and what comes here
 * is private already.
 *
 * Nothing that is visible outside depends on shoppers' data: contributions that fail count as zero, locally.
 * @throws GuildhallError CONTRACT_MALFORMED when task, mechanism, model and dimension do not go together, and as
 *   quantisationOf and the task's `dimension`
 */
export async function prepareInput(context: InputContext): Promise<PreparedInput> {
  const { terms, model, data, random, rosterSize } = context;
  const task = taskOf(terms);
  requireCoherent(terms, task, model);
  const codec = new VectorCodec(terms);
  const sampled = poissonSample(data.contributors.length, samplingRate(terms), random);
  const accumulator = accumulatorOf(terms);
  for await (const contribution of task.contribute({ terms, model, data, sampled, random })) {
    accumulator.add(contribution);
  }
  const sum = accumulator.sum();
  const { values, clamped } = codec.quantise(sum);
  const noise = drawNoise({ terms, quantisation: codec.quantisation, rosterSize, random });
  const vector = codec.toRing(values, noise.values);
  const norm = Math.sqrt(sum.reduce((squares, value) => squares + value * value, 0));
  const report = { sampled: sampled.length, outcomes: accumulator.outcomes(), norm, clamped };
  return { vector, report, ...(noise.componentKey === undefined ? {} : { componentKey: noise.componentKey }) };
}

/**
 * Checks that a contract's parts belong together.
 * @throws GuildhallError CONTRACT_MALFORMED, MODEL_MALFORMED
 */
export function requireCoherent(terms: RoundTerms, task: Task, model: ModelKind): void {
  if (!task.mechanisms.includes(terms.mechanism.kind)) {
    throw new GuildhallError(
      'CONTRACT_MALFORMED',
      `The task ${task.name} cannot run with ${terms.mechanism.kind} noise.`,
    );
  }
  const dimension = task.dimension(model, terms);
  if (dimension !== terms.dimension) {
    throw new GuildhallError(
      'CONTRACT_MALFORMED',
      `The contract's vector has ${terms.dimension} coordinates, the task's ${dimension}.`,
    );
  }
}

function samplingRate({ mechanism }: RoundTerms): number {
  return mechanism.kind === 'laplace' || mechanism.kind === 'local' ? 1 : mechanism.samplingRate;
}

/** An unmasked sum over the survivors, on its way into the model. */
export interface SumContext {
  readonly terms: RoundTerms;
  readonly model: ModelKind;
  /** Σ of the survivors' noisy vectors, modulo 2^w; length d. */
  readonly sum: Uint32Array;
  /** |U3|. */
  readonly survivors: number;
  /**
   * The noise in the sum over the noise that the contract claims, as variances (see noiseRatio).
   * @default every survivor's whole worst-case share: |U3|/(U_min − c)
   */
  readonly noiseRatio?: number;
}

/**
 * The next model: model_{t+1} = apply(model_t, sum_t). Deterministic.
 * @throws GuildhallError CONTRACT_MALFORMED, MODEL_MALFORMED
 */
export function applySum({ terms, model, sum, survivors, noiseRatio }: SumContext): ModelKind {
  const task = taskOf(terms);
  requireCoherent(terms, task, model);
  const codec = new VectorCodec(terms);
  const { minimumSurvivors, colluders } = terms.roster;
  const ratio = noiseRatio ?? survivors / (minimumSurvivors - colluders);
  const noiseDeviation = codec.quantisation.deviation * Math.sqrt(ratio);
  return task.apply({ terms, model, sum: codec.fromRing(sum), noiseDeviation, noiseRatio: ratio, survivors });
}
