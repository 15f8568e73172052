import { CompactScorer, distilTower, packedLength, roundedTower } from '../compression/index.js';
import type { Precision } from '../compression/index.js';
import { leaveOneOut, pairedBootstrap, tiedRankOf } from '../metrics/index.js';
import type { Interval } from '../metrics/index.js';
import { topOf } from '../mix/index.js';
import type { TowerModel } from '../tower/index.js';
import type { FitContext } from './context.js';
import { evenly, towerData } from './tower.js';

/** What to hold against the tower in float32. */
export interface CompressionRequest {
  /** Of each tower; float32 is measured in any case. */
  readonly precisions: readonly Precision[];
  /** Whether a smaller tower is taught and measured too, in the same precisions. */
  readonly distilled: 'with' | 'without';
  /** A clock that never goes back, in milliseconds. */
  readonly now: () => number;
}

/** One row of the table: a tower in one form. */
export interface CompressedFigures {
  readonly tower: 'trained' | 'distilled';
  readonly precision: Precision;
  readonly parameters: number;
  /** The parameters as `packParameters` stores them. */
  readonly modelBytes: number;
  /** What the catalogue's vectors take, which are compared as they are stored. */
  readonly itemBytes: number;
  readonly hr10: number;
  readonly ndcg10: number;
  /** NDCG@10 less that of the trained tower in float32 on the same shoppers, with its paired 95 % interval. */
  readonly change: Interval;
  /** Of one ranking of the whole catalogue for one history, first ten picked, in milliseconds. */
  readonly latency: { readonly p50: number; readonly p95: number; readonly rankings: number };
}

const CUTOFF = 10;
/** Rankings whose time is taken, after some that are not. */
const TIMED = 500;
const WARM_UP = 50;

/** The tower in every form that is asked for, over the same test tasks in the same run. */
export function compressedFigures(context: FitContext, request: CompressionRequest): CompressedFigures[] {
  const trained = context.tower();
  const precisions = [...new Set<Precision>(['float32', ...request.precisions])];
  const towers: (readonly [CompressedFigures['tower'], TowerModel])[] = [['trained', trained]];
  if (request.distilled === 'with') towers.push(['distilled', distilled(context, trained)]);
  let before: Float64Array | undefined;
  return towers.flatMap(([tower, model]) =>
    precisions.map((precision) => {
      context.onProgress(`tower: measuring the ${tower} one in ${precision}`);
      const { hr, ndcg, ...rest } = measured(context, model, precision, request.now);
      before ??= ndcg;
      const change = pairedBootstrap([...before], [...ndcg], { random: context.random });
      return { tower, precision, ...rest, hr10: mean(hr), ndcg10: mean(ndcg), change };
    }),
  );
}

function distilled(context: FitContext, teacher: TowerModel): TowerModel {
  const run = distilTower(context.engine, teacher, towerData(context), context.random);
  for (let step = run.next(); ; step = run.next()) {
    if (step.done === true) return step.value;
    context.onProgress(`tower: distilling, epoch ${step.value.epoch} of at most ${step.value.epochs}`);
  }
}

function measured({ engine, text, data }: FitContext, model: TowerModel, precision: Precision, now: () => number) {
  const { tasks } = data.test;
  const scorer = new CompactScorer(engine, roundedTower(model, precision), text(), precision);
  try {
    const [hr, ndcg] = [new Float64Array(tasks.length), new Float64Array(tasks.length)];
    let at = 0;
    for (const scores of scorer.each(tasks.map(({ history }) => history))) {
      const { history, target } = tasks[at] ?? { history: new Int32Array(), target: 0 };
      const rank = tiedRankOf(scores, target, new Set(history));
      const metrics = leaveOneOut(rank, CUTOFF, 'expected-rank');
      [hr[at], ndcg[at]] = [metrics.hr, metrics.ndcg];
      at += 1;
    }
    const histories = evenly(tasks, TIMED).map(({ history }) => history);
    return {
      parameters: model.parameters.length,
      modelBytes: packedLength(model.shape, precision),
      itemBytes: scorer.bytes,
      hr,
      ndcg,
      latency: latencyOf(scorer, histories, now),
    };
  } finally {
    scorer.dispose();
  }
}

function latencyOf(scorer: CompactScorer, histories: readonly Int32Array[], now: () => number) {
  const rank = (history: Int32Array): unknown => topOf(scorer.scores(history), CUTOFF, new Set(history));
  for (const history of histories.slice(0, WARM_UP)) rank(history);
  const times = Float64Array.from(histories, (history) => {
    const began = now();
    rank(history);
    return now() - began;
  }).sort();
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0;
  return { p50: at(0.5), p95: at(0.95), rankings: times.length };
}

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
