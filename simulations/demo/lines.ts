import { z } from 'zod';
import { streamRandom } from '../../crypto/index.js';
import { bootstrapMean } from '../../recommender/index.js';
import type { MerchantReport, RankingFigures } from './report.js';
import type { DemoShop } from './shops.js';

const figures = z.object({ hr10: z.number(), ndcg10: z.number() });
const interval = z.object({ mean: z.number(), low: z.number(), high: z.number() });

/** What a demo reads of `guildhall client evaluate --json`. */
const evaluation = z.object({
  shoppers: z.number(),
  alone: figures,
  together: figures,
  gain: z.object({ relative: interval }),
  decisions: z.array(z.object({ component: z.string(), use: z.boolean() })),
  epsilon: z.number(),
  delta: z.number(),
  advantage: z.number(),
  bytesSent: z.number(),
});

/** A merchant's line of the table from what its own client printed. */
export function merchantLine(
  shop: DemoShop,
  printed: unknown,
  { isNoised }: { readonly isNoised: boolean },
): MerchantReport {
  const own = evaluation.parse(printed);
  const { mean, low, high } = own.gain.relative;
  return {
    name: shop.name,
    catalogue: shop.catalogue,
    shoppers: own.shoppers,
    alone: own.alone,
    together: own.together,
    gain: { ndcg10: mean, low, high },
    unused: own.decisions.filter(({ use }) => !use).map(({ component }) => component),
    epsilon: isNoised ? own.epsilon : null,
    delta: own.delta,
    advantage: isNoised ? own.advantage : null,
    bytesSent: own.bytesSent,
  };
}

/**
 * The means over merchants: the gain is the mean difference of NDCG@10 over the mean alone, with a 95 % percentile
 * bootstrap interval over merchants.
 */
export function meanLine(merchants: readonly MerchantReport[]): {
  readonly alone: RankingFigures;
  readonly together: RankingFigures;
  readonly gain: { readonly ndcg10: number; readonly low: number; readonly high: number };
} {
  const mean = (value: (merchant: MerchantReport) => number): number =>
    merchants.reduce((sum, merchant) => sum + value(merchant), 0) / merchants.length;
  const alone = { hr10: mean((line) => line.alone.hr10), ndcg10: mean((line) => line.alone.ndcg10) };
  const together = { hr10: mean((line) => line.together.hr10), ndcg10: mean((line) => line.together.ndcg10) };
  const differences = merchants.map((line) => line.together.ndcg10 - line.alone.ndcg10);
  // Bootstrap coins protect nobody; fixed ones make the table repeatable.
  const spread = bootstrapMean(differences, { random: streamRandom(Buffer.alloc(32)) });
  const share = (value: number): number => value / alone.ndcg10;
  return { alone, together, gain: { ndcg10: share(spread.mean), low: share(spread.low), high: share(spread.high) } };
}
