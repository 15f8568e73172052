import { GuildhallError } from '../../errors/index.js';
import { NoiseStrategy } from '../../proto/index.js';
import type { Contract, DeadlineTerms, RosterTerms, TaskTerms } from '../../proto/index.js';

/** Discrete Gaussian terms: L2 clip norm C, noise multiplier z of the worst-case sum, Poisson sampling rate q. */
export interface GaussianTerms {
  readonly kind: 'gaussian';
  readonly clipNorm: number;
  readonly noiseMultiplier: number;
  readonly samplingRate: number;
}

/** Discrete Laplace terms: L1 bound K in units, and ε as an exact fraction. */
export interface LaplaceTerms {
  readonly kind: 'laplace';
  readonly l1Bound: number;
  readonly epsilonNumerator: number;
  readonly epsilonDenominator: number;
}

/**
 * Merchant-local DP-SGD: L2 clip norm C of a shopper's gradient, noise multiplier z and Poisson sampling rate q of each of
 * a round's local steps, and the norm that a merchant's whole movement is cut to.
 */
export interface LocalTerms {
  readonly kind: 'local';
  readonly clipNorm: number;
  readonly noiseMultiplier: number;
  readonly samplingRate: number;
  readonly localSteps: number;
  readonly movementNorm: number;
}

/** No noise: clipping and secure aggregation only. */
export interface NoNoiseTerms {
  readonly kind: 'none';
  readonly clipNorm: number;
  readonly samplingRate: number;
}

/** The privacy mechanism of one round. */
export type MechanismTerms = GaussianTerms | LaplaceTerms | LocalTerms | NoNoiseTerms;

/** What becomes of excess noise (privacy/noise/removableNoise). */
export type NoiseStrategyName = 'worst-case' | 'removable';

/** A contract whose every field has been checked for presence and range: what the rest of the code works with. */
export interface RoundTerms {
  readonly federation: string;
  readonly job: string;
  readonly round: number;
  readonly step: number;
  readonly steps: number;
  readonly task: NonNullable<TaskTerms['task']>;
  readonly modelSha256: Uint8Array;
  readonly roster: RosterTerms;
  /** Vector length d. */
  readonly dimension: number;
  /** Ring bits w. */
  readonly ringBits: number;
  readonly mechanism: MechanismTerms;
  /** Whether noise that more survivors than the fewest leave over stays in the sum or is taken out again. */
  readonly noiseStrategy: NoiseStrategyName;
  /** δ at which ε is reported. */
  readonly delta: number;
  /** m: at how many merchants one shopper may appear. */
  readonly shopperMultiplicity: number;
  readonly deadlines: DeadlineTerms;
  readonly issuedAtMs: number;
}

/** The only protocol version there is. */
export const PROTOCOL_VERSION = 1;

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** Longest vector: 64 Mi coordinates, 256 MiB of upload. */
const MAXIMUM_DIMENSION = 2 ** 26;
/** Most local steps of one round. */
const MOST_LOCAL_STEPS = 10_000;
/** Longest phase: a day. */
const MAXIMUM_PHASE_MS = 86_400_000;

/**
 * Checks every field of a decoded contract for presence and range and compiles it.
 *
 * Structural only: whether a merchant likes the terms is for the policy to say.
 * @throws GuildhallError CONTRACT_MALFORMED naming the field
 */
export function compileTerms(contract: Contract): RoundTerms {
  const { task, roster, privacy, deadlines } = contract;
  demand(contract.protocolVersion === PROTOCOL_VERSION, 'protocol_version', contract.protocolVersion);
  demand(NAME.test(contract.federation), 'federation', contract.federation);
  demand(NAME.test(contract.job), 'job', contract.job);
  demand(contract.round >= 1, 'round', contract.round);
  demand(contract.steps >= 1, 'steps', contract.steps);
  demand(contract.step >= 1 && contract.step <= contract.steps, 'step', contract.step);
  demand(contract.modelSha256.length === 32, 'model_sha256', contract.modelSha256.length);
  demand(contract.dimension >= 1 && contract.dimension <= MAXIMUM_DIMENSION, 'dimension', contract.dimension);
  demand(contract.ringBits >= 16 && contract.ringBits <= 32, 'ring_bits', contract.ringBits);
  if (task?.task === undefined) throw malformed('task', 'absent');
  if (roster === undefined) throw malformed('roster', 'absent');
  demand(roster.colluders >= 1, 'roster.colluders', roster.colluders);
  demand(roster.minimumMerchants >= 4, 'roster.minimum_merchants', roster.minimumMerchants);
  demand(roster.maximumMerchants >= roster.minimumMerchants, 'roster.maximum_merchants', roster.maximumMerchants);
  demand(roster.minimumSurvivors - roster.colluders >= 2, 'roster.minimum_survivors', roster.minimumSurvivors);
  demand(roster.minimumSurvivors <= roster.minimumMerchants, 'roster.minimum_survivors', roster.minimumSurvivors);
  if (privacy?.mechanism === undefined) throw malformed('privacy', 'absent');
  demand(privacy.delta >= 0 && privacy.delta < 1, 'privacy.delta', privacy.delta);
  demand(privacy.shopperMultiplicity >= 1, 'privacy.shopper_multiplicity', privacy.shopperMultiplicity);
  const mechanism = compileMechanism(privacy.mechanism);
  checkClipping(task.task, mechanism);
  if (deadlines === undefined) throw malformed('deadlines', 'absent');
  for (const [phase, ms] of Object.entries(deadlines)) {
    demand(typeof ms === 'number' && ms >= 1 && ms <= MAXIMUM_PHASE_MS, `deadlines.${phase}`, String(ms));
  }
  return {
    federation: contract.federation,
    job: contract.job,
    round: contract.round,
    step: contract.step,
    steps: contract.steps,
    task: task.task,
    modelSha256: contract.modelSha256,
    roster,
    dimension: contract.dimension,
    ringBits: contract.ringBits,
    mechanism,
    noiseStrategy: compileStrategy(privacy.noiseStrategy, mechanism),
    delta: privacy.delta,
    shopperMultiplicity: privacy.shopperMultiplicity,
    deadlines,
    issuedAtMs: contract.issuedAtMs,
  };
}

