import { decodeModel, mechanismEvent, planJobs, TrainingData } from '../../federation/index.js';
import type { PlannedJob, RoundTerms } from '../../federation/index.js';
import { advantageAtMost, epsilonLowerBound, recordOf } from '../../privacy/index.js';
import { loadEngine, supportFromPairs } from '../../recommender/index.js';
import type { PairSupport } from '../../recommender/index.js';
import { openMerchants, plainCatalogue, tossCoins } from './canaries.js';
import { SIGNIFICANCE } from './report.js';
import type { AuditOptions, AuditReport } from './report.js';
import { brokenTerms, DELTA, honestMerchants, ROSTER, runRound, termsOf } from './round.js';

/**
 * Audits one counts release: every canary has a cell of its own, empty otherwise, and puts all its units there.
 *
 * The attacker reads each cell. At K or more the canary was there, at 0 or less it was not, each with the largest
 * likelihood ratio that discrete Laplace noise allows; between them it abstains. The bound is the binomial one at δ = 0,
 * which leaves the attacker free to choose by what it sees.
 */
export async function auditStatistics(options: AuditOptions): Promise<AuditReport> {
  const { canaries, noise, strategy, onProgress } = options;
  const { itemCount, lower, support } = cellPairs(canaries);
  const catalogue = plainCatalogue(itemCount);
  const coins = tossCoins(options);
  const engine = await loadEngine();
  onProgress?.(`Planting ${canaries} canaries …`);
  const historyOf = (canary: number) => Int32Array.of(lower[canary] ?? 0, support.higher[canary] ?? 0);
  const merchants = openMerchants(engine, catalogue, {
    coins,
    merchants: honestMerchants(strategy),
    historyOf,
    key: options.key,
  });

  const job = plan(options, { name: 'audit', itemIds: catalogue.items.map(({ id }) => id), support });
  const terms = termsOf(job, 1, strategy);
  onProgress?.('Releasing the counts …');
  const { sum } = await runRound(
    brokenTerms(terms, noise),
    decodeModel(job.model),
    merchants.map(({ merchant }) => new TrainingData(merchant)),
    options,
  );

  const record = recordOf(guess(sum, unitsAShopper(terms)), coins);
  const event = mechanismEvent(terms);
  if (event?.kind !== 'pure') throw new TypeError('a counts release is a pure mechanism');
  const lowerBound = epsilonLowerBound(record, 0, SIGNIFICANCE);
  return {
    task: 'statistics',
    noise,
    strategy,
    ...record,
    upper: { epsilon: event.epsilon, delta: 0, advantage: advantageAtMost([event]) },
    lower: { epsilon: lowerBound, confidence: 1 - SIGNIFICANCE },
    contradicted: lowerBound > event.epsilon,
  };
}

function plan(
  { epsilon, canaries }: AuditOptions,
  catalogue: { name: string; itemIds: string[]; support: PairSupport },
) {
  const [job] = planJobs({
    jobs: ['counts'],
    privacy: { epsilon, delta: DELTA },
    roster: ROSTER,
    expectedShoppers: canaries,
    catalogues: [catalogue],
  });
  if (job === undefined) throw new TypeError('the plan is empty');
  return job satisfies PlannedJob;
}

/** As many pairs of items as there are canaries, of the smallest catalogue that has so many. */
function cellPairs(cells: number): { itemCount: number; lower: Int32Array; support: PairSupport } {
  const itemCount = Math.ceil((1 + Math.sqrt(1 + 8 * cells)) / 2);
  const lower = new Int32Array(cells);
  const higher = new Int32Array(cells);
  for (let cell = 0, a = 0, b = 1; cell < cells; cell++) {
    lower[cell] = a;
    higher[cell] = b;
    b += 1;
    if (b === itemCount) {
      a += 1;
      b = a + 1;
    }
  }
  return { itemCount, lower, support: supportFromPairs(itemCount, lower, higher) };
}

function unitsAShopper({ mechanism }: RoundTerms): number {
  if (mechanism.kind !== 'laplace') throw new TypeError('a counts release has Laplace noise');
  return mechanism.l1Bound;
}

function guess(sum: Float64Array, units: number): Int8Array {
  return Int8Array.from(sum, (count) => (count >= units ? 1 : count <= 0 ? -1 : 0));
}
