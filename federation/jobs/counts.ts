import type { TaskTerms } from '../../proto/index.js';
import { encodeModel } from '../model.js';
import type { ModelKind } from '../model.js';
import { itemCountsModel } from '../tasks/item-counts.js';
import { countsSupportModel } from '../tasks/neighbour-counts.js';
import { EPSILON_DENOMINATOR } from './budget.js';
import type { BudgetGrant } from './budget.js';
import { COUNTS } from './defaults.js';
import type { JobKind } from './kinds.js';
import type { JobPlanOptions, PlannedJob } from './options.js';
import { goesOnFrom, named, template } from './template.js';

type PlannedCatalogue = JobPlanOptions['catalogues'][number];

/** One release of a catalogue's pairs. */
export function countsJob(
  options: JobPlanOptions,
  catalogue: PlannedCatalogue,
  noise: BudgetGrant | undefined,
): PlannedJob {
  const { maximumLag, historyLength } = COUNTS;
  return releaseJob(options, catalogue, {
    kind: 'counts',
    dimension: catalogue.support.higher.length,
    task: { $case: 'neighbourCounts', value: { catalogue: catalogue.name, maximumLag, historyLength } },
    model: countsSupportModel(catalogue),
    noise,
  });
}

/** One release of how many shoppers bought each of a catalogue's items. */
export function popularityJob(
  options: JobPlanOptions,
  catalogue: PlannedCatalogue,
  noise: BudgetGrant | undefined,
): PlannedJob {
  return releaseJob(options, catalogue, {
    kind: 'popularity',
    dimension: catalogue.itemIds.length,
    task: { $case: 'itemCounts', value: { catalogue: catalogue.name } },
    model: itemCountsModel(catalogue),
    noise,
  });
}

interface CountsParts {
  readonly kind: JobKind;
  readonly dimension: number;
  readonly task: NonNullable<TaskTerms['task']>;
  readonly model: ModelKind;
  readonly noise: BudgetGrant | undefined;
}

function releaseJob(options: JobPlanOptions, { name, roster }: PlannedCatalogue, parts: CountsParts): PlannedJob {
  const { kind, dimension, task, model, noise } = parts;
  const job = named(options, `${kind}-${name}`);
  const epsilonNumerator = noise?.kind === 'laplace' ? noise.epsilonNumerator : undefined;
  const l1Bound = COUNTS.l1Bound(epsilonNumerator === undefined ? Infinity : epsilonNumerator / EPSILON_DENOMINATOR);
  return {
    job,
    kind,
    template: template(
      { ...options, roster: roster ?? options.roster },
      {
        job,
        steps: 1,
        dimension,
        contributors: options.expectedShoppers,
        task: { task },
        mechanism:
          epsilonNumerator === undefined
            ? { $case: 'none', value: { clipNorm: l1Bound, samplingRate: 1 } }
            : { $case: 'laplace', value: { l1Bound, epsilonNumerator, epsilonDenominator: EPSILON_DENOMINATOR } },
      },
    ),
    model: encodeModel(model),
    ...goesOnFrom(options, `${kind}-${name}`),
  };
}
