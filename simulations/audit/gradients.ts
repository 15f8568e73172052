import { decodeModel, mechanismEvent, planJobs } from '../../federation/index.js';
import type { PlannedJob, RoundTerms } from '../../federation/index.js';
import { advantageAtMost, epsilonOf, gaussianLowerBound, mostConfident, recordOf } from '../../privacy/index.js';
import type { MechanismEvent } from '../../privacy/index.js';
import { loadEngine } from '../../recommender/index.js';
import { openMerchants, plainCatalogue, tossCoins } from './canaries.js';
import { CANARY_LIST_LENGTH, CanaryData, clippedGradients, randomLists, revealingModel } from './gradient-canaries.js';
import { likelihoods } from './likelihood.js';
import { SIGNIFICANCE } from './report.js';
import type { AuditOptions, AuditReport } from './report.js';
import { brokenTerms, DELTA, ROSTER, runRound, termsOf } from './round.js';

/** The attacker guesses on the surest tenth of the canaries: fixed here, before any run. */
const GUESSED_SHARE = 0.1;

/**
 * Audits the rounds that fine-tune the re-ranker: the attacker chooses the model that they start from, sees every noisy
 * sum and every model, and knows the canaries, but neither their coins nor who was sampled when.
 *
 * A canary is a shopper with a random list: its gradient is longer than the clip norm and points in a direction of its
 * own. Over the rounds the attacker adds up how much likelier the sum is with the canary than without it, as if sums were
 * Gaussian. The bound is that of whole privacy profiles.
 */
export async function auditGradients(options: AuditOptions): Promise<AuditReport> {
  const { canaries, noise, strategy, onProgress, key } = options;
  const lists = randomLists(canaries, key());
  const coins = tossCoins(options);
  const engine = await loadEngine();
  onProgress?.(`Planting ${canaries} canaries …`);
  const catalogue = plainCatalogue(CANARY_LIST_LENGTH);
  const merchants = openMerchants(engine, catalogue, coins, () => new Int32Array(0), options).map(
    ({ merchant, planted }) =>
      new CanaryData(
        merchant,
        planted.map((canary) => lists.slice(canary, canary + 1)),
      ),
  );

  const job = plan(options);
  const { steps } = job.template;
  let model = revealingModel(decodeModel(job.model), key());
  const scores = new Float64Array(canaries);
  for (let step = 1; step <= steps; step++) {
    onProgress?.(`Round ${step} of ${steps} …`);
    const terms = termsOf(job, step, strategy);
    const { clipNorm, samplingRate } = gaussianTerms(terms);
    const contributions = clippedGradients(engine, model, lists, clipNorm);
    const { sum, model: next } = await runRound(brokenTerms(terms, noise), model, merchants, options);
    const present = { sum, contributions, chance: samplingRate / 2 };
    likelihoods(engine, present).forEach((score, canary) => (scores[canary] = (scores[canary] ?? 0) + score));
    model = next;
  }

  const record = recordOf(mostConfident(scores, Math.floor(GUESSED_SHARE * canaries)), coins);
  onProgress?.('Bounding ε from below …');
  const terms = termsOf(job, 1, strategy);
  const event = scheduleOf(terms, steps);
  const { samplingRate } = gaussianTerms(terms);
  const upper = { epsilon: epsilonOf([event], DELTA), delta: DELTA, advantage: advantageAtMost([event]) };
  const { epsilon } = gaussianLowerBound(record, { samplingRate, steps }, { delta: DELTA, significance: SIGNIFICANCE });
  return {
    task: 'gradients',
    noise,
    strategy,
    ...record,
    upper,
    lower: { epsilon, confidence: 1 - SIGNIFICANCE },
    contradicted: epsilon > upper.epsilon,
  };
}

function plan({ epsilon, canaries }: AuditOptions): PlannedJob {
  const [job] = planJobs({
    jobs: ['mlp'],
    privacy: { epsilon, delta: DELTA },
    roster: ROSTER,
    expectedShoppers: canaries,
    catalogues: [],
  });
  if (job === undefined) throw new TypeError('the plan is empty');
  return job;
}

function gaussianTerms({ mechanism }: RoundTerms) {
  if (mechanism.kind !== 'gaussian') throw new TypeError('gradients have Gaussian noise');
  return mechanism;
}

/** All rounds as the ledger counts them. */
function scheduleOf(terms: RoundTerms, steps: number): MechanismEvent {
  const event = mechanismEvent(terms);
  if (event === undefined || event.kind === 'pure') throw new TypeError('gradients have Gaussian noise');
  return { ...event, steps };
}
