import {
  DEFAULT_TOWER,
  FINE_TUNING_DEFAULTS,
  LOCAL_TRAINING_DEFAULTS,
  MLP_LENGTH,
  NEWTON_DEFAULTS,
  NEWTON_LENGTH,
  newtonLength,
  PAIR_DEFAULTS,
  PROJECTED_NEWTON_DEFAULTS,
  STRICT_FEATURES,
  STRICT_PARAMETERS,
  trainedCount,
} from '../../recommender/index.js';
import type { TowerForm } from '../../recommender/index.js';
import type { DeadlineTerms, ServerOptimiser } from '../../proto/index.js';
import type { JobKind } from './kinds.js';

/**
 * How jobs share one ε. Counts are worth most and need most; the re-rankers are limited by their features, not by noise:
 * of 8, counts and the linear re-ranker get about 7 and 1. Chosen on validation items (docs/results.md).
 */
export const SHARES: Readonly<Record<JobKind, number>> = {
  reranker: 1,
  mlp: 1.7,
  counts: 7,
  popularity: 1,
  tower: 1.7,
};

/** Length of each phase unless the platform says otherwise: merchants' machines may be busy, networks slow. */
export const DEFAULT_DEADLINES: DeadlineTerms = {
  advertiseMs: 60_000,
  openMs: 60_000,
  shareMs: 60_000,
  inputMs: 300_000,
  agreeMs: 60_000,
  unmaskMs: 60_000,
};

/** The Newton job, over strict features or over random ones beside them. */
export const NEWTON = {
  ...NEWTON_DEFAULTS,
  units: 0,
  dimension: NEWTON_LENGTH,
  random: {
    ...PROJECTED_NEWTON_DEFAULTS,
    dimension: newtonLength(STRICT_FEATURES.length + PROJECTED_NEWTON_DEFAULTS.units),
  },
} as const;

const { steps, clipNorm, samplingRate, servingWeight, ...adam } = FINE_TUNING_DEFAULTS;

const FEDAVG: ServerOptimiser = {
  name: 'fedavg',
  learningRate: 1,
  momentum: 0,
  secondMomentum: 0,
  epsilon: 0,
  warmupSteps: 0,
  averageLast: 0,
  finalLearningRate: 1,
};

/** Plain DP-SGD along the local steps. */
const LOCAL_SGD: ServerOptimiser = { ...FEDAVG, learningRate: 0.5 };

/** A dozen fine-tuning rounds of the MLP form: FedSGD under noise, FedAvg without. */
export const MLP = {
  steps,
  clipNorm,
  samplingRate,
  servingWeight,
  optimiser: { name: 'fedadam', ...adam } satisfies ServerOptimiser,
  dimension: STRICT_PARAMETERS.length,
  /** γ, η and σ_b over the shoppers expected in a round, as Andrew et al. 2021 suggest for any task. */
  clipping: { targetQuantile: 0.5, learningRate: 0.2, bitDeviationShare: 0.05 },
  fedavg: {
    steps: 12,
    /** L2 norm of one merchant's whole movement. */
    clipNorm: 10,
    dimension: MLP_LENGTH,
    servingWeight: 1,
    localEpochs: LOCAL_TRAINING_DEFAULTS.epochs,
    batchSize: LOCAL_TRAINING_DEFAULTS.batch,
    learningRate: LOCAL_TRAINING_DEFAULTS.learningRate,
    weightDecay: LOCAL_TRAINING_DEFAULTS.weightDecay,
    optimiser: FEDAVG,
  },
  /** FedAvg by merchant-local DP-SGD. */
  local: {
    steps: 3,
    localSteps: 4,
    clipNorm,
    samplingRate,
    /** L2 norm of one merchant's whole movement. */
    movementNorm: 10,
    localOptimiser: LOCAL_SGD,
    optimiser: FEDAVG,
    servingWeight,
  },
} as const;

const TOWER_FORM: TowerForm = { kind: 'low-rank', rank: 4 };

/**
 * A few rounds of the tower's low-rank form: FedSGD under noise, FedAvg without. Chosen on validation items, where it
 * brings about one per cent over the untrained tower under noise.
 */
export const TOWER = {
  form: TOWER_FORM,
  dimension: trainedCount(DEFAULT_TOWER, TOWER_FORM),
  negatives: 256,
  steps: 10,
  clipNorm: 1,
  samplingRate: 0.05,
  optimiser: {
    name: 'fedadam',
    learningRate: 0.01,
    momentum: 0.9,
    secondMomentum: 0.999,
    epsilon: 1e-8,
    warmupSteps: 3,
    averageLast: 0.5,
    finalLearningRate: 0.1,
  } satisfies ServerOptimiser,
  fedavg: {
    steps: 5,
    /** L2 norm of one merchant's whole movement. */
    clipNorm: 10,
    localEpochs: 1,
    batchSize: 64,
    learningRate: 1e-3,
    weightDecay: 0.01,
    dropout: 0.1,
    optimiser: FEDAVG,
  },
  /** FedAvg by merchant-local DP-SGD. */
  local: {
    steps: 3,
    localSteps: 4,
    clipNorm: 1,
    samplingRate: 0.05,
    movementNorm: 10,
    localOptimiser: LOCAL_SGD,
    optimiser: FEDAVG,
  },
} as const;

/** One counts release. */
export const COUNTS = {
  ...PAIR_DEFAULTS,
  /** K for a release of ε: a second unit a shopper pays once the noise on it is small. */
  l1Bound: (epsilon: number): number => (epsilon >= 5 ? 2 : 1),
} as const;
