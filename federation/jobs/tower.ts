import { encodeModel } from '../model.js';
import { untrainedTowerModel } from '../tasks/tower-model.js';
import type { BudgetGrant } from './budget.js';
import { TOWER } from './defaults.js';
import type { JobPlanOptions, PlannedJob } from './options.js';
import { expectedLocally, gaussianOrNone, goesOnFrom, localMechanism, named, template } from './template.js';
import type { TemplateParts } from './template.js';

/** The text tower: FedAvg without noise, FedSGD under shared noise, FedAvg by DP-SGD under local noise. */
export function towerJob(options: JobPlanOptions, noise: BudgetGrant | undefined): PlannedJob {
  const { form, dimension } = TOWER;
  const job = named(options, 'tower');
  return {
    job,
    kind: 'tower',
    template: template(options, { job, dimension, ...roundsOf(options, noise) }),
    model: encodeModel(untrainedTowerModel(form)),
    ...goesOnFrom(options, 'tower'),
  };
}

function roundsOf(options: JobPlanOptions, noise: BudgetGrant | undefined): Omit<TemplateParts, 'job' | 'dimension'> {
  const { dimension, negatives } = TOWER;
  if (noise?.kind !== 'gaussian') {
    const { steps, clipNorm, ...fedavg } = TOWER.fedavg;
    return {
      steps,
      contributors: 1,
      task: { task: { $case: 'towerFedavg', value: { ...fedavg, negatives } } },
      mechanism: gaussianOrNone({ clipNorm, samplingRate: 1, dimension }, undefined),
    };
  }
  if (options.noiseStrategy === 'local') {
    const { steps, localOptimiser, optimiser, ...local } = TOWER.local;
    const expectedShoppers = expectedLocally(options, local.samplingRate);
    return {
      steps,
      contributors: 1,
      task: {
        task: {
          $case: 'towerDpFedavg',
          value: { local: { optimiser: localOptimiser, expectedShoppers }, optimiser, negatives },
        },
      },
      mechanism: localMechanism({ ...local, dimension }, noise),
    };
  }
  const { steps, clipNorm, samplingRate, optimiser } = TOWER;
  const expectedShoppers = samplingRate * options.expectedShoppers;
  return {
    steps,
    contributors: options.expectedShoppers,
    task: { task: { $case: 'towerGradients', value: { optimiser, expectedShoppers, negatives } } },
    mechanism: gaussianOrNone({ clipNorm, samplingRate, dimension }, noise),
  };
}
