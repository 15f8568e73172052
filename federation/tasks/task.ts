import type { ClipOutcome, RandomSource } from '../../privacy/index.js';
import type { TrainingData } from './training-data.js';
import type { MechanismTerms, RoundTerms } from '../contract/terms.js';
import type { ModelKind } from '../model.js';
import type { TaskName } from './names.js';

/** What one shopper (or, for local training, the merchant) adds to the sum: before clipping, unless the task clips by itself. */
export type Contribution =
  | { readonly form: 'dense'; readonly values: Float32Array | Float64Array }
  | { readonly form: 'sparse'; readonly cells: Int32Array; readonly units: Int32Array }
  | {
      /** A sum of several shoppers' gradients, each clipped to the clip norm before it was added. */
      readonly form: 'clipped';
      readonly sum: Float32Array;
      readonly outcomes: Readonly<Record<ClipOutcome, number>>;
    }
  | {
      /** A merchant's movement that its own noise has made private: nothing is left to protect. */
      readonly form: 'private';
      readonly values: Float64Array;
      /** Of the shoppers' gradients, over all local steps. */
      readonly outcomes: Readonly<Record<ClipOutcome, number>>;
    };

/** What a task sees of one merchant in one round. */
export interface ContributionContext {
  readonly terms: RoundTerms;
  readonly model: ModelKind;
  readonly data: TrainingData;
  /**
   * The shoppers that the secret coins chose this round: positions in `data.contributors`, ascending. All of them where the
   * contract's noise is local, because such a task tosses coins for every local step.
   */
  readonly sampled: Uint32Array;
  /** The merchant's secret coins. */
  readonly random: RandomSource;
}

/** A released sum, decoded to the contribution's own units. */
export interface Release {
  readonly terms: RoundTerms;
  readonly model: ModelKind;
  /** Length d: Σ of clipped contributions, plus noise. */
  readonly sum: Float64Array;
  /** Standard deviation of the noise that is left in one entry of `sum`; 0 without noise. */
  readonly noiseDeviation: number;
  /** Its variance over the variance that the contract claims; for counts the Pólya parameter r of the noise. */
  readonly noiseRatio: number;
  /** |U3|. */
  readonly survivors: number;
}

/**
 * A task turns one merchant's shoppers into one vector of fixed, public length, and a sum of such vectors into the
 * next model. Both halves stand in one file, because they must agree on what every coordinate means.
 */
export interface Task {
  readonly name: TaskName;
  /** The privacy mechanisms that its contributions can be clipped and noised for. */
  readonly mechanisms: readonly MechanismTerms['kind'][];
  /** Whose contribution the clip norm bounds. Differential privacy needs `shopper`. */
  readonly unit: 'shopper' | 'merchant';
  /**
   * The vector length d that goes with a model and the task's own terms.
   * @throws GuildhallError MODEL_MALFORMED when the model is of another kind
   */
  dimension(model: ModelKind, terms: RoundTerms): number;
  /** The contributions, in any order; nothing but their clipped sum is ever used. */
  contribute(context: ContributionContext): AsyncIterable<Contribution> | Iterable<Contribution>;
  /** The next model. Deterministic: a verifier replays it. */
  apply(release: Release): ModelKind;
}
