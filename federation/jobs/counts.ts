import { encodeModel } from '../model.js';
import { countsSupportModel } from '../tasks/neighbour-counts.js';
import { EPSILON_DENOMINATOR } from './budget.js';
import type { BudgetGrant } from './budget.js';
import { COUNTS } from './defaults.js';
import type { JobPlanOptions, PlannedJob } from './options.js';
import { goesOnFrom, named, template } from './template.js';

/** One release of a catalogue's counts. */
export function countsJob(
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
        contributors: options.expectedShoppers,
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
