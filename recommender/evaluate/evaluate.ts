import { BASELINES } from '../baselines/index.js';
import type { BaselineName, CountingScorer } from '../baselines/index.js';
import { SHORTEST_EVALUATED } from '../data/index.js';
import { similarityBlocks, transposeItems } from '../engine/index.js';
import type { Engine } from '../engine/index.js';
import { meanLeaveOneOut, tiedRankOf } from '../metrics/index.js';
import type { TiedRank } from '../metrics/index.js';
import { hash512 } from '../text/index.js';
import type { ItemTextEncoder } from '../text/index.js';
import type { Shop } from '../types.js';

/** Lists are cut off after this many places. */
export const EVALUATION_CUTOFF = 10;

/** Full-ranking figures of one model at a cut-off of 10. */
export interface ModelFigures {
  readonly model: string;
  readonly hr10: number;
  readonly ndcg10: number;
  readonly mrr10: number;
  readonly recall10: number;
  readonly precision10: number;
  readonly map10: number;
}

/** What {@link evaluate} finds. */
export interface Evaluation {
  readonly models: readonly ModelFigures[];
  /** Shoppers that were ranked for: those with at least four events. */
  readonly shoppers: number;
}

/** How to evaluate. */
export interface EvaluateOptions {
  readonly engine: Engine;
  /** @default hash512 */
  readonly encoder?: ItemTextEncoder;
  /** Told before each model starts. */
  readonly onModel?: (model: BaselineName) => void;
}

/** One shopper's leave-one-out task. */
interface Task {
  readonly history: Int32Array;
  readonly target: number;
}

/**
 * Leave-one-out evaluation against the whole catalogue: a shopper's last event is the target, all earlier events train
 * the models and form the history; items of the history are masked, unless one is the target; ties stand at their
 * expected rank. Never comparable with figures that rank among sampled negatives.
 */
export function evaluate(shop: Shop, models: readonly BaselineName[], options: EvaluateOptions): Evaluation {
  const items = shop.catalogue.items.length;
  const ranked = shop.shoppers.filter(({ history }) => history.length >= SHORTEST_EVALUATED);
  const tasks = ranked.map(({ history }) => ({ history: history.subarray(0, -1), target: history.at(-1) ?? 0 }));
  const training = shop.shoppers.map(({ history }) =>
    history.length >= SHORTEST_EVALUATED ? history.subarray(0, -1) : history,
  );
  const figures = models.map((model) => {
    options.onModel?.(model);
    const fitted = BASELINES[model].fit(training, items);
    const ranks = fitted.kind === 'text' ? rankByText(shop, tasks, options) : rankByCounts(fitted.score, tasks, items);
    return figuresOf(model, ranks);
  });
  return { models: figures, shoppers: tasks.length };
}

function figuresOf(model: BaselineName, ranks: readonly TiedRank[]): ModelFigures {
  const { hr, ndcg, mrr, recall, precision, map } = meanLeaveOneOut(ranks, EVALUATION_CUTOFF, 'expected-rank');
  return { model, hr10: hr, ndcg10: ndcg, mrr10: mrr, recall10: recall, precision10: precision, map10: map };
}

function rankByCounts(score: CountingScorer, tasks: readonly Task[], items: number): TiedRank[] {
  const scores = new Float32Array(items);
  return tasks.map(({ history, target }) => {
    scores.fill(0);
    score(history, scores);
    return tiedRankOf(scores, target, new Set(history));
  });
}

/** Scores depend on the last item alone, so shoppers who share it share one row of similarities. */
function rankByText(shop: Shop, tasks: readonly Task[], options: EvaluateOptions): TiedRank[] {
  const encoder = options.encoder ?? hash512;
  const { dimensions } = encoder;
  const vectors = encoder.encode(shop.catalogue.items);
  const items = transposeItems(vectors, dimensions);
  const tasksAfter = groupByLastItem(tasks);
  const lastItems = Array.from(tasksAfter.keys());
  const queries = new Float32Array(lastItems.length * dimensions);
  lastItems.forEach((item, row) => {
    queries.set(vectors.subarray(item * dimensions, (item + 1) * dimensions), row * dimensions);
  });
  const ranks: TiedRank[] = [];
  for (const block of similarityBlocks(options.engine, queries, items)) {
    for (let row = 0; row < block.rows; row++) {
      const scores = block.scores.subarray(row * items.items, (row + 1) * items.items);
      for (const { history, target } of tasksAfter.get(lastItems[block.start + row] ?? -1) ?? []) {
        ranks.push(tiedRankOf(scores, target, new Set(history)));
      }
    }
  }
  return ranks;
}

function groupByLastItem(tasks: readonly Task[]): Map<number, Task[]> {
  const groups = new Map<number, Task[]>();
  for (const task of tasks) {
    const last = task.history.at(-1) ?? -1;
    const group = groups.get(last);
    if (group === undefined) groups.set(last, [task]);
    else group.push(task);
  }
  return groups;
}
