import { GuildhallError } from '../../errors/index.js';
import { divideBudget } from './budget.js';
import type { BudgetGrant, BudgetRequest } from './budget.js';
import { countsJob, popularityJob } from './counts.js';
import { MLP, SHARES, TOWER } from './defaults.js';
import { isOfCatalogue } from './kinds.js';
import type { JobKind } from './kinds.js';
import type { JobPlanOptions, PlannedJob } from './options.js';
import { newtonJob, mlpJob } from './rerankers.js';
import { towerJob } from './tower.js';

/**
 * Plans the default jobs under one budget: calibrates every job's noise so that a merchant that takes part in all of
 * them (and in the counts of one catalogue) spends at most ε at δ.
 * @throws GuildhallError USAGE for an empty plan, or for local noise where there is none or a job that must share it
 */
export function planJobs(options: JobPlanOptions): PlannedJob[] {
  if (options.jobs.length === 0) throw new GuildhallError('USAGE', 'A plan needs at least one job.');
  if (options.noiseStrategy === 'local') requireLocalJobs(options);
  const noises = noiseOf(options);
  return options.jobs.flatMap((kind): PlannedJob[] => {
    const noise = noises.get(kind);
    switch (kind) {
      case 'reranker':
        return [newtonJob(options, noise)];
      case 'mlp':
        return [mlpJob(options, noise)];
      case 'tower':
        return [towerJob(options, noise)];
      case 'counts':
        return options.catalogues.map((catalogue) => countsJob(options, catalogue, noise));
      case 'popularity':
        return options.catalogues.map((catalogue) => popularityJob(options, catalogue, noise));
    }
  });
}

function requireLocalJobs({ jobs, privacy }: JobPlanOptions): void {
  const sharing = jobs.filter((kind) => kind !== 'mlp' && kind !== 'tower');
  if (privacy !== 'none' && sharing.length === 0) return;
  throw new GuildhallError(
    'USAGE',
    privacy === 'none'
      ? 'Local noise is noise: plan without it, or with an epsilon.'
      : `Local noise is for mlp and tower; ${sharing.join(' and ')} must share theirs.`,
  );
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

/** Relative parts of ε; re-rankers share theirs as they do by default, and so do kinds of counts. */
function sharesOf({ jobs, gradientsShare }: JobPlanOptions): Readonly<Record<JobKind, number>> {
  const sharedBy = (kinds: readonly JobKind[]): number => kinds.reduce((sum, kind) => sum + SHARES[kind], 0);
  const counts = sharedBy(jobs.filter(isOfCatalogue));
  const gradients = sharedBy(jobs) - counts;
  if (gradientsShare === undefined || gradients === 0 || counts === 0) return SHARES;
  const factor = (gradients * (1 - gradientsShare)) / (gradientsShare * counts);
  return { ...SHARES, counts: factor * SHARES.counts, popularity: factor * SHARES.popularity };
}

function mechanismOf(
  kind: JobKind,
  { newtonRounds = 1, noiseStrategy, shopperMultiplicity = 1 }: JobPlanOptions,
): BudgetRequest['mechanism'] {
  // A shopper of m merchants is in m of their releases at once.
  const local = ({ samplingRate, localSteps, steps }: typeof MLP.local | typeof TOWER.local) =>
    ({ kind: 'gaussian', samplingRate, steps: steps * localSteps * shopperMultiplicity }) as const;
  switch (kind) {
    case 'reranker':
      return { kind: 'gaussian', samplingRate: 1, steps: newtonRounds };
    case 'mlp':
      if (noiseStrategy === 'local') return local(MLP.local);
      return { kind: 'gaussian', samplingRate: MLP.samplingRate, steps: MLP.steps };
    case 'tower':
      if (noiseStrategy === 'local') return local(TOWER.local);
      return { kind: 'gaussian', samplingRate: TOWER.samplingRate, steps: TOWER.steps };
    case 'counts':
    case 'popularity':
      return { kind: 'laplace' };
  }
}
