import { meanLeaveOneOut } from '../metrics/index.js';
import type { TiedRank } from '../metrics/index.js';
import type { LeaveOneOut, Task } from './protocol.js';

const NO_TASK: Task = { history: new Int32Array(), target: -1 };

/** Figures of the shoppers whose task falls into one bucket. */
export interface Bucket {
  /**
   * What the tasks are divided by: events in the shopper's history, how often training bought the target, or whether
   * the shopper had bought it before.
   */
  readonly by: 'history-events' | 'target-hits' | 'target-repeats';
  /** The bucket's values: `0`, `1-3`, `>10`, `new`. */
  readonly range: string;
  readonly shoppers: number;
  readonly hr10: number;
  readonly ndcg10: number;
}

interface Range {
  readonly name: string;
  readonly from: number;
}

const HISTORY_EVENTS: readonly Range[] = [
  { name: '0', from: 0 },
  { name: '1-2', from: 1 },
  { name: '3-4', from: 3 },
  { name: '5+', from: 5 },
];

const TARGET_HITS: readonly Range[] = [
  { name: '0', from: 0 },
  { name: '1-3', from: 1 },
  { name: '4-10', from: 4 },
  { name: '>10', from: 11 },
];

const TARGET_REPEATS: readonly Range[] = [
  { name: 'new', from: 0 },
  { name: 'bought before', from: 1 },
];

/**
 * Figures by the shopper's known events, by the target's training hits and by whether the shopper had it; buckets
 * without a shopper are left out.
 */
export function bucketsOf(data: LeaveOneOut, ranks: readonly TiedRank[], cutoff: number): Bucket[] {
  const { tasks } = data.test;
  const divide = (by: Bucket['by'], ranges: readonly Range[], valueOf: (task: number) => number): Bucket[] => {
    const members: TiedRank[][] = ranges.map(() => []);
    ranks.forEach((rank, task) => {
      const place = ranges.findLastIndex(({ from }) => valueOf(task) >= from);
      members[place]?.push(rank);
    });
    return ranges.flatMap(({ name }, place) => {
      const inside = members[place] ?? [];
      if (inside.length === 0) return [];
      const { hr, ndcg } = meanLeaveOneOut(inside, cutoff, 'expected-rank');
      return [{ by, range: name, shoppers: inside.length, hr10: hr, ndcg10: ndcg }];
    });
  };
  return [
    ...divide('history-events', HISTORY_EVENTS, (task) => tasks[task]?.history.length ?? 0),
    ...divide('target-hits', TARGET_HITS, (task) => data.trainingHits[tasks[task]?.target ?? -1] ?? 0),
    ...divide('target-repeats', TARGET_REPEATS, (task) => {
      const { history, target } = tasks[task] ?? NO_TASK;
      return Number(history.includes(target));
    }),
  ];
}