type WireMechanism = NonNullable<NonNullable<Contract['privacy']>['mechanism']>;

function compileMechanism(mechanism: WireMechanism): MechanismTerms {
  switch (mechanism.$case) {
    case 'gaussian': {
      const { clipNorm, noiseMultiplier, samplingRate } = mechanism.value;
      demand(isPositive(clipNorm), 'privacy.gaussian.clip_norm', clipNorm);
      demand(isPositive(noiseMultiplier), 'privacy.gaussian.noise_multiplier', noiseMultiplier);
      demand(samplingRate > 0 && samplingRate <= 1, 'privacy.gaussian.sampling_rate', samplingRate);
      return { kind: 'gaussian', clipNorm, noiseMultiplier, samplingRate };
    }
    case 'laplace': {
      const { l1Bound, epsilonNumerator, epsilonDenominator } = mechanism.value;
      demand(l1Bound >= 1 && l1Bound <= 1024, 'privacy.laplace.l1_bound', l1Bound);
      demand(epsilonNumerator >= 1, 'privacy.laplace.epsilon_numerator', epsilonNumerator);
      demand(epsilonDenominator >= 1, 'privacy.laplace.epsilon_denominator', epsilonDenominator);
      return { kind: 'laplace', l1Bound, epsilonNumerator, epsilonDenominator };
    }
    case 'local': {
      const { clipNorm, noiseMultiplier, samplingRate, localSteps, movementNorm } = mechanism.value;
      demand(isPositive(clipNorm), 'privacy.local.clip_norm', clipNorm);
      demand(isPositive(noiseMultiplier), 'privacy.local.noise_multiplier', noiseMultiplier);
      demand(samplingRate > 0 && samplingRate <= 1, 'privacy.local.sampling_rate', samplingRate);
      demand(localSteps >= 1 && localSteps <= MOST_LOCAL_STEPS, 'privacy.local.local_steps', localSteps);
      demand(isPositive(movementNorm), 'privacy.local.movement_norm', movementNorm);
      return { kind: 'local', clipNorm, noiseMultiplier, samplingRate, localSteps, movementNorm };
    }
    case 'none': {
      const { clipNorm, samplingRate } = mechanism.value;
      demand(isPositive(clipNorm), 'privacy.none.clip_norm', clipNorm);
      demand(samplingRate > 0 && samplingRate <= 1, 'privacy.none.sampling_rate', samplingRate);
      return { kind: 'none', clipNorm, samplingRate };
    }
  }
}

function compileStrategy(strategy: NoiseStrategy | undefined, { kind }: MechanismTerms): NoiseStrategyName {
  switch (strategy) {
    case undefined:
    case NoiseStrategy.NOISE_STRATEGY_WORST_CASE:
      return 'worst-case';
    case NoiseStrategy.NOISE_STRATEGY_REMOVABLE:
      demand(kind !== 'none' && kind !== 'local', 'privacy.noise_strategy', 'removable where no noise is shared');
      return 'removable';
    default:
      throw malformed('privacy.noise_strategy', strategy);
  }
}

/** Adaptive clipping needs noise to hide its bits in, and less of it than would drown the gradients. */
function checkClipping(task: RoundTerms['task'], mechanism: MechanismTerms): void {
  if (task.$case !== 'rerankerGradients' || task.value.adaptiveClipping === undefined) return;
  const { targetQuantile, learningRate, bitDeviation } = task.value.adaptiveClipping;
  const field = 'task.adaptive_clipping';
  demand(mechanism.kind === 'gaussian', field, `used with ${mechanism.kind} noise`);
  demand(targetQuantile > 0 && targetQuantile < 1, `${field}.target_quantile`, targetQuantile);
  demand(isPositive(learningRate), `${field}.learning_rate`, learningRate);
  const least = mechanism.kind === 'gaussian' ? mechanism.noiseMultiplier / 2 : 0;
  demand(Number.isFinite(bitDeviation) && bitDeviation > least, `${field}.bit_deviation`, bitDeviation);
}

const isPositive = (value: number): boolean => Number.isFinite(value) && value > 0;

function demand(holds: boolean, field: string, value: string | number): void {
  if (!holds) throw malformed(field, value);
}

function malformed(field: string, value: string | number): GuildhallError {
  return new GuildhallError('CONTRACT_MALFORMED', `The contract's ${field} cannot be ${value}.`, {
    details: { field },
  });
}
