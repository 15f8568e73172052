import { ndcgAt } from '../metrics/index.js';
import { Ranker } from './ranker.js';
import type { RankerParts } from './ranker.js';
import type { TimedHistory } from './repeats.js';

/** The public grid of weights that are tried; 0 offers nothing again. */
export const REPEAT_WEIGHTS = [0, 1, 4, 16, 64] as const;

const CUTOFF = 10;
/** More baskets make the choice no better, only slower. */
const MOST_BASKETS = 500;

/** What a shopper had bought, and the basket that came next. */
export interface NextBasket extends TimedHistory {
  /** When the basket was bought. */
  readonly now: number;
  /** Its distinct items, bought before or not. */
  readonly target: readonly number[];
}

/**
 * The weight of repeats that ranks validation baskets best by mean NDCG@10, nothing masked; the smallest of equally good
 * ones. 0 where there is no repeat model.
 *
 * @param parts must have learnt nothing from the baskets
 * @param baskets validation baskets, never test baskets; at most 500 are looked at, spread evenly
 */
export function validateRepeatWeight(parts: Omit<RankerParts, 'repeatWeight'>, baskets: readonly NextBasket[]): number {
  if (parts.repeats === undefined) return 0;
  const stride = Math.max(1, Math.ceil(baskets.length / MOST_BASKETS));
  const sample = baskets.filter((_, at) => at % stride === 0);
  let best = 0;
  let bestSeen = -Infinity;
  for (const repeatWeight of REPEAT_WEIGHTS) {
    const ranker = new Ranker({ ...parts, repeatWeight });
    const seen = sample.reduce((sum, basket) => sum + ndcgOf(ranker, basket), 0);
    if (seen <= bestSeen) continue;
    best = repeatWeight;
    bestSeen = seen;
  }
  return best;
}

function ndcgOf(ranker: Ranker, { items, times, now, target }: NextBasket): number {
  const wanted = new Set(target);
  const results = ranker.rank({ history: items, times, now, repeats: 'when-due', count: CUTOFF });
  return ndcgAt(
    results.map(({ item }) => (wanted.has(item) ? 1 : 0)),
    target.map(() => 1),
    CUTOFF,
  );
}
