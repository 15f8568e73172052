import { GuildhallError } from '../../errors/index.js';
import { drawnNoiseMultiplier } from '../../privacy/index.js';
import { NoiseStrategy } from '../../proto/index.js';
import type {
  AdaptiveClipping,
  Contract,
  DeadlineTerms,
  PrivacyTerms,
  RosterTerms,
  TaskTerms,
} from '../../proto/index.js';
import { PROTOCOL_VERSION } from '../contract/terms.js';
import type { NoiseStrategyName } from '../contract/terms.js';
import { encodeModel } from '../model.js';
import { countsSupportModel } from '../tasks/neighbour-counts.js';
import type { CountsCatalogue } from '../tasks/neighbour-counts.js';
import { untrainedMlp } from '../tasks/reranker-mlp.js';
import { untrainedLinear } from '../tasks/reranker-newton.js';
import { untrainedTowerModel } from '../tasks/tower-model.js';
import { divideBudget, EPSILON_DENOMINATOR } from './budget.js';
import type { BudgetGrant, BudgetRequest } from './budget.js';
import type { JobKind } from './kinds.js';
import { COUNTS, DEFAULT_DEADLINES, MLP, NEWTON, SHARES, TOWER } from './defaults.js';

/** What a platform decides before it submits jobs. */
export interface JobPlanOptions {
  /** In this order they will run. `mlp` starts from the re-ranker's release when both are there. */
  readonly jobs: readonly JobKind[];
  /** One (ε, δ) over all jobs, or none: clipping and secure aggregation only. */
  readonly privacy: { readonly epsilon: number; readonly delta: number } | 'none';
  readonly roster: RosterTerms;
  /** Public estimate of how many shoppers contribute over all merchants, > 0: the fixed denominator of means. */
  readonly expectedShoppers: number;
  /** One counts job for each catalogue; `roster` where fewer merchants share it. */
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
  /** Whether the fine-tuning's clip norm stays, or follows the median of the gradients' norms. @default 'fixed' */
  readonly clipping?: 'fixed' | 'adaptive' | undefined;
  /** Whether noise that more survivors than the fewest leave over is taken out again. @default 'worst-case': it stays */
  readonly noiseStrategy?: NoiseStrategyName | undefined;
  /** At how many merchants one shopper may appear. @default 1 */
  readonly shopperMultiplicity?: number;
  /** @default {@link DEFAULT_DEADLINES} */
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

/**
 * Plans the default jobs under one budget: calibrates every job's noise so that a merchant that takes part in all of
 * them (and in the counts of one catalogue) spends at most ε at δ.
 * @throws GuildhallError USAGE for an empty plan
 */
export function planJobs(options: JobPlanOptions): PlannedJob[] {
  if (options.jobs.length === 0) throw new GuildhallError('USAGE', 'A plan needs at least one job.');
  const noises = noiseOf(options);
  return options.jobs.flatMap((kind): PlannedJob[] => {
    const noise = noises.get(kind);
    switch (kind) {
      case 'reranker':
        return [newtonJob(options, noise)];
      case 'mlp':
        return [noise === undefined ? fedavgJob(options) : gradientsJob(options, noise)];
      case 'tower':
        return [towerJob(options, noise)];
      case 'counts':
        return options.catalogues.map((catalogue) => countsJob(options, catalogue, noise));
    }
  });
}

function noiseOf(options: JobPlanOptions): ReadonlyMap<JobKind, BudgetGrant> {
  const { jobs, privacy, periods = 1 } = options;
  if (privacy === 'none') return new Map();
  const shares = sharesOf(options);
  const requests = jobs.map((kind): BudgetRequest => ({
    job: kind,
    share: shares[kind],
    mechanism: mechanismOf(kind, options),
  }));
  // Every period's plan is one more set of the same releases, composed with the others.
  const grants = divideBudget(Array.from({ length: periods }, () => requests).flat(), privacy);
  return new Map(jobs.flatMap((kind, i) => (grants[i] === undefined ? [] : [[kind, grants[i]] as const])));
}

/** Relative parts of ε; the re-rankers share theirs as they do by default. */
function sharesOf({ jobs, gradientsShare }: JobPlanOptions): Readonly<Record<JobKind, number>> {
  const gradients = jobs.filter((kind) => kind !== 'counts').reduce((sum, kind) => sum + SHARES[kind], 0);
  if (gradientsShare === undefined || gradients === 0) return SHARES;
  return { ...SHARES, counts: (gradients * (1 - gradientsShare)) / gradientsShare };
}

function mechanismOf(kind: JobKind, { newtonRounds = 1 }: JobPlanOptions): BudgetRequest['mechanism'] {
  switch (kind) {
    case 'reranker':
      return { kind: 'gaussian', samplingRate: 1, steps: newtonRounds };
    case 'mlp':
      return { kind: 'gaussian', samplingRate: MLP.samplingRate, steps: MLP.steps };
    case 'tower':
      return { kind: 'gaussian', samplingRate: TOWER.samplingRate, steps: TOWER.steps };
    case 'counts':
      return { kind: 'laplace' };
  }
}

function newtonJob(options: JobPlanOptions, noise: BudgetGrant | undefined): PlannedJob {
  const { ridge, servingWeight, clipNorm, units, dimension } = options.features === 'random' ? NEWTON.random : NEWTON;
  const job = named(options, 'reranker');
  return {
    job,
    kind: 'reranker',
    template: template(options, {
      job,
      steps: options.newtonRounds ?? 1,
      dimension,
      task: { task: { $case: 'rerankerNewton', value: { ridge, servingWeight } } },
      mechanism: gaussianOrNone({ clipNorm, samplingRate: 1, dimension }, noise),
    }),
    model: encodeModel(untrainedLinear(servingWeight, units)),
    ...goesOnFrom(options, 'reranker'),
  };
}

function gradientsJob(options: JobPlanOptions, noise: BudgetGrant): PlannedJob {
  const { clipNorm, samplingRate, steps, servingWeight, optimiser } = MLP;
  const expectedShoppers = samplingRate * options.expectedShoppers;
  const job = named(options, 'mlp');
  const isAdaptive = options.clipping === 'adaptive' && noise.kind === 'gaussian';
  const dimension = MLP.dimension + (isAdaptive ? 1 : 0);
  const mechanism = gaussianOrNone({ clipNorm, samplingRate, dimension }, noise);
  const clipping = isAdaptive ? { adaptiveClipping: adaptiveClipping(expectedShoppers, noise.noiseMultiplier) } : {};
  return {
    job,
    kind: 'mlp',
    template: template(options, {
      job,
      steps,
      dimension,
      task: {
        task: { $case: 'rerankerGradients', value: { optimiser, expectedShoppers, servingWeight, ...clipping } },
      },
      mechanism,
    }),
    model: encodeModel(untrainedMlp(servingWeight)),
    ...startsFromReranker(options),
  };
}

/** Enough noise on the bits to cost little, and never so much that gradients keep less than √¾ of the norm. */
function adaptiveClipping(expectedShoppers: number, noiseMultiplier: number): AdaptiveClipping {
  const { targetQuantile, learningRate, bitDeviationShare } = MLP.clipping;
  return {
    targetQuantile,
    learningRate,
    bitDeviation: Math.max(bitDeviationShare * expectedShoppers, noiseMultiplier),
  };
}

function fedavgJob(options: JobPlanOptions): PlannedJob {
  const { steps, clipNorm, dimension, ...fedavg } = MLP.fedavg;
  const job = named(options, 'mlp');
  return {
    job,
    kind: 'mlp',
    template: template(options, {
      job,
      steps,
      dimension,
      task: { task: { $case: 'rerankerFedavg', value: fedavg } },
      mechanism: gaussianOrNone({ clipNorm, samplingRate: 1, dimension }, undefined),
    }),
    model: encodeModel(untrainedMlp(fedavg.servingWeight)),
    ...startsFromReranker(options),
  };
}

function towerJob(options: JobPlanOptions, noise: BudgetGrant | undefined): PlannedJob {
  const { form, dimension, negatives, optimiser, samplingRate } = TOWER;
  const { steps, clipNorm, ...fedavg } = TOWER.fedavg;
  const expectedShoppers = samplingRate * options.expectedShoppers;
  const job = named(options, 'tower');
  const noised: Pick<TemplateParts, 'steps' | 'task' | 'mechanism'> = {
    steps: TOWER.steps,
    task: { task: { $case: 'towerGradients', value: { optimiser, expectedShoppers, negatives } } },
    mechanism: gaussianOrNone({ clipNorm: TOWER.clipNorm, samplingRate, dimension }, noise),
  };
  const exact: typeof noised = {
    steps,
    task: { task: { $case: 'towerFedavg', value: { ...fedavg, negatives } } },
    mechanism: gaussianOrNone({ clipNorm, samplingRate: 1, dimension }, undefined),
  };
  return {
    job,
    kind: 'tower',
    template: template(options, { job, dimension, ...(noise === undefined ? exact : noised) }),
    model: encodeModel(untrainedTowerModel(form)),
    ...goesOnFrom(options, 'tower'),
  };
}

const named = ({ label }: Pick<JobPlanOptions, 'label'>, job: string): string =>
  label === undefined || label === '' ? job : `${job}-${label}`;

/** The same job of the plan that this one follows. */
function goesOnFrom({ follows }: JobPlanOptions, job: string): Pick<PlannedJob, 'startsFrom'> {
  return follows === undefined ? {} : { startsFrom: named({ label: follows }, job) };
}

function startsFromReranker(options: JobPlanOptions): Pick<PlannedJob, 'startsFrom'> {
  const startsFrom = options.jobs.includes('reranker') ? named(options, 'reranker') : options.startsFrom;
  return startsFrom === undefined ? {} : { startsFrom };
}

function countsJob(
  options: JobPlanOptions,
  catalogue: JobPlanOptions['catalogues'][number],
  noise: BudgetGrant | undefined,
): PlannedJob {
  const job = named(options, `counts-${catalogue.name}`);
  const { maximumLag, historyLength } = COUNTS;
  const epsilonNumerator = noise?.kind === 'laplace' ? noise.epsilonNumerator : undefined;
  const l1Bound = COUNTS.l1Bound(epsilonNumerator === undefined ? Infinity : epsilonNumerator / EPSILON_DENOMINATOR);
  return {
    job,
    kind: 'counts',
    template: template(
      { ...options, roster: catalogue.roster ?? options.roster },
      {
        job,
        steps: 1,
        dimension: catalogue.support.higher.length,
        task: { task: { $case: 'neighbourCounts', value: { catalogue: catalogue.name, maximumLag, historyLength } } },
        mechanism:
          epsilonNumerator === undefined
            ? { $case: 'none', value: { clipNorm: l1Bound, samplingRate: 1 } }
            : { $case: 'laplace', value: { l1Bound, epsilonNumerator, epsilonDenominator: EPSILON_DENOMINATOR } },
      },
    ),
    model: encodeModel(countsSupportModel(catalogue)),
    ...goesOnFrom(options, `counts-${catalogue.name}`),
  };
}

type WireMechanism = NonNullable<PrivacyTerms['mechanism']>;

/**
 * The drawn multiplier hides at most 3 quanta of rounding under sampling (PRIVACY in docs/privacy.md), and Δ is at least
 * 100·√d quanta by the choice of scale.
 */
function gaussianOrNone(
  { clipNorm, samplingRate, dimension }: { clipNorm: number; samplingRate: number; dimension: number },
  noise: BudgetGrant | undefined,
): WireMechanism {
  if (noise?.kind !== 'gaussian') return { $case: 'none', value: { clipNorm, samplingRate } };
  const sensitivity = 100 * Math.sqrt(dimension);
  const noiseMultiplier = drawnNoiseMultiplier(noise.noiseMultiplier, { sensitivity, samplingRate });
  return { $case: 'gaussian', value: { clipNorm, samplingRate, noiseMultiplier } };
}

const REMOVABLE = { noiseStrategy: NoiseStrategy.NOISE_STRATEGY_REMOVABLE } as const;

interface TemplateParts {
  readonly job: string;
  readonly steps: number;
  readonly dimension: number;
  readonly task: TaskTerms;
  readonly mechanism: WireMechanism;
}

function template(options: JobPlanOptions, parts: TemplateParts): Contract {
  const { privacy, roster, shopperMultiplicity = 1, deadlines = DEFAULT_DEADLINES } = options;
  return {
    protocolVersion: PROTOCOL_VERSION,
    federation: '',
    job: parts.job,
    round: 0,
    step: 0,
    steps: parts.steps,
    task: parts.task,
    modelSha256: Buffer.alloc(0),
    roster,
    dimension: parts.dimension,
    ringBits: 32,
    privacy: {
      mechanism: parts.mechanism,
      delta: privacy === 'none' ? 0 : privacy.delta,
      shopperMultiplicity,
      ...(options.noiseStrategy === 'removable' && parts.mechanism.$case !== 'none' ? REMOVABLE : {}),
    },
    deadlines,
    issuedAtMs: 0,
  };
}
