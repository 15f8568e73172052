import { TrainingData } from '../../federation/index.js';
import type { JobPlanOptions } from '../../federation/index.js';
import { loadEngine, loadTextIndex, openMerchant, textNeighbourPairs } from '../../recommender/index.js';
import type { Catalogue, Merchant, Shopper } from '../../recommender/index.js';

const NOUNS = ['paint', 'brush', 'canvas', 'easel', 'paper', 'clay', 'pencil', 'ink'];
const COLOURS = ['red', 'blue', 'green', 'white', 'black'];
const items = NOUNS.flatMap((noun, n) =>
  COLOURS.map((colour, c) => ({ id: `item-${n}-${c}`, title: `${colour} ${noun}`, brand: 'Oak', category: noun })),
);
const catalogue: Catalogue = { items, indexOf: new Map(items.map(({ id }, index) => [id, index])) };

/** A small market with real text and real contributions. */
export interface Market {
  readonly merchants: readonly TrainingData[];
  /** The first merchant with other contributors than its own. */
  readonly withContributors: (choose: (all: readonly Shopper[]) => readonly Shopper[]) => TrainingData;
  /** Options of a plan over this market. */
  readonly plan: (change: Pick<JobPlanOptions, 'jobs' | 'privacy'> & Partial<JobPlanOptions>) => JobPlanOptions;
}

/** Eight merchants of a dozen shoppers each, who walk along neighbouring items. */
export async function openMarket(): Promise<Market> {
  const engine = await loadEngine();
  const text = loadTextIndex(catalogue, engine);
  const shoppersOf = (merchant: number): Shopper[] =>
    Array.from({ length: 12 }, (_, s) => ({
      key: `${merchant}-${s}`,
      history: Int32Array.from({ length: 6 }, (_, e) => (merchant + 3 * s + e) % items.length),
    }));
  const opened = (merchant: number): Merchant => {
    const shop = { catalogue, shoppers: shoppersOf(merchant) };
    return openMerchant({ engine, text, shop, gateSecret: Buffer.alloc(16, 5) });
  };
  return {
    merchants: Array.from({ length: 8 }, (_, m) => new TrainingData(opened(m))),
    withContributors: (choose) => {
      const merchant = opened(0);
      const { split } = merchant;
      return new TrainingData({ ...merchant, split: { ...split, contributors: choose(split.contributors) } });
    },
    plan: (change) => ({
      roster: { minimumMerchants: 8, colluders: 2, minimumSurvivors: 6, maximumMerchants: 8 },
      expectedShoppers: 96,
      catalogues: [{ name: 'art', itemIds: items.map(({ id }) => id), support: textNeighbourPairs(text, 5) }],
      ...change,
    }),
  };
}
