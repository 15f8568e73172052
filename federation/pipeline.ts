import { GuildhallError } from '../errors/index.js';
import { clipCounts, ClippedSum, poissonSample } from '../privacy/index.js';
import type { ClipOutcome, RandomSource } from '../privacy/index.js';
import { VectorCodec } from './codec/codec.js';
import type { RoundTerms } from './contract/terms.js';
import type { ModelKind } from './model.js';
import { drawNoise } from './noise/drawing.js';
import { taskOf } from './tasks/registry.js';
import type { Contribution, Task } from './tasks/task.js';
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
  /** Shoppers that the coins chose. */
  readonly sampled: number;
  /** Contributions kept as they were, clipped, and rejected because they were not finite. */
  readonly outcomes: Readonly<Record<ClipOutcome, number>>;
  /** L2 norm of the sum, in units of a contribution. */
  readonly norm: number;
  /** Coordinates that the no-wrap clamp cut. */
  readonly clamped: number;
}

/**
 * One merchant's vector for one round, in the one order that the proofs allow: sample → contribute → clip each shopper →
 * sum in float64 → round once → clamp → add the noise share. An empty sample still gives noise. Masking follows in
 * crypto/secagg.
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
  return mechanism.kind === 'laplace' ? 1 : mechanism.samplingRate;
}

interface Accumulator {
  add(contribution: Contribution): void;
  sum(): Float64Array;
  outcomes(): Readonly<Record<ClipOutcome, number>>;
}

function accumulatorOf(terms: RoundTerms): Accumulator {
  const { mechanism, dimension } = terms;
  return terms.task.$case === 'neighbourCounts'
    ? new CountAccumulator(dimension, mechanism.kind === 'laplace' ? mechanism.l1Bound : Math.floor(mechanism.clipNorm))
    : new DenseAccumulator(dimension, mechanism.kind === 'laplace' ? mechanism.l1Bound : mechanism.clipNorm);
}

/** L2-clipped dense contributions, and sums of such that a task has clipped in one pass. */
class DenseAccumulator implements Accumulator {
  readonly #clipped: ClippedSum;
  readonly #clipNorm: number;
  readonly #before: Float64Array;
  readonly #outcomesBefore: Record<ClipOutcome, number> = { kept: 0, clipped: 0, rejected: 0 };

  constructor(dimension: number, clipNorm: number) {
    this.#clipped = new ClippedSum(dimension, clipNorm);
    this.#clipNorm = clipNorm;
    this.#before = new Float64Array(dimension);
  }

  add(contribution: Contribution): void {
    switch (contribution.form) {
      case 'dense':
        this.#clipped.add(contribution.values);
        break;
      case 'clipped':
        this.#addClipped(contribution);
        break;
      case 'sparse':
        throw new TypeError('the task gives dense contributions');
    }
  }

  /** A sum that is longer than its shoppers' bounds allow was not clipped, whatever it says, and adds nothing. */
  #addClipped({ sum, outcomes }: Extract<Contribution, { readonly form: 'clipped' }>): void {
    if (sum.length !== this.#before.length) throw new RangeError(`a sum must have ${this.#before.length} coordinates`);
    const { kept, clipped, rejected } = outcomes;
    const norm = Math.sqrt(sum.reduce((squares, value) => squares + value * value, 0));
    const isBounded = norm <= (kept + clipped) * this.#clipNorm;
    this.#outcomesBefore.rejected += isBounded ? rejected : kept + clipped + rejected;
    if (!isBounded) return;
    this.#outcomesBefore.kept += kept;
    this.#outcomesBefore.clipped += clipped;
    sum.forEach((value, i) => (this.#before[i] = (this.#before[i] ?? 0) + value));
  }

  sum(): Float64Array {
    return this.#clipped.sum.map((value, i) => value + (this.#before[i] ?? 0));
  }

  outcomes(): Readonly<Record<ClipOutcome, number>> {
    const { kept, clipped, rejected } = this.#clipped.outcomes;
    const before = this.#outcomesBefore;
    return { kept: kept + before.kept, clipped: clipped + before.clipped, rejected: rejected + before.rejected };
  }
}

/** L1-clipped integer contributions to few cells each. */
class CountAccumulator implements Accumulator {
  readonly #sum: Float64Array;
  readonly #bound: number;
  readonly #outcomes: Record<ClipOutcome, number> = { kept: 0, clipped: 0, rejected: 0 };

  constructor(dimension: number, bound: number) {
    this.#sum = new Float64Array(dimension);
    this.#bound = bound;
  }

  add(contribution: Contribution): void {
    if (contribution.form !== 'sparse') throw new TypeError('the task gives sparse contributions');
    const { counts, outcome } = clipCounts(contribution.units, this.#bound);
    this.#outcomes[outcome] += 1;
    contribution.cells.forEach((cell, i) => {
      if (cell < 0 || cell >= this.#sum.length) throw new RangeError(`there is no cell ${cell}`);
      this.#sum[cell] = (this.#sum[cell] ?? 0) + (counts[i] ?? 0);
    });
  }

  sum(): Float64Array {
    return this.#sum;
  }

  outcomes(): Readonly<Record<ClipOutcome, number>> {
    return this.#outcomes;
  }
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
