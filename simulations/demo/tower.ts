import { z } from 'zod';
import { streamRandom } from '../../crypto/index.js';
import { bootstrapMean } from '../../recommender/index.js';
import type { DemoReport, MerchantReport, RankingFigures, RelativeGain, TowerReport } from './report.js';

const figures = z.object({ hr10: z.number(), ndcg10: z.number() });
const gain = z.object({
  relative: z.object({ mean: z.number(), low: z.number(), high: z.number() }),
});

/** What a demo reads of the tower in `guildhall client evaluate --json`. */
export const towerEvaluation = z.object({
  untrained: figures,
  trained: figures,
  gain,
  gainInMix: gain,
});

/** A merchant's figures of the tower. @param used whether its gate lets the tower in */
export function towerLine(printed: z.output<typeof towerEvaluation>, used: boolean): TowerReport {
  const { untrained, trained } = printed;
  return { untrained, trained, gain: shareOf(printed.gain), gainInMix: shareOf(printed.gainInMix), used };
}

const shareOf = ({ relative: { mean, low, high } }: z.output<typeof gain>): RelativeGain => ({
  ndcg10: mean,
  low,
  high,
});

/**
 * Means over the merchants that have a tower: gains are the means of the merchants' relative gains, each counting the
 * same, with a 95 % percentile bootstrap interval over merchants. Nothing where no tower was released.
 */
export function meanTower(merchants: readonly MerchantReport[]): DemoReport['tower'] {
  const towers = merchants.flatMap(({ tower }) => tower ?? []);
  if (towers.length === 0) return undefined;
  const mean = (value: (tower: TowerReport) => number): number =>
    towers.reduce((sum, tower) => sum + value(tower), 0) / towers.length;
  const figuresOf = (side: 'untrained' | 'trained'): RankingFigures => ({
    hr10: mean((tower) => tower[side].hr10),
    ndcg10: mean((tower) => tower[side].ndcg10),
  });
  const gainOf = (side: 'gain' | 'gainInMix'): RelativeGain => {
    const gains = towers.map((tower) => tower[side].ndcg10);
    // Bootstrap coins protect nobody; fixed ones make the table repeatable.
    const spread = bootstrapMean(gains, { random: streamRandom(Buffer.alloc(32)) });
    return { ndcg10: spread.mean, low: spread.low, high: spread.high };
  };
  return {
    untrained: figuresOf('untrained'),
    trained: figuresOf('trained'),
    gain: gainOf('gain'),
    gainInMix: gainOf('gainInMix'),
    used: towers.filter(({ used }) => used).length,
  };
}
