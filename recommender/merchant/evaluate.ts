import { decide } from '../gate/index.js';
import type { GateDecision } from '../gate/index.js';
import { pairedBootstrap } from '../metrics/index.js';
import type { Interval } from '../metrics/index.js';
import { Mix } from '../mix/index.js';
import type { SparseMatrix } from '../mix/index.js';
import type { RandomSource } from '../random.js';
import type { Reranker } from '../reranker/index.js';
import { eventsBeforeTest, isEvaluated, testCase, trainingEvents, validationCase } from './conventions.js';
import type { NextItem } from './conventions.js';
import type { Merchant } from './merchant.js';
import { measuredLists, performanceOfMix, performanceOfReranker } from './ranking.js';
import type { Performance } from './ranking.js';

/** What the federation released, newest of each kind; absent where there is none. */
export interface Released {
  /** Estimate of the counts release, items × items. */
  readonly counts?: SparseMatrix;
  readonly reranker?: Reranker;
}

/** What taking part brings one merchant, measured on its shoppers' test items. Stays at the merchant. */
export interface MerchantEvaluation {
  /** Shoppers with a test item. */
  readonly shoppers: number;
  /** Own evidence and item texts, public default weights. */
  readonly alone: Performance;
  /** The same with every released component that the gate lets in. */
  readonly together: Performance;
  readonly gain: {
    /** Mean difference of NDCG@10 with its paired 95 % bootstrap interval. */
    readonly ndcg10: Interval;
    /** The same as a share of `alone`; zeros when alone finds nothing. */
    readonly relative: Interval;
  };
  /** One for each released component, in the order in which they were judged. */
  readonly decisions: readonly GateDecision[];
}

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

/**
 * Judges every released component on gate shoppers' validation items, which no release has seen, with own evidence from
 * training events only: counts against the merchant's own mix, then the re-ranker on top of what was let in.
 */
export function judge(merchant: Merchant, released: Released): GateDecision[] {
  const { counts, reranker } = released;
  if (counts === undefined && reranker === undefined) return [];
  const cases = merchant.split.gate.filter(isEvaluated).map(validationCase);
  const decisions: GateDecision[] = [];
  let best: Ranking = { mix: mixOf(merchant, merchant.shop.shoppers.map(trainingEvents)) };
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
  if (reranker !== undefined) consider('re-ranker', { mix: best.mix, reranker });
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
  const decisions = judge(merchant, released);
  const lets = (component: GateDecision['component']): boolean =>
    decisions.some((decision) => decision.component === component && decision.use);
  const cases = merchant.shop.shoppers.filter(isEvaluated).map(testCase);
  const own = mixOf(merchant, merchant.shop.shoppers.map(eventsBeforeTest));
  const alone = measure(merchant, { mix: own }, cases);
  const federated = lets('counts') ? released.counts : undefined;
  const reranker = lets('re-ranker') ? released.reranker : undefined;
  const mix = federated === undefined ? own : own.with({ federated });
  const changes = federated !== undefined || reranker !== undefined;
  const together = changes ? measure(merchant, reranker === undefined ? { mix } : { mix, reranker }, cases) : alone;
  const ndcg10 =
    cases.length === 0
      ? { mean: 0, low: 0, high: 0 }
      : pairedBootstrap(Array.from(alone.perShopper.ndcg10), Array.from(together.perShopper.ndcg10), options);
  return { shoppers: cases.length, alone, together, gain: { ndcg10, relative: relativeTo(ndcg10, alone) }, decisions };
}

function relativeTo(interval: Interval, alone: Performance): Interval {
  const share = (value: number): number => (alone.ndcg10 === 0 ? 0 : value / alone.ndcg10);
  return { mean: share(interval.mean), low: share(interval.low), high: share(interval.high) };
}
