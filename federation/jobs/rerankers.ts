import type { AdaptiveClipping } from '../../proto/index.js';
import { encodeModel } from '../model.js';
import { untrainedMlp } from '../tasks/reranker-mlp.js';
import { publicLinear, untrainedLinear } from '../tasks/reranker-newton.js';
import type { BudgetGrant } from './budget.js';
import { MLP, NEWTON } from './defaults.js';
import type { JobPlanOptions, PlannedJob } from './options.js';
import { expectedLocally, gaussianOrNone, goesOnFrom, localMechanism, named, template } from './template.js';
import type { TemplateParts } from './template.js';

/** Newton steps of the linear re-ranker. */
export function newtonJob(options: JobPlanOptions, noise: BudgetGrant | undefined): PlannedJob {
  const { ridge, clipNorm, units, dimension, servingWeight } = options.features === 'random' ? NEWTON.random : NEWTON;
  const { newtonRounds: steps = 1 } = options;
  const refinesPublic = options.rerankerStart === 'public' && units === 0;
  const start = refinesPublic ? publicLinear(servingWeight) : untrainedLinear(servingWeight, units);
  const job = named(options, 'reranker');
  return {
    job,
    kind: 'reranker',
    template: template(options, {
      job,
      steps,
      dimension,
      contributors: options.expectedShoppers,
      task: { task: { $case: 'rerankerNewton', value: { ridge, servingWeight } } },
      mechanism: gaussianOrNone({ clipNorm, samplingRate: 1, dimension }, noise),
    }),
    model: encodeModel(start),
    ...goesOnFrom(options, 'reranker'),
  };
}

/** The MLP form: FedAvg without noise, FedSGD under shared noise, FedAvg by DP-SGD under local noise. */
export function mlpJob(options: JobPlanOptions, noise: BudgetGrant | undefined): PlannedJob {
  const job = named(options, 'mlp');
  const { servingWeight, ...rounds } = mlpRounds(options, noise);
  return {
    job,
    kind: 'mlp',
    template: template(options, { job, ...rounds }),
    model: encodeModel(untrainedMlp(servingWeight)),
    ...startsFromReranker(options),
  };
}

type MlpRounds = Omit<TemplateParts, 'job'> & { readonly servingWeight: number };

function mlpRounds(options: JobPlanOptions, noise: BudgetGrant | undefined): MlpRounds {
  if (noise?.kind !== 'gaussian') return fedavgRounds();
  return options.noiseStrategy === 'local' ? dpFedavgRounds(options, noise) : gradientRounds(options, noise);
}

type Gaussian = Extract<BudgetGrant, { readonly kind: 'gaussian' }>;

function gradientRounds(options: JobPlanOptions, noise: Gaussian): MlpRounds {
  const { clipNorm, samplingRate, steps, servingWeight, optimiser } = MLP;
  const expectedShoppers = samplingRate * options.expectedShoppers;
  const isAdaptive = options.clipping === 'adaptive';
  const dimension = MLP.dimension + (isAdaptive ? 1 : 0);
  const clipping = isAdaptive ? { adaptiveClipping: adaptiveClipping(expectedShoppers, noise.noiseMultiplier) } : {};
  return {
    servingWeight,
    steps,
    dimension,
    contributors: options.expectedShoppers,
    task: { task: { $case: 'rerankerGradients', value: { optimiser, expectedShoppers, servingWeight, ...clipping } } },
    mechanism: gaussianOrNone({ clipNorm, samplingRate, dimension }, noise),
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

function fedavgRounds(): MlpRounds {
  const { steps, clipNorm, dimension, ...fedavg } = MLP.fedavg;
  return {
    servingWeight: fedavg.servingWeight,
    steps,
    dimension,
    contributors: 1,
    task: { task: { $case: 'rerankerFedavg', value: fedavg } },
    mechanism: gaussianOrNone({ clipNorm, samplingRate: 1, dimension }, undefined),
  };
}

function dpFedavgRounds(options: JobPlanOptions, noise: Gaussian): MlpRounds {
  const { steps, localOptimiser, optimiser, servingWeight, ...rounds } = MLP.local;
  const { dimension } = MLP;
  const local = { optimiser: localOptimiser, expectedShoppers: expectedLocally(options, rounds.samplingRate) };
  return {
    servingWeight,
    steps,
    dimension,
    contributors: 1,
    task: { task: { $case: 'rerankerDpFedavg', value: { local, optimiser, servingWeight } } },
    mechanism: localMechanism({ ...rounds, dimension }, noise),
  };
}

function startsFromReranker(options: JobPlanOptions): Pick<PlannedJob, 'startsFrom'> {
  const startsFrom = options.jobs.includes('reranker') ? named(options, 'reranker') : options.startsFrom;
  return startsFrom === undefined ? {} : { startsFrom };
}
