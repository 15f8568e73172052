import { decodeModel, mechanismEvent, planJobs } from '../../federation/index.js';
import type { PlannedJob, RoundTerms } from '../../federation/index.js';
import { advantageAtMost, epsilonOf, gaussianLowerBound, mostConfident, recordOf } from '../../privacy/index.js';
import type { DiscreteGaussianEvent } from '../../privacy/index.js';
import { loadEngine } from '../../recommender/index.js';
import { openMerchants, plainCatalogue, tossCoins } from './canaries.js';
import { CANARY_LIST_LENGTH, CanaryData, randomLists, revealingModel } from './gradient-canaries.js';
import { gradientRelease, noiseTerms } from './gradient-releases.js';
import type { GradientRelease } from './gradient-releases.js';
import { likelihoods, presenceIn } from './likelihood.js';
import { SIGNIFICANCE } from './report.js';
import type { AuditOptions, AuditReport, GradientTask } from './report.js';
import { brokenTerms, DELTA, ROSTER, runRound, termsOf } from './round.js';

/** The attacker guesses on the surest tenth of the canaries: fixed here, before any run. */
const GUESSED_SHARE = 0.1;

/**
 * Audits the rounds that fine-tune the re-ranker: the attacker chooses the model that each of them starts from, sees every
 * noisy sum, and knows the canaries, but neither their coins nor who was sampled when. Where noise is local it sees one
 * merchant's movement, as if all others told it theirs.
 *
 * A canary is a shopper with a random list: its gradient is longer than the clip norm and points in a direction of its
 * own. Over the rounds the attacker adds up how much likelier the sum is with the canary than without it, as if sums were
 * Gaussian. The bound is that of whole privacy profiles.
 */
export async function auditGradients(task: GradientTask, options: AuditOptions): Promise<AuditReport> {
  const { canaries, noise, onProgress, key } = options;
  const release = gradientRelease(task, options);
  const shared = release.strategy === 'local' ? 'worst-case' : release.strategy;
  const lists = randomLists(canaries, key());
  const coins = tossCoins(options);
  const engine = await loadEngine();
  onProgress?.(`Planting ${canaries} canaries …`);
  const catalogue = plainCatalogue(CANARY_LIST_LENGTH);
  const historyOf = () => new Int32Array(0);
  const { merchants } = release;
  const opened = openMerchants(engine, catalogue, { coins, merchants, historyOf, key }).map(
    ({ merchant, planted }) =>
      new CanaryData(
        merchant,
        planted.map((canary) => lists.slice(canary, canary + 1)),
      ),
  );

  const job = plan(options.epsilon, release);
  const { steps } = job.template;
  const rounds = steps * (release.plan.periods ?? 1);
  let released = decodeModel(job.model);
  const scores = new Float64Array(canaries);
  for (let round = 1; round <= rounds; round++) {
    onProgress?.(`Round ${round} of ${rounds} …`);
    const terms = termsOf(job, ((round - 1) % steps) + 1, shared);
    const { samplingRate, sums } = noiseTerms(terms);
    const model = revealingModel(released, key());
    const contributions = release.contributions({ engine, lists, terms, model });
    const result = await runRound(brokenTerms(terms, noise), model, opened, options);
    const sum = release.noisySums(result.sum, terms);
    const seen = likelihoods(engine, { sum, contributions, presence: presenceIn(sums, samplingRate) });
    seen.forEach((score, canary) => (scores[canary] = (scores[canary] ?? 0) + score));
    released = result.model;
  }

  const record = recordOf(mostConfident(scores, Math.floor(GUESSED_SHARE * canaries)), coins);
  onProgress?.('Bounding ε from below …');
  const event = scheduleOf(termsOf(job, 1, shared), rounds);
  const upper = { epsilon: epsilonOf([event], DELTA), delta: DELTA, advantage: advantageAtMost([event]) };
  const { epsilon } = gaussianLowerBound(record, event, { delta: DELTA, significance: SIGNIFICANCE });
  return {
    task,
    noise,
    strategy: release.strategy,
    ...record,
    upper,
    lower: { epsilon, confidence: 1 - SIGNIFICANCE },
    contradicted: epsilon > upper.epsilon,
  };
}

function plan(epsilon: number, { plan: own }: GradientRelease): PlannedJob {
  const [job] = planJobs({
    jobs: ['mlp'],
    privacy: { epsilon, delta: DELTA },
    roster: ROSTER,
    catalogues: [],
    ...own,
  });
  if (job === undefined) throw new TypeError('the plan is empty');
  return job;
}

/** All noisy sums of all rounds as the ledger counts them. */
function scheduleOf(terms: RoundTerms, rounds: number): DiscreteGaussianEvent {
  const event = mechanismEvent(terms);
  if (event?.kind !== 'discreteGaussian') throw new TypeError('gradients have discrete Gaussian noise');
  return { ...event, steps: rounds * event.steps };
}
