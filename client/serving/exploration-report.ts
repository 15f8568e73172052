import { GuildhallError } from '../../errors/index.js';
import { inversePropensity, readClicks } from '../../recommender/index.js';
import type { ArmFeedback, ByteSource, OffPolicyEstimate } from '../../recommender/index.js';
import { statePaths } from '../state/directory.js';
import { readImpressions } from './impressions.js';
import type { Impression } from './impressions.js';

/** What exploring brought and cost, from the merchant's own logs. */
export interface ExplorationReport {
  /** Rewards are clicks; the judged policy is the ranker without exploration. */
  readonly estimate: OffPolicyEstimate;
  readonly exploredPlaces: number;
  readonly clicks: {
    /** On explored places. */
    readonly explored: number;
    /** On places as ranked. */
    readonly ranked: number;
    /** Of requests or items that the log does not have, or rows that could not be used. */
    readonly unknown: number;
  };
  /** Lines of the log that could not be read. */
  readonly damagedLines: readonly number[];
}

/** How to report. */
export interface ExplorationReportOptions {
  readonly dir: string;
  /** CSV with the columns request_id and item_id. */
  readonly clicks: ByteSource;
}

/**
 * `guildhall client explore-report`: joins the log of explored lists with the shop's clicks and estimates, by inverse
 * propensities, what the explored places would have got with the items that the ranker had for them. Reads local files only.
 * @throws GuildhallError DATA_*; SERVING_LOG_TOO_SHORT where fewer than two requests explored; STATE_IO
 */
export async function reportExploration({ dir, clicks }: ExplorationReportOptions): Promise<ExplorationReport> {
  const { impressions, damaged } = readImpressions(statePaths(dir).impressions);
  const explored = impressions.filter(({ places }) => places.some((place) => place.explored));
  if (explored.length < 2) {
    throw new GuildhallError(
      'SERVING_LOG_TOO_SHORT',
      `The log of ${dir} has ${explored.length} requests that explored; an interval needs two.`,
    );
  }
  const { byRequest, report } = await readClicks(clicks);
  const clicked = (request: string, item: string): boolean => byRequest.get(request)?.has(item) === true;
  const count = (kind: 'explored' | 'ranked'): number =>
    impressions.reduce((sum, { request, places }) => {
      const hits = places.filter((one) => one.explored === (kind === 'explored') && clicked(request, one.item));
      return sum + hits.length;
    }, 0);
  const rows = report?.rows ?? 0;
  const known = { explored: count('explored'), ranked: count('ranked') };
  return {
    estimate: inversePropensity(
      explored.map(({ request, places }) =>
        places
          .filter((one) => one.explored)
          .map(({ item, ranked, propensity }) => ({
            propensity,
            target: item === ranked ? 1 : 0,
            reward: clicked(request, item) ? 1 : 0,
          })),
      ),
    ),
    exploredPlaces: explored.reduce((sum, { places }) => sum + places.filter((one) => one.explored).length, 0),
    clicks: { ...known, unknown: rows - known.explored - known.ranked },
    damagedLines: damaged,
  };
}

/** What was seen of every item in explored places, by its id: what Thompson sampling learns from. */
export function exploredFeedback(
  impressions: readonly Impression[],
  clicks: ReadonlyMap<string, ReadonlySet<string>>,
): Map<string, ArmFeedback> {
  const feedback = new Map<string, ArmFeedback>();
  for (const { request, places } of impressions) {
    for (const { item, explored } of places) {
      if (!explored) continue;
      const before = feedback.get(item) ?? { shown: 0, taken: 0 };
      const taken = before.taken + (clicks.get(request)?.has(item) === true ? 1 : 0);
      feedback.set(item, { shown: before.shown + 1, taken });
    }
  }
  return feedback;
}
