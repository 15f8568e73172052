import { systemClock } from '../client/index.js';
import { cachedTextIndex } from '../client/training/text-cache.js';
import { isOfCatalogue, planJobs } from '../federation/index.js';
import type { CountsCatalogue, JobPlanOptions, PlannedJob } from '../federation/index.js';
import type { RosterTerms } from '../proto/index.js';
import { loadEngine, textNeighbourPairs } from '../recommender/index.js';
import type { Catalogue } from '../recommender/index.js';

/** One catalogue whose merchants may count together. */
export interface PlannedCatalogue {
  readonly name: string;
  readonly catalogue: Catalogue;
  /** Where fewer merchants share the catalogue than the whole federation has. */
  readonly roster?: RosterTerms;
}

/** What a platform decides before it plans its jobs. */
export interface PlanRequest extends Omit<JobPlanOptions, 'catalogues'> {
  /** One counts or popularity job each; not read unless `jobs` has one of these. */
  readonly catalogues: readonly PlannedCatalogue[];
  /** Where text indexes are kept; clients of this machine may share it. */
  readonly cache: string;
  readonly signal?: AbortSignal;
}

/** Plans jobs with everything that a platform can compute from public texts. */
export async function planFromCatalogues(request: PlanRequest): Promise<PlannedJob[]> {
  const { catalogues, cache, signal, ...options } = request;
  const counted: (CountsCatalogue & { roster?: RosterTerms })[] = [];
  if (options.jobs.some(isOfCatalogue)) {
    const engine = await loadEngine();
    for (const { name, catalogue, roster } of catalogues) {
      const index = await cachedTextIndex(catalogue, engine, { directory: cache, clock: systemClock, signal });
      counted.push({
        name,
        itemIds: catalogue.items.map((item) => item.id),
        support: textNeighbourPairs(index),
        ...(roster === undefined ? {} : { roster }),
      });
    }
  }
  return planJobs({ ...options, catalogues: counted });
}
