import { performance } from 'node:perf_hooks';
import { rerankerOrder } from '../../client/serving/reorder.js';
import {
  loadEngine,
  loadTextIndex,
  Mix,
  pairAttributes,
  PUBLIC_RERANKER,
  Ranker,
  topOf,
} from '../../recommender/index.js';
import type { RankRequest, Shop } from '../../recommender/index.js';
import { inventMarketplace } from '../../simulations/marketplace.js';

/** Requests before anything is timed, for the compiler's sake. */
const WARM_UP = 300;
const MOST_CHECKED = 200;

/** What is measured. */
export interface RankingOptions {
  readonly items: number;
  readonly shoppers: number;
  readonly requests: number;
}

/** Quantiles of single requests, in milliseconds. */
export interface Quantiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** What single requests took, one after another on one thread. */
export interface Latency extends Quantiles {
  /** Processor time of the whole process instead of the time that passed: not raised by other programs' turns. */
  readonly processor: Quantiles;
}

/** What one run found. */
export interface RankingFigures {
  readonly synthetic: true;
  readonly items: number;
  readonly shoppers: number;
  readonly requests: number;
  /** Ten results with reasons; then in a re-ranker's order, as they are served; then with MMR over fifty candidates. */
  readonly milliseconds: { readonly plain: Latency; readonly reranked: Latency; readonly diverse: Latency };
  /** Share of the best ten of the whole catalogue that the candidates' best ten hold. */
  readonly recall10: number;
}

/** Times requests of single shoppers over an invented catalogue, and compares candidates with the whole catalogue. */
export async function measureRanking(
  options: RankingOptions,
  onStage: (stage: string) => void,
): Promise<RankingFigures> {
  onStage('Inventing a marketplace …');
  const { items, shoppers, requests } = options;
  const shop = inventShop(items, shoppers);
  onStage('Indexing texts …');
  const engine = await loadEngine();
  const text = loadTextIndex(shop.catalogue, engine);
  const histories = shop.shoppers.map(({ history }) => history);
  const mix = Mix.build({ engine, text, histories });
  const ranker = new Ranker({ catalogue: shop.catalogue, mix });
  const asked = Array.from({ length: WARM_UP + requests }, (_, at) => histories[at % histories.length] ?? EMPTY);
  onStage('Ranking …');
  const timed = (request: Omit<RankRequest, 'history'>): Latency =>
    latency(asked, (history) => ranker.rank({ ...request, history }));
  const attributes = pairAttributes(shop.catalogue);
  const reordering = { engine, attributes, mix, reranker: PUBLIC_RERANKER, source: 'public' } as const;
  const reranked = latency(asked, (history) =>
    ranker.rank({ history, arrangement: rerankerOrder(reordering, history) }),
  );
  const milliseconds = { plain: timed({}), reranked, diverse: timed({ diversity: 0.3 }) };
  onStage('Comparing with the whole catalogue …');
  const checked = asked.slice(0, MOST_CHECKED);
  const found = checked.map((history) => {
    const best = topOf(mix.score([history]), 10, new Set(history)).items;
    const offered = new Set(ranker.rank({ history }).map(({ item }) => item));
    return best.filter((item) => offered.has(item)).length / best.length;
  });
  const recall10 = found.reduce((sum, share) => sum + share, 0) / found.length;
  return { synthetic: true, items, shoppers, requests, milliseconds, recall10 };
}

const EMPTY = new Int32Array();

function inventShop(items: number, shoppers: number): Shop {
  const { catalogue, merchants } = inventMarketplace({ seed: 'ranking', merchants: 1, shoppers, items });
  return { catalogue, shoppers: merchants[0]?.shoppers ?? [] };
}

/** Times a function over inputs, one after another; the first {@link WARM_UP} are not counted. */
export function latency<T>(inputs: readonly T[], answer: (input: T) => unknown): Latency {
  const times = inputs.map((input) => {
    const before = process.cpuUsage();
    const start = performance.now();
    answer(input);
    const passed = performance.now() - start;
    const { user, system } = process.cpuUsage(before);
    return { passed, processor: (user + system) / 1000 };
  });
  const timed = times.slice(WARM_UP);
  return {
    ...quantiles(timed.map(({ passed }) => passed)),
    processor: quantiles(timed.map(({ processor }) => processor)),
  };
}

function quantiles(values: readonly number[]): Quantiles {
  const sorted = Float64Array.from(values).sort();
  const quantile = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99) };
}
