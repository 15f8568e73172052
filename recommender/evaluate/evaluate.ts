import { GuildhallError } from '../../errors/index.js';
import type { Engine } from '../engine/index.js';
import { coverage, gini, longTail, meanLeaveOneOut, shareOf, tiedRankOf } from '../metrics/index.js';
import type { TiedRank } from '../metrics/index.js';
import { topOf } from '../mix/index.js';
import type { RandomSource } from '../random.js';
import { hash512 } from '../text/index.js';
import type { ItemTextEncoder } from '../text/index.js';
import type { Shop } from '../types.js';
import { bucketsOf } from './buckets.js';
import type { Bucket } from './buckets.js';
import { compressedFigures } from './compression.js';
import type { CompressedFigures, CompressionRequest } from './compression.js';
import { EVALUATED_MODELS, fitContext } from './models.js';
import type { EvaluatedModelName, FittedModel } from './models.js';
import { newShopperFigures } from './new-shoppers.js';
import type { NewShopperFigures } from './new-shoppers.js';
import { leaveOneOutOf } from './protocol.js';
import type { LeaveOneOut } from './protocol.js';

/** Lists are cut off after this many places. */
export const EVALUATION_CUTOFF = 10;

/** Full-ranking figures of one model at a cut-off of 10. */
export interface ModelFigures {
  readonly model: EvaluatedModelName;
  readonly hr10: number;
  readonly ndcg10: number;
  readonly mrr10: number;
  readonly recall10: number;
  readonly precision10: number;
  readonly map10: number;
  /** Mean over shoppers of the AUC of the target against all other candidates. */
  readonly gauc: number;
  /** Share of the catalogue that stands in some shopper's list. */
  readonly coverage10: number;
  /** Gini coefficient of how often items stand in lists, items that never do included. */
  readonly gini10: number;
  /** Share of the lists' places that the long tail has: items outside the most bought fifth. */
  readonly longTail10: number;
  readonly buckets: readonly Bucket[];
  /** The same shoppers as if they were new; a sample of at most 1,000. */
  readonly newShoppers: readonly NewShopperFigures[];
  /** Sentences about the fit. */
  readonly notes: readonly string[];
}

/** A model that has no figures for this shop, and why. */
export interface UnavailableModel {
  readonly model: EvaluatedModelName;
  readonly code: string;
  readonly reason: string;
}

/** What {@link evaluate} finds. */
export interface Evaluation {
  readonly models: readonly ModelFigures[];
  /** The tower in every form that was asked for. */
  readonly compression?: readonly CompressedFigures[];
  /** Models that could not be had; the others have their figures all the same. */
  readonly unavailable: readonly UnavailableModel[];
  /** Shoppers that were ranked for: those with at least four events. */
  readonly shoppers: number;
  /** Share of targets that the shopper had bought before. */
  readonly repeatedTargets: number;
  /** Share of targets that stand in the long tail, to hold {@link ModelFigures.longTail10} against. */
  readonly longTailTargets: number;
}

/** How to evaluate. */
export interface EvaluateOptions {
  readonly engine: Engine;
  /** @default hash512 */
  readonly encoder?: ItemTextEncoder;
  /** Coins of models that are trained by chance; the same ones give the same figures. */
  readonly random: RandomSource;
  /** Measures the tower in smaller forms too; without it, it is measured as it was trained. */
  readonly compress?: CompressionRequest | undefined;
  /** Told before each model starts. */
  readonly onModel?: (model: EvaluatedModelName) => void;
  /** Told what a long fit is doing. */
  readonly onProgress?: (sentence: string) => void;
}

/**
 * Leave-one-out evaluation against the whole catalogue: a shopper's last event is the target, all earlier events train
 * the models and form the history; items of the history are masked, unless one is the target; ties stand at their
 * expected rank. Weights and epochs are chosen on the events before. Never comparable with figures that rank among
 * sampled negatives.
 *
 * @throws GuildhallError DATA_NOBODY_TO_RANK where no shopper has four events
 */
export async function evaluate(
  shop: Shop,
  models: readonly EvaluatedModelName[],
  options: EvaluateOptions,
): Promise<Evaluation> {
  const data = leaveOneOutOf(shop);
  const { tasks } = data.test;
  if (tasks.length === 0) {
    throw new GuildhallError('DATA_NOBODY_TO_RANK', `None of the ${shop.shoppers.length} shoppers has four events.`);
  }
  const { engine, random, encoder = hash512, onProgress = () => undefined } = options;
  const context = fitContext({ data, engine, encoder, random, onProgress });
  const figures: ModelFigures[] = [];
  const unavailable: UnavailableModel[] = [];
  for (const model of models) {
    options.onModel?.(model);
    try {
      figures.push(measure(model, await EVALUATED_MODELS[model].fit(context), data));
    } catch (error) {
      if (!(error instanceof GuildhallError)) throw error;
      unavailable.push({ model, code: error.code, reason: error.message });
    }
  }
  const { compress } = options;
  return {
    models: figures,
    ...(compress === undefined ? {} : { compression: compressedFigures(context, compress) }),
    unavailable,
    shoppers: tasks.length,
    repeatedTargets: tasks.filter(({ history, target }) => history.includes(target)).length / tasks.length,
    longTailTargets: targetsInTail(data),
  };
}

function measure(model: EvaluatedModelName, fitted: FittedModel, data: LeaveOneOut): ModelFigures {
  const { tasks } = data.test;
  const items = data.shop.catalogue.items.length;
  const exposures = new Float64Array(items);
  const ranks: TiedRank[] = new Array<TiedRank>(tasks.length).fill({ better: items, tied: 0 });
  let area = 0;
  for (const { index, scores } of fitted.score(tasks.map(({ history }) => history))) {
    const { history, target } = tasks[index] ?? { history: new Int32Array(), target: 0 };
    const hidden = new Set(history);
    hidden.delete(target);
    const rank = tiedRankOf(scores, target, hidden);
    ranks[index] = rank;
    const others = items - hidden.size - 1;
    area += others === 0 ? 1 : 1 - (rank.better + rank.tied / 2) / others;
    for (const item of topOf(scores, EVALUATION_CUTOFF, hidden).items) exposures[item] = (exposures[item] ?? 0) + 1;
  }
  const { hr, ndcg, mrr, recall, precision, map } = meanLeaveOneOut(ranks, EVALUATION_CUTOFF, 'expected-rank');
  return {
    model,
    hr10: hr,
    ndcg10: ndcg,
    mrr10: mrr,
    recall10: recall,
    precision10: precision,
    map10: map,
    gauc: area / tasks.length,
    coverage10: coverage(exposures),
    gini10: gini(exposures),
    longTail10: shareOf(exposures, longTail(data.trainingHits)),
    buckets: bucketsOf(data, ranks, EVALUATION_CUTOFF),
    newShoppers: newShopperFigures(fitted, data, EVALUATION_CUTOFF),
    notes: fitted.notes,
  };
}

function targetsInTail(data: LeaveOneOut): number {
  const targets = new Float64Array(data.shop.catalogue.items.length);
  for (const { target } of data.test.tasks) targets[target] = (targets[target] ?? 0) + 1;
  return shareOf(targets, longTail(data.trainingHits));
}
