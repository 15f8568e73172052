import { meanLeaveOneOut, tiedRankOf } from '../metrics/index.js';
import type { TiedRank } from '../metrics/index.js';
import type { FittedModel } from './models.js';
import type { LeaveOneOut } from './protocol.js';

/** Known events at which new shoppers are imitated. */
export const NEW_SHOPPER_EVENTS = [0, 1, 3, 5] as const;

/** Figures of the same shoppers, had only their last few events been known. */
export interface NewShopperFigures {
  /** Events that were known. */
  readonly events: number;
  readonly shoppers: number;
  readonly hr10: number;
  readonly ndcg10: number;
}

const MOST_SHOPPERS = 1000;

/**
 * How well a model guides new shoppers: the same tasks with all but the last few events forgotten, so that what differs
 * is only how much is known. What was bought before stays masked.
 */
export function newShopperFigures(fitted: FittedModel, data: LeaveOneOut, cutoff: number): NewShopperFigures[] {
  const stride = Math.max(1, Math.ceil(data.test.tasks.length / MOST_SHOPPERS));
  const tasks = data.test.tasks.filter((_, at) => at % stride === 0);
  return NEW_SHOPPER_EVENTS.map((events) => {
    const known = tasks.map(({ history }) => history.subarray(Math.max(0, history.length - events)));
    const ranks: TiedRank[] = [];
    for (const { index, scores } of fitted.score(known)) {
      const task = tasks[index];
      if (task !== undefined) ranks.push(tiedRankOf(scores, task.target, new Set(task.history)));
    }
    const { hr, ndcg } = meanLeaveOneOut(ranks, cutoff, 'expected-rank');
    return { events, shoppers: ranks.length, hr10: hr, ndcg10: ndcg };
  });
}
