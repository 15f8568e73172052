import { drawnNoiseMultiplier } from '../../privacy/index.js';
import { NoiseStrategy } from '../../proto/index.js';
import type { Contract, PrivacyTerms, TaskTerms } from '../../proto/index.js';
import { PROTOCOL_VERSION } from '../contract/terms.js';
import type { BudgetGrant } from './budget.js';
import { DEFAULT_DEADLINES } from './defaults.js';
import type { JobPlanOptions, PlannedJob } from './options.js';
import { smallestRing } from './ring.js';

/** A job's name in a plan: what it is, and the plan's label. */
export const named = ({ label }: Pick<JobPlanOptions, 'label'>, job: string): string =>
  label === undefined || label === '' ? job : `${job}-${label}`;

/** The same job of the plan that this one follows. */
export function goesOnFrom({ follows }: JobPlanOptions, job: string): Pick<PlannedJob, 'startsFrom'> {
  return follows === undefined ? {} : { startsFrom: named({ label: follows }, job) };
}

/** What protects a job's rounds. */
export type WireMechanism = NonNullable<PrivacyTerms['mechanism']>;

/** Gaussian noise that is shared, as granted; none where none was. */
export function gaussianOrNone(
  { clipNorm, samplingRate, dimension }: { clipNorm: number; samplingRate: number; dimension: number },
  noise: BudgetGrant | undefined,
): WireMechanism {
  if (noise?.kind !== 'gaussian') return { $case: 'none', value: { clipNorm, samplingRate } };
  return {
    $case: 'gaussian',
    value: { clipNorm, samplingRate, noiseMultiplier: drawn(noise, samplingRate, dimension) },
  };
}

/** How merchants train by themselves: {@link gaussianOrNone} for each local step. */
export function localMechanism(
  {
    clipNorm,
    samplingRate,
    localSteps,
    movementNorm,
    dimension,
  }: { clipNorm: number; samplingRate: number; localSteps: number; movementNorm: number; dimension: number },
  noise: BudgetGrant & { readonly kind: 'gaussian' },
): WireMechanism {
  const noiseMultiplier = drawn(noise, samplingRate, dimension);
  return { $case: 'local', value: { clipNorm, samplingRate, localSteps, movementNorm, noiseMultiplier } };
}

/**
 * The drawn multiplier hides at most 3 quanta of rounding under sampling (G10 in docs/privacy.md), and Δ is at least
 * 100·√d quanta by the choice of scale.
 */
function drawn({ noiseMultiplier }: { readonly noiseMultiplier: number }, samplingRate: number, dimension: number) {
  return drawnNoiseMultiplier(noiseMultiplier, { sensitivity: 100 * Math.sqrt(dimension), samplingRate });
}

/** Shoppers expected in one local step of a merchant of ordinary size. */
export function expectedLocally({ expectedShoppers, roster }: JobPlanOptions, samplingRate: number): number {
  return (samplingRate * expectedShoppers) / roster.maximumMerchants;
}

/** What the jobs of a plan do not have in common. */
export interface TemplateParts {
  readonly job: string;
  readonly steps: number;
  readonly dimension: number;
  readonly task: TaskTerms;
  readonly mechanism: WireMechanism;
  /** Who may contribute at one merchant, at most: its shoppers, or 1 where it is the merchant itself. */
  readonly contributors: number;
}

const REMOVABLE = { noiseStrategy: NoiseStrategy.NOISE_STRATEGY_REMOVABLE } as const;

/** The contract of a job's rounds, but for what the coordinator fills in. */
export function template(options: JobPlanOptions, parts: TemplateParts): Contract {
  const { privacy, roster, shopperMultiplicity = 1, deadlines = DEFAULT_DEADLINES } = options;
  const { job, steps, dimension, task, mechanism, contributors } = parts;
  const isRemovable = options.noiseStrategy === 'removable' && mechanism.$case !== 'none';
  const contract: Contract = {
    protocolVersion: PROTOCOL_VERSION,
    federation: '',
    job,
    round: 0,
    step: 0,
    steps,
    task,
    modelSha256: Buffer.alloc(0),
    roster,
    dimension,
    ringBits: 32,
    privacy: {
      mechanism,
      delta: privacy === 'none' ? 0 : privacy.delta,
      shopperMultiplicity,
      ...(isRemovable ? REMOVABLE : {}),
    },
    deadlines,
    issuedAtMs: 0,
  };
  return { ...contract, ringBits: smallestRing(contract, contributors) };
}
