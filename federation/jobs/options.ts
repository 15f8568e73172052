import type { Contract, DeadlineTerms, RosterTerms } from '../../proto/index.js';
import type { NoiseStrategyName } from '../contract/terms.js';
import type { CountsCatalogue } from '../tasks/neighbour-counts.js';
import type { JobKind } from './kinds.js';

/** What a platform decides before it submits jobs. */
export interface JobPlanOptions {
  /** In this order they will run. `mlp` starts from the re-ranker's release when both are there. */
  readonly jobs: readonly JobKind[];
  /** One (ε, δ) over all jobs, or none: clipping and secure aggregation only. */
  readonly privacy: { readonly epsilon: number; readonly delta: number } | 'none';
  readonly roster: RosterTerms;
  /** Public estimate of how many shoppers contribute over all merchants, > 0: the fixed denominator of means. */
  readonly expectedShoppers: number;
  /** One job of each counting kind for each catalogue; `roster` where fewer merchants share it. */
  readonly catalogues: readonly (CountsCatalogue & { readonly roster?: RosterTerms })[];
  /** Ends every job's name, so that a platform can plan again next month: `reranker-2026-12`. @default none */
  readonly label?: string | undefined;
  /** The job whose release `mlp` starts from where the plan itself has no re-ranker. @default none: from the mix */
  readonly startsFrom?: string | undefined;
  /**
   * Label of an earlier plan whose releases this one goes on from: re-rankers from its weights, counts added to its
   * counts; `''` for a plan without a label. @default none
   */
  readonly follows?: string | undefined;
  /** How many plans like this one, one a period, spend `privacy` together. @default 1 */
  readonly periods?: number | undefined;
  /** Part of ε for the re-rankers where counts run too, in (0, 1). @default an eighth with the linear re-ranker alone */
  readonly gradientsShare?: number | undefined;
  /** What the linear re-ranker reads: the strict features, or 200 public random ones beside them. @default 'strict' */
  readonly features?: 'strict' | 'random' | undefined;
  /** Newton steps of the linear re-ranker, one a round; they share its part of ε. @default 1 */
  readonly newtonRounds?: number | undefined;
  /**
   * What the linear re-ranker begins as where the plan follows no other: the mix alone, or the public weights, which it
   * then refines. Random features begin as the mix.
   * @default 'mix'
   */
  readonly rerankerStart?: 'mix' | 'public' | undefined;
  /** Whether the fine-tuning's clip norm stays, or follows the median of the gradients' norms. @default 'fixed' */
  readonly clipping?: 'fixed' | 'adaptive' | undefined;
  /**
   * Whether noise that more survivors than the fewest leave over is taken out again; or `local`: no noise is shared, every
   * merchant trains by DP-SGD under its own. Local noise is for `mlp` and `tower` only. @default 'worst-case': it stays
   */
  readonly noiseStrategy?: NoiseStrategyName | 'local' | undefined;
  /** At how many merchants one shopper may appear. @default 1 */
  readonly shopperMultiplicity?: number;
  /** @default DEFAULT_DEADLINES */
  readonly deadlines?: DeadlineTerms;
}

/** One job, ready for the coordinator. */
export interface PlannedJob {
  readonly job: string;
  readonly kind: JobKind;
  /** The contract of the job's rounds; the coordinator fills in federation, round, step, model and time. */
  readonly template: Contract;
  /** The model that the first round starts from. */
  readonly model: Uint8Array;
  /** The job whose release the model takes over before the first round. */
  readonly startsFrom?: string;
}
