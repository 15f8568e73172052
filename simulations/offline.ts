import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadEngine } from '../recommender/engine/index.js';
import { readShop } from '../recommender/data/index.js';
import {
  contributedLists,
  evaluateMerchant,
  isEvaluated,
  openMerchant,
  performanceOfMix,
  performanceOfReranker,
  testCase,
} from '../recommender/merchant/index.js';
import type { Merchant } from '../recommender/merchant/index.js';
import { Mix } from '../recommender/mix/index.js';
import type { SparseMatrix } from '../recommender/mix/index.js';
import { shuffle } from '../recommender/random.js';
import type { Reranker } from '../recommender/reranker/index.js';
import { loadTextIndex } from '../recommender/text/index.js';
import type { Shopper } from '../recommender/types.js';
import { countsRelease, fineTune, newtonRelease, ROUNDS_DEFAULTS, seededCoins } from './offline-training.js';

/**
 * What federation would bring, without processes or cryptography: real catalogues cut into merchants by a seed, releases
 * under central noise, and every merchant's figures. One line of JSON a result.
 *
 *   npx tsx simulations/offline.ts DATA --catalogue beauty --merchants 5 --shoppers 1000 --counts 4,6 --newton 1 --rounds 2
 *
 * Values of ε may be lists, or `Infinity` for no noise. With --validation the test items are cut off first and the
 * validation items take their place, so that terms can be chosen without a look at test items.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    catalogue: { type: 'string', multiple: true, default: ['beauty', 'sports', 'toys', 'pantry'] },
    merchants: { type: 'string', default: '5' },
    shoppers: { type: 'string', default: '1000' },
    counts: { type: 'string', default: '' },
    newton: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '' },
    seed: { type: 'string', default: '7' },
    validation: { type: 'boolean', default: false },
    gated: { type: 'boolean', default: false },
  },
});

const FEWEST_EVENTS = 4;
const epsilons = (list: string): number[] => list.split(',').filter(Boolean).map(Number);
const print = (line: object): boolean => process.stdout.write(`${JSON.stringify(line)}\n`);
const mean = (numbers: readonly number[]): number => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;

/** One catalogue's merchants, disjoint by the seed. */
async function cutCatalogue(folder: string, name: string): Promise<Merchant[]> {
  const engine = await loadEngine();
  const source = (file: string) => ({ name: file, bytes: createReadStream(join(folder, name, file)) });
  const { shop } = await readShop({
    items: source('items.csv.gz'),
    events: source('events.csv.gz'),
    key: new Uint8Array(32),
  });
  const text = loadTextIndex(shop.catalogue, engine);
  const usable = shop.shoppers.filter(({ history }) => history.length >= FEWEST_EVENTS);
  const order = shuffle(Int32Array.from(usable.keys()), seededCoins(`merchants ${values.seed} ${name}`));
  const shoppers: Shopper[] = Array.from(
    order,
    (position) => usable[position] ?? { key: '', history: new Int32Array() },
  );
  const size = Number(values.shoppers);
  return Array.from({ length: Number(values.merchants) }, (_, index) => {
    const own = shoppers.slice(index * size, (index + 1) * size);
    const cut = values.validation ? own.map(({ key, history }) => ({ key, history: history.slice(0, -1) })) : own;
    const gateSecret = seededCoins(`gate ${values.seed} ${name} ${index}`).bytes(32);
    return openMerchant({ engine, shop: { catalogue: shop.catalogue, shoppers: cut }, text, gateSecret });
  });
}

/** NDCG@10 of every merchant with given components, whatever the gate would say. */
function ndcgOf(
  mixes: ReadonlyMap<Merchant, Mix>,
  federated: ReadonlyMap<Merchant, SparseMatrix>,
  reranker?: Reranker,
): number[] {
  return Array.from(mixes, ([merchant, own]) => {
    const counts = federated.get(merchant);
    const mix = counts === undefined ? own : own.with({ federated: counts });
    const cases = merchant.shop.shoppers.filter(isEvaluated).map(testCase);
    const measured =
      reranker === undefined ? performanceOfMix(mix, cases) : performanceOfReranker(merchant, mix, reranker, cases);
    return measured.ndcg10;
  });
}

const [folder = ''] = positionals;
const catalogues = new Map<string, Merchant[]>();
for (const name of values.catalogue) catalogues.set(name, await cutCatalogue(folder, name));
const merchants = Array.from(catalogues.values()).flat();
const mixes = new Map(
  merchants.map((merchant) => {
    const histories = merchant.shop.shoppers.map(({ history }) =>
      history.length < FEWEST_EVENTS ? history : history.slice(0, -1),
    );
    return [merchant, Mix.build({ engine: merchant.engine, text: merchant.text, histories })];
  }),
);
const lists = merchants.flatMap((merchant) => Array.from(contributedLists(merchant)));
const engine = await loadEngine();
const none = new Map<Merchant, SparseMatrix>();
const alone = ndcgOf(mixes, none);
print({
  result: 'alone',
  ndcg10: mean(alone),
  lists: lists.length,
  withTarget: lists.filter(({ target }) => target >= 0).length,
});

function report(result: string, epsilon: object, ndcg: readonly number[]): void {
  const gains = ndcg.map((value, index) => value - (alone[index] ?? 0));
  print({
    result,
    ...epsilon,
    ndcg10: mean(ndcg),
    gainPercent: (100 * mean(gains)) / mean(alone),
    better: gains.filter((gain) => gain > 0).length,
    of: gains.length,
  });
}

const random = seededCoins(`noise ${values.seed}`);
for (const counts of [undefined, ...epsilons(values.counts)]) {
  const federated = new Map(none);
  if (counts !== undefined) {
    for (const group of catalogues.values()) {
      const estimate = countsRelease(group, counts, random);
      for (const merchant of group) federated.set(merchant, estimate);
    }
    report('counts', { counts }, ndcgOf(mixes, federated));
  }
  for (const newton of epsilons(values.newton)) {
    const linear = newtonRelease(lists, newton, random);
    report('newton', { counts, newton }, ndcgOf(mixes, federated, linear));
    for (const rounds of epsilons(values.rounds)) {
      const reranker = fineTune(engine, lists, linear, { epsilon: rounds, ...ROUNDS_DEFAULTS }, random);
      report('rounds', { counts, newton, rounds }, ndcgOf(mixes, federated, reranker));
      if (!values.gated) continue;
      for (const merchant of merchants) {
        const estimate = federated.get(merchant);
        const released = estimate === undefined ? { reranker } : { counts: estimate, reranker };
        const { alone: before, together, gain, decisions } = evaluateMerchant(merchant, released, { random });
        print({
          gated: together.ndcg10,
          alone: before.ndcg10,
          gain: gain.relative,
          decisions: decisions.map(({ reason }) => reason),
        });
      }
    }
  }
}
