import { z } from 'zod';
import { streamRandom } from '../../crypto/index.js';
import { bootstrapMean } from '../../recommender/index.js';
import type { DemoReport, MerchantReport, RankingFigures, RelativeGain } from './report.js';
import type { DemoShop } from './shops.js';
import { towerEvaluation, towerLine } from './tower.js';

const figures = z.object({ hr10: z.number(), ndcg10: z.number() });
const interval = z.object({ mean: z.number(), low: z.number(), high: z.number() });

/** What a demo reads of `guildhall client evaluate --json`. */
const evaluation = z.object({
  shoppers: z.number(),
  alone: figures,
  tuned: figures,
  together: figures,
  togetherUntuned: figures,
  gain: z.object({ relative: interval }),
  gainOverTuned: z.object({ relative: interval }),
  decisions: z.array(z.object({ component: z.string(), use: z.boolean() })),
  weights: z.string(),
  tower: towerEvaluation.optional(),
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
  return {
    name: shop.name,
    catalogue: shop.catalogue,
    shoppers: shop.shoppers,
    evaluated: own.shoppers,
    alone: own.alone,
    tuned: own.tuned,
    together: own.together,
    togetherUntuned: own.togetherUntuned,
    gain: shareOf(own.gain.relative),
    gainOverTuned: shareOf(own.gainOverTuned.relative),
    weights: own.weights,
    unused: own.decisions.filter(({ use }) => !use).map(({ component }) => component),
    ...(own.tower === undefined
      ? {}
      : {
          tower: towerLine(
            own.tower,
            own.decisions.some(({ component, use }) => component === 'tower' && use),
          ),
        }),
    epsilon: isNoised ? own.epsilon : null,
    delta: own.delta,
    advantage: isNoised ? own.advantage : null,
    bytesSent: own.bytesSent,
  };
}

const shareOf = ({ mean, low, high }: z.output<typeof interval>): RelativeGain => ({ ndcg10: mean, low, high });

/**
 * The means over merchants: a gain is the mean difference of NDCG@10 over the mean of its lower side, with a 95 %
 * percentile bootstrap interval over merchants.
 */
export function meanLine(merchants: readonly MerchantReport[]): DemoReport['mean'] {
  const mean = (value: (merchant: MerchantReport) => number): number =>
    merchants.reduce((sum, merchant) => sum + value(merchant), 0) / merchants.length;
  const figuresOf = (side: Side): RankingFigures => ({
    hr10: mean((line) => line[side].hr10),
    ndcg10: mean((line) => line[side].ndcg10),
  });
  const gainOf = (after: Side, before: Side): RelativeGain => {
    const differences = merchants.map((line) => line[after].ndcg10 - line[before].ndcg10);
    // Bootstrap coins protect nobody; fixed ones make the table repeatable.
    const spread = bootstrapMean(differences, { random: streamRandom(Buffer.alloc(32)) });
    const share = (value: number): number => value / figuresOf(before).ndcg10;
    return { ndcg10: share(spread.mean), low: share(spread.low), high: share(spread.high) };
  };
  return {
    alone: figuresOf('alone'),
    tuned: figuresOf('tuned'),
    together: figuresOf('together'),
    togetherUntuned: figuresOf('togetherUntuned'),
    gain: gainOf('together', 'alone'),
    gainOverTuned: gainOf('together', 'tuned'),
    gainUntuned: gainOf('togetherUntuned', 'alone'),
    gainOfTuning: gainOf('tuned', 'alone'),
    better: merchants.filter((line) => line.together.ndcg10 > line.alone.ndcg10).length,
  };
}

/** A way to rank whose figures a line has. */
type Side = 'alone' | 'tuned' | 'together' | 'togetherUntuned';
