import { decide } from '../gate/index.js';
import type { GateDecision } from '../gate/index.js';
import { DEFAULT_WEIGHTS, Mix } from '../mix/index.js';
import type { MixWeights, ModelTerm, SparseMatrix } from '../mix/index.js';
import type { RandomSource } from '../random.js';
import { validateWeights } from '../ranker/index.js';
import type { ValidatedWeights } from '../ranker/index.js';
import type { Reranker } from '../reranker/index.js';
import type { Shopper } from '../types.js';
import { eventsBeforeTest, isEvaluated, testCase, trainingEvents, validationCase } from './conventions.js';
import type { NextItem } from './conventions.js';
import { gainOver } from './gain.js';
import type { Gain } from './gain.js';
import type { Merchant } from './merchant.js';
import { measuredLists, performanceOfMix, performanceOfReranker } from './ranking.js';
import type { Performance } from './ranking.js';
import { towerFigures } from './tower-figures.js';
import type { TowerFigures } from './tower-figures.js';
import { TowerTerm } from './tower-term.js';
import type { ReleasedTower } from './tower-term.js';

/** What the federation released, newest of each kind; absent where there is none. */
export interface Released {
  /** Estimate of the counts release, items × items. */
  readonly counts?: SparseMatrix;
  readonly reranker?: Reranker;
  /** Public weights in the place of a re-ranker that was not released: judged by {@link judge} only. */
  readonly publicReranker?: Reranker;
  readonly tower?: ReleasedTower;
}

/** What taking part brings one merchant, measured on its shoppers' test items. Stays at the merchant. */
export interface MerchantEvaluation {
  /** Shoppers whose test items were ranked. */
  readonly shoppers: number;
  /** Own evidence and item texts, public default weights. */
  readonly alone: Performance;
  /** The same under {@link servedWeights}: what the merchant would rank with, were there no federation. */
  readonly tuned: Performance;
  /** The weights of `tuned`, and every released component that the gate lets in on top of them. */
  readonly together: Performance;
  /** Public default weights, and every released component that the gate lets in on top of those. */
  readonly togetherUntuned: Performance;
  /** Of `together` over `alone`: what tuning and federation bring. */
  readonly gain: Gain;
  /** Of `together` over `tuned`: what federation brings, both sides under the same weights. */
  readonly gainOverTuned: Gain;
  /** The weights of `tuned` and `together`, and why. */
  readonly weights: ValidatedWeights;
  /** One for each released component, in the order in which they were judged. */
  readonly decisions: readonly GateDecision[];
  /** Of a released tower, whatever the gate says of it. */
  readonly tower?: TowerFigures;
}

/**
 * Shoppers whose test items are ranked, and whose validation items choose weights, at most: a merchant of many thousands
 * learns nothing more from ranking for all of them.
 */
export const MOST_EVALUATED = 2000;

/** How a way to rank is put together from what the gate has let in so far. */
interface Ranking {
  readonly mix: Mix;
  readonly reranker?: Reranker;
}

function measure(merchant: Merchant, ranking: Ranking, cases: readonly NextItem[]): Performance {
  return ranking.reranker === undefined
    ? performanceOfMix(ranking.mix, cases)
    : performanceOfReranker(merchant.engine, ranking.reranker, measuredLists(merchant, ranking.mix, cases));
}

const mixOf = (merchant: Merchant, histories: readonly Int32Array[]): Mix =>
  Mix.build({ engine: merchant.engine, text: merchant.text, histories });

/** At most {@link MOST_EVALUATED} of the shoppers that have a test item, evenly spread over the shop. */
function evaluated(shoppers: readonly Shopper[]): Shopper[] {
  const all = shoppers.filter(isEvaluated);
  if (all.length <= MOST_EVALUATED) return all;
  const step = all.length / MOST_EVALUATED;
  const places = new Set(Array.from({ length: MOST_EVALUATED }, (_, place) => Math.floor(place * step)));
  return all.filter((_, place) => places.has(place));
}

/**
 * The weights of the mix that the merchant ranks with, before and after a release: its own where its contributors'
 * validation items prove a gain, with own evidence from training events, else the public defaults. A thousand shoppers are
 * few to choose weights on. Gate shoppers, test items and releases choose nothing, so the gate stays a fair judge.
 */
export function servedWeights(merchant: Merchant): ValidatedWeights {
  const training = mixOf(merchant, merchant.shop.shoppers.map(trainingEvents));
  return validateWeights(training, evaluated(merchant.split.contributors).map(validationCase));
}

/** Runs with the released tower as a term of the mix, and gives its memory back. */
function withTower<T>(merchant: Merchant, { tower }: Released, run: (term: ModelTerm | undefined) => T): T {
  if (tower === undefined) return run(undefined);
  const term = new TowerTerm({ engine: merchant.engine, text: merchant.text, tower });
  try {
    return run(term);
  } finally {
    term.dispose();
  }
}

