import { parseArgs } from 'node:util';
import { loadEngine } from '../recommender/engine/index.js';
import {
  contributedLists,
  evaluateMerchant,
  measuredLists,
  performanceOfMix,
  performanceOfReranker,
} from '../recommender/merchant/index.js';
import type { Merchant, Released } from '../recommender/merchant/index.js';
import type { Mix, SparseMatrix } from '../recommender/mix/index.js';
import type { Reranker } from '../recommender/reranker/index.js';
import { cutCatalogue } from './offline-data.js';
import { gainOverMerchants, mean, ownMix, printLine, testCases } from './offline-measures.js';
import { countsRelease, fineTune, newtonRelease, seededCoins } from './offline-training.js';

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

const epsilons = (list: string): number[] => list.split(',').filter(Boolean).map(Number);

/** Every merchant's own mix, with a federated statistic where one is given. */
type Mixes = ReadonlyMap<Merchant, Mix>;

/** NDCG@10 of every merchant by its mix. */
function ndcgOfMixes(mixes: Mixes): number[] {
  return Array.from(mixes, ([merchant, mix]) => performanceOfMix(mix, testCases(merchant)).ndcg10);
}

/** NDCG@10 of every merchant by each of some re-rankers of its mix, whatever the gate would say. */
function ndcgOfRerankers(mixes: Mixes, rerankers: readonly Reranker[]): number[][] {
  const byMerchant = Array.from(mixes, ([merchant, mix]) => {
    const measured = measuredLists(merchant, mix, testCases(merchant));
    return rerankers.map((reranker) => performanceOfReranker(merchant.engine, reranker, measured).ndcg10);
  });
  return rerankers.map((_, position) => byMerchant.map((ndcg) => ndcg[position] ?? 0));
}

const [folder = ''] = positionals;
const catalogues = new Map<string, Merchant[]>();
const cut = {
  folder,
  merchants: Number(values.merchants),
  shoppers: Number(values.shoppers),
  seed: values.seed,
  last: values.validation ? ('cut off' as const) : ('kept' as const),
};
for (const name of values.catalogue) catalogues.set(name, await cutCatalogue(name, cut));
const merchants = Array.from(catalogues.values()).flat();
const ownMixes: Mixes = new Map(merchants.map((merchant) => [merchant, ownMix(merchant)]));
const wanted = values.newton === '' ? [] : merchants;
const lessons = wanted.flatMap((merchant) => Array.from(contributedLists(merchant)));
const teaching = lessons.filter(({ length }) => length > 0).length;
const engine = await loadEngine();
const alone = ndcgOfMixes(ownMixes);
const contributors = merchants.reduce((sum, { split }) => sum + split.contributors.length, 0);
printLine({ result: 'alone', ndcg10: mean(alone), contributors, lists: lessons.flat().length, teaching });

function report(result: string, epsilon: object, ndcg: readonly number[]): void {
  printLine({ result, ...epsilon, ndcg10: mean(ndcg), ...gainOverMerchants(alone, ndcg) });
}

const random = seededCoins(`noise ${values.seed}`);

/** Releases of the re-ranker, each with the ε it was made at. */
function rerankers(): { readonly spent: object; readonly reranker: Reranker }[] {
  return epsilons(values.newton).flatMap((newton) => {
    const linear = newtonRelease(lessons, newton, random);
    const tuned = epsilons(values.rounds).map((rounds) => ({
      spent: { newton, rounds },
      reranker: fineTune(engine, lessons, linear, rounds, random),
    }));
    return [{ spent: { newton }, reranker: linear }, ...tuned];
  });
}

function reportGated(released: Released, merchant: Merchant): void {
  const { alone: before, tuned, together, gain, decisions } = evaluateMerchant(merchant, released, { random });
  const reasons = decisions.map(({ reason }) => reason);
  const figures = { alone: before.ndcg10, tuned: tuned.ndcg10, together: together.ndcg10 };
  printLine({ result: 'gated', ...figures, gain: gain.relative, reasons });
}

for (const counts of [undefined, ...epsilons(values.counts)]) {
  const estimates = new Map<Merchant, SparseMatrix>();
  if (counts !== undefined)
    for (const group of catalogues.values()) {
      const estimate = countsRelease(group, counts, random);
      for (const merchant of group) estimates.set(merchant, estimate);
    }
  const mixes: Mixes = new Map(
    Array.from(ownMixes, ([merchant, own]) => {
      const federated = estimates.get(merchant);
      return [merchant, federated === undefined ? own : own.with({ federated })];
    }),
  );
  if (counts !== undefined) report('counts', { counts }, ndcgOfMixes(mixes));
  const releases = rerankers();
  if (releases.length === 0) continue;
  const measured = ndcgOfRerankers(
    mixes,
    releases.map(({ reranker }) => reranker),
  );
  releases.forEach(({ spent, reranker }, position) => {
    report('re-ranker', { counts, ...spent }, measured[position] ?? []);
    if (!values.gated) return;
    for (const merchant of merchants) {
      const federated = estimates.get(merchant);
      reportGated(federated === undefined ? { reranker } : { counts: federated, reranker }, merchant);
    }
  });
}
