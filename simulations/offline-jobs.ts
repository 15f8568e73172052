import { parseArgs } from 'node:util';
import { osRandom, streamRandom } from '../crypto/index.js';
import {
  applySum,
  compileTerms,
  decodeModel,
  encodeModel,
  planJobs,
  prepareInput,
  rerankerOf,
  TrainingData,
  warmStart,
  rosterFor,
} from '../federation/index.js';
import type { JobKind, ModelKind, PlannedJob } from '../federation/index.js';
import { measuredLists, performanceOfMix, performanceOfReranker } from '../recommender/merchant/index.js';
import type { Merchant } from '../recommender/merchant/index.js';
import { cutCatalogue } from './offline-data.js';
import { gainOverMerchants, ownMix, printLine, testCases } from './offline-measures.js';

/**
 * Planned jobs of re-rankers over real catalogues cut into merchants, round by round as they run in production, their exact
 * noise included; processes and masks are left out, which change no sum. One line of JSON a job.
 *
 *   npx tsx simulations/offline-jobs.ts DATA --jobs mlp --epsilon 1,4 --noise-strategy worst-case,local
 *
 * `--jobs` may be repeated: each is a plan of its own, of jobs that share one ε. Gains are those of the re-ranker over every
 * merchant's own mix under default weights, without the gate, on test items, or with --validation on validation items.
 * Noise has fresh coins of the operating system in every run.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    catalogue: { type: 'string', multiple: true, default: ['beauty', 'sports', 'toys', 'pantry'] },
    merchants: { type: 'string', default: '5' },
    shoppers: { type: 'string', default: '1000' },
    jobs: { type: 'string', multiple: true, default: ['reranker'] },
    epsilon: { type: 'string', default: '1' },
    'noise-strategy': { type: 'string', default: 'worst-case' },
    'newton-rounds': { type: 'string', default: '2' },
    repeat: { type: 'string', default: '1' },
    seed: { type: 'string', default: '7' },
    validation: { type: 'boolean', default: false },
  },
});

const KINDS: readonly JobKind[] = ['reranker', 'mlp'];
const STRATEGIES = ['worst-case', 'local'] as const;

const [folder = ''] = positionals;
const cut = {
  folder,
  merchants: Number(values.merchants),
  shoppers: Number(values.shoppers),
  seed: values.seed,
  last: values.validation ? ('cut off' as const) : ('kept' as const),
};
const merchants: Merchant[] = [];
for (const name of values.catalogue) merchants.push(...(await cutCatalogue(name, cut)));
const measured = merchants.map((merchant) => {
  const mix = ownMix(merchant);
  const cases = testCases(merchant);
  return { merchant, alone: performanceOfMix(mix, cases).ndcg10, lists: measuredLists(merchant, mix, cases) };
});
const data = merchants.map((merchant) => new TrainingData(merchant));

/** The model that all rounds of a job leave. */
async function carriedThrough({ template, model: first }: PlannedJob, start: ModelKind | undefined) {
  let model = decodeModel(first);
  if (start !== undefined) model = warmStart(model, start);
  for (let step = 1; step <= template.steps; step++) {
    const terms = compileTerms({ ...template, federation: 'f', round: step, step, modelSha256: Buffer.alloc(32) });
    const mask = terms.ringBits === 32 ? 0xffffffff : 2 ** terms.ringBits - 1;
    const sum = new Uint32Array(terms.dimension);
    for (const merchant of data) {
      const random = streamRandom(osRandom.bytes(32));
      const { vector } = await prepareInput({ terms, model, data: merchant, random, rosterSize: data.length });
      vector.forEach((word, i) => (sum[i] = ((sum[i] ?? 0) + word) & mask));
    }
    model = decodeModel(encodeModel(applySum({ terms, model, sum, survivors: data.length })));
  }
  return model;
}

interface Plan {
  readonly jobs: readonly JobKind[];
  /** Infinity: no noise. */
  readonly epsilon: number;
  readonly noiseStrategy: (typeof STRATEGIES)[number];
}

function* plans(): Generator<Plan> {
  for (const list of values.jobs)
    for (const epsilon of values.epsilon.split(',').map(Number))
      for (const noiseStrategy of STRATEGIES.filter((known) => values['noise-strategy'].split(',').includes(known)))
        for (let repetition = 0; repetition < Number(values.repeat); repetition++)
          yield { jobs: KINDS.filter((kind) => list.split(',').includes(kind)), epsilon, noiseStrategy };
}

for (const { jobs, epsilon, noiseStrategy } of plans()) {
  const released = new Map<string, ModelKind>();
  const planned = planJobs({
    jobs,
    privacy: epsilon === Infinity ? 'none' : { epsilon, delta: 1e-6 },
    roster: rosterFor(merchants.length),
    expectedShoppers: cut.shoppers * merchants.length,
    catalogues: [],
    newtonRounds: Number(values['newton-rounds']),
    noiseStrategy,
  });
  for (const job of planned) {
    const model = await carriedThrough(job, released.get(job.startsFrom ?? ''));
    released.set(job.job, model);
    const reranker = rerankerOf(model);
    if (reranker === undefined) throw new TypeError(`${job.job} releases no re-ranker`);
    const together = measured.map(
      ({ merchant, lists }) => performanceOfReranker(merchant.engine, reranker, lists).ndcg10,
    );
    const alone = measured.map((merchant) => merchant.alone);
    printLine({ task: job.template.task?.task?.$case, epsilon, ...gainOverMerchants(alone, together) });
  }
}
