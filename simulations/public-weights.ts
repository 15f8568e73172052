import { parseArgs } from 'node:util';
import {
  contributedLists,
  measuredLists,
  performanceOfMix,
  performanceOfReranker,
} from '../recommender/merchant/index.js';
import type { Merchant } from '../recommender/merchant/index.js';
import { PUBLIC_RERANKER } from '../recommender/reranker/index.js';
import type { LinearReranker } from '../recommender/reranker/index.js';
import { cutCatalogue } from './offline-data.js';
import type { Cut } from './offline-data.js';
import { gainOverMerchants, mean, ownMix, printLine, testCases } from './offline-measures.js';
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
    const mix = ownMix(merchant);
    const cases = testCases(merchant);
    const after = performanceOfReranker(merchant.engine, reranker, measuredLists(merchant, mix, cases));
    return { before: performanceOfMix(mix, cases).ndcg10, after: after.ndcg10 };
  });
}

const reranker = values.shipped ? PUBLIC_RERANKER : await fitted(values.fit.split(','));
const merchants = await judged(values.held, reranker);
const before = merchants.map((merchant) => merchant.before);
const after = merchants.map((merchant) => merchant.after);
printLine({
  weights: Array.from(reranker.weights, (weight) => Number(weight.toFixed(2))),
  held: values.held,
  alone: mean(before),
  together: mean(after),
  ...gainOverMerchants(before, after),
});
