import { FEWEST_MERCHANTS } from '../../crypto/index.js';
import { isOfCatalogue, rosterFor } from '../../federation/index.js';
import type { PlannedJob } from '../../federation/index.js';
import type { DeadlineTerms, RosterTerms } from '../../proto/index.js';
import { planFromCatalogues } from '../plan.js';
import type { PlannedCatalogue } from '../plan.js';
import type { DemoOptions, DemoProgress, DemoStrategy } from './options.js';
import type { DemoShops } from './shops.js';

/** The jobs of a demo, and which of them concern each catalogue. */
export interface DemoJobs {
  readonly planned: readonly PlannedJob[];
  readonly roster: RosterTerms;
  /** The weakest rules of any job: the floors of the merchants' policies. */
  readonly floors: Pick<RosterTerms, 'minimumMerchants' | 'colluders' | 'minimumSurvivors'>;
  /** Names of the jobs that a catalogue’s merchants take part in. */
  readonly jobsOf: (catalogue: string) => string[];
}

/** Many clients share two cores here: the first input waits until all of them have read and indexed their shops. */
const DEADLINES: DeadlineTerms = {
  advertiseMs: 120_000,
  openMs: 120_000,
  shareMs: 120_000,
  inputMs: 1_800_000,
  agreeMs: 120_000,
  unmaskMs: 120_000,
};

/** What a plan of a demo needs beside its options. */
export interface DemoPlanContext {
  readonly strategy?: DemoStrategy | undefined;
  /** Ends the jobs' names where the same jobs run more than once. */
  readonly label?: string | undefined;
  readonly cache: string;
  readonly progress: DemoProgress;
}

/**
 * Plans a demo's jobs under its one budget. Counts are summed by the merchants of one catalogue; catalogues with too few
 * of them for the roster rules are left out, and the progress says so.
 * @throws GuildhallError ROSTER_IMPOSSIBLE
 */
export async function planDemo(
  options: DemoOptions,
  { shops, catalogues }: DemoShops,
  { strategy, label, cache, progress }: DemoPlanContext,
): Promise<DemoJobs> {
  const { colluders, minimumSurvivors, jobs, privacy, gradientsShare, features, newtonRounds, clipping, signal } =
    options;
  const ending = label === undefined ? '' : `-${label}`;
  const roster = rosterFor(shops.length, { colluders, minimumSurvivors });
  const counted: (PlannedCatalogue & { readonly roster: RosterTerms })[] = [];
  for (const [name, catalogue] of catalogues) {
    const merchants = shops.filter((shop) => shop.catalogue === name).length;
    if (merchants >= FEWEST_MERCHANTS) {
      const own = merchants === shops.length ? roster : rosterFor(merchants);
      counted.push({ name, catalogue, roster: own });
    } else if (jobs.some(isOfCatalogue)) {
      progress.say(
        `No counts of ${name}: ${merchants} merchants share it, and at least ${FEWEST_MERCHANTS} are needed.`,
      );
    }
  }
  const planned = await planFromCatalogues({
    jobs: counted.length === 0 ? jobs.filter((job) => !isOfCatalogue(job)) : jobs,
    privacy,
    roster,
    expectedShoppers: shops.reduce((sum, shop) => sum + shop.shoppers, 0),
    catalogues: counted,
    gradientsShare,
    features,
    newtonRounds,
    noiseStrategy: strategy,
    clipping,
    label,
    deadlines: DEADLINES,
    cache,
    signal,
  });
  const rosters = [roster, ...(jobs.some(isOfCatalogue) ? counted.map((catalogue) => catalogue.roster) : [])];
  const least = (value: (terms: RosterTerms) => number): number => Math.min(...rosters.map(value));
  return {
    planned,
    roster,
    floors: {
      minimumMerchants: least((terms) => terms.minimumMerchants),
      colluders: least((terms) => terms.colluders),
      minimumSurvivors: least((terms) => terms.minimumSurvivors),
    },
    jobsOf: (catalogue) =>
      planned
        .filter(({ kind, job }) => !isOfCatalogue(kind) || job === `${kind}-${catalogue}${ending}`)
        .map(({ job }) => job),
  };
}