/**
 * Judges every released component on gate shoppers' validation items, which no release has seen, with own evidence from
 * training events only: counts against the merchant's own mix, then the tower, then the re-ranker on top of what was let
 * in.
 * @param weights of the mix that the components join: {@link servedWeights}
 */
export function judge(merchant: Merchant, released: Released, weights: MixWeights): GateDecision[] {
  return withTower(merchant, released, (term) => judged(merchant, { released, weights, term }));
}

/** What is ranked with, before the gate has spoken. */
interface Candidates {
  readonly released: Released;
  readonly weights: MixWeights;
  readonly term: ModelTerm | undefined;
}

function judged(merchant: Merchant, { released, weights, term: tower }: Candidates): GateDecision[] {
  const { counts, reranker, publicReranker } = released;
  if ([counts, reranker, publicReranker, tower].every((component) => component === undefined)) return [];
  const cases = merchant.split.gate.filter(isEvaluated).map(validationCase);
  const decisions: GateDecision[] = [];
  let best: Ranking = { mix: mixOf(merchant, merchant.shop.shoppers.map(trainingEvents)).with({ weights }) };
  let bestSeen = measure(merchant, best, cases);
  const consider = (component: GateDecision['component'], candidate: Ranking): void => {
    const seen = measure(merchant, candidate, cases);
    const evidence = { without: bestSeen.perShopper.ndcg10, with: seen.perShopper.ndcg10 };
    const decision = decide(component, evidence);
    decisions.push(decision);
    if (!decision.use) return;
    best = candidate;
    bestSeen = seen;
  };
  if (counts !== undefined) consider('counts', { mix: best.mix.with({ federated: counts }) });
  if (tower !== undefined) consider('tower', { mix: best.mix.with({ model: tower }) });
  if (reranker !== undefined) consider('re-ranker', { mix: best.mix, reranker });
  else if (publicReranker !== undefined) consider('public re-ranker', { mix: best.mix, reranker: publicReranker });
  return decisions;
}

/**
 * Measures one merchant alone and together, on test items, with own evidence from all other events of all its shoppers.
 * @param options.random coins of the bootstrap
 */
export function evaluateMerchant(
  merchant: Merchant,
  released: Released,
  options: { readonly random: RandomSource },
): MerchantEvaluation {
  return withTower(merchant, released, (term) => evaluatedWith(merchant, released, { ...options, term }));
}

function evaluatedWith(
  merchant: Merchant,
  released: Released,
  options: { readonly random: RandomSource; readonly term: ModelTerm | undefined },
): MerchantEvaluation {
  const cases = evaluated(merchant.shop.shoppers).map(testCase);
  const own = mixOf(merchant, merchant.shop.shoppers.map(eventsBeforeTest));
  const under = (weights: MixWeights): Sides =>
    sidesUnder(merchant, { released, weights, term: options.term }, { own, cases });
  const weights = servedWeights(merchant);
  const untuned = under(DEFAULT_WEIGHTS);
  const served = weights.source === 'defaults' ? untuned : under(weights.weights);
  const { tower } = released;
  const mix = own.with({ weights: weights.weights });
  return {
    ...(tower === undefined ? {} : { tower: towerFigures(merchant, tower, { mix, cases, ...options }) }),
    shoppers: cases.length,
    alone: untuned.alone,
    tuned: served.alone,
    together: served.together,
    togetherUntuned: untuned.together,
    gain: gainOver(untuned.alone, served.together, options),
    gainOverTuned: gainOver(served.alone, served.together, options),
    weights,
    decisions: served.decisions,
  };
}

/** Both sides of a comparison under the same weights. */
interface Sides {
  readonly alone: Performance;
  readonly together: Performance;
  readonly decisions: readonly GateDecision[];
}

function sidesUnder(
  merchant: Merchant,
  candidates: Candidates,
  { own, cases }: { readonly own: Mix; readonly cases: readonly NextItem[] },
): Sides {
  const decisions = judged(merchant, candidates);
  const lets = (component: GateDecision['component']): boolean =>
    decisions.some((decision) => decision.component === component && decision.use);
  const { released, weights, term } = candidates;
  const federated = lets('counts') ? released.counts : undefined;
  const reranker = lets('re-ranker') ? released.reranker : undefined;
  const model = lets('tower') ? term : undefined;
  const base = own.with({ weights });
  const mix = base.with({
    ...(federated === undefined ? {} : { federated }),
    ...(model === undefined ? {} : { model }),
  });
  const alone = measure(merchant, { mix: base }, cases);
  const changes = federated !== undefined || reranker !== undefined || model !== undefined;
  const together = changes ? measure(merchant, reranker === undefined ? { mix } : { mix, reranker }, cases) : alone;
  return { alone, together, decisions };
}
