import { parseArgs } from 'node:util';
import {
  contributedLists,
  eventsBeforeTest,
  isEvaluated,
  measuredLists,
  performanceOfMix,
  performanceOfReranker,
  testCase,
} from '../recommender/merchant/index.js';
import type { Merchant } from '../recommender/merchant/index.js';
import { Mix } from '../recommender/mix/index.js';
import { PUBLIC_RERANKER } from '../recommender/reranker/index.js';
import type { LinearReranker } from '../recommender/reranker/index.js';
import { cutCatalogue } from './offline-data.js';
import type { Cut } from './offline-data.js';
import { newtonRelease, seededCoins } from './offline-training.js';

/**
 * Where the weights of recommender/reranker/public-weights come from: Newton steps without noise over the validation
 * items of the contributors among 5,000 shoppers of each catalogue, and what they bring five merchants of 1,000 shoppers
 * in a catalogue that did not fit them. One line of JSON; `--shipped` judges the weights of the repository and fits nothing.
 *
 *   npx tsx simulations/public-weights.ts DATA --fit beauty,sports,toys --held pantry
 *
 * The held-out catalogue is judged on validation items, unless --test.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    fit: { type: 'string', default: 'beauty,sports,toys' },
    held: { type: 'string', default: 'pantry' },
    shipped: { type: 'boolean', default: false },
    test: { type: 'boolean', default: false },
  },
});

const [folder = ''] = positionals;
const cut = (part: Pick<Cut, 'merchants' | 'shoppers' | 'last'>): Cut => ({ folder, seed: '7', ...part });

async function fitted(names: readonly string[]): Promise<LinearReranker> {
  const merchants: Merchant[] = [];
  for (const name of names)
    merchants.push(...(await cutCatalogue(name, cut({ merchants: 5, shoppers: 1000, last: 'kept' }))));
  const lessons = merchants.flatMap((merchant) => Array.from(contributedLists(merchant)));
  const release = newtonRelease(lessons, Infinity, seededCoins('public weights'));
  return { ...release, servingWeight: PUBLIC_RERANKER.servingWeight };
}

/** NDCG@10 of every merchant of a catalogue without and with the re-ranker. */
async function judged(name: string, reranker: LinearReranker): Promise<{ before: number; after: number }[]> {
  const last = values.test ? 'kept' : 'cut off';
  return (await cutCatalogue(name, cut({ merchants: 5, shoppers: 1000, last }))).map((merchant) => {
    const { engine, text, shop } = merchant;
    const mix = Mix.build({ engine, text, histories: shop.shoppers.map(eventsBeforeTest) });
    const cases = shop.shoppers.filter(isEvaluated).map(testCase);
    const before = performanceOfMix(mix, cases).ndcg10;
    return { before, after: performanceOfReranker(engine, reranker, measuredLists(merchant, mix, cases)).ndcg10 };
  });
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
const reranker = values.shipped ? PUBLIC_RERANKER : await fitted(values.fit.split(','));
const merchants = await judged(values.held, reranker);
const alone = mean(merchants.map(({ before }) => before));
const together = mean(merchants.map(({ after }) => after));
const line = {
  weights: Array.from(reranker.weights, (weight) => Number(weight.toFixed(2))),
  held: values.held,
  alone,
  together,
  gainPercent: (100 * (together - alone)) / alone,
  better: merchants.filter(({ before, after }) => after > before).length,
  of: merchants.length,
};
process.stdout.write(`${JSON.stringify(line)}\n`);
