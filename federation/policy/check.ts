import { GuildhallError } from '../../errors/index.js';
import { spendingOf } from '../../privacy/index.js';
import type { MechanismEvent, Spending } from '../../privacy/index.js';
import { mechanismEvent } from '../accounting.js';
import { uploadBytes } from '../codec/codec.js';
import type { RoundTerms } from '../contract/terms.js';
import { taskName } from '../tasks/names.js';
import type { Policy } from './policy.js';
import { ceiling, floor, judge } from './verdict.js';
import type { RuleVerdict } from './verdict.js';

/** The judgement of a contract, rule by rule. */
export interface PolicyVerdict {
  readonly accepted: boolean;
  readonly rules: readonly RuleVerdict[];
}

/** What the policy's judgement needs to know beside the contract. */
export interface PolicyContext {
  /** The federation that this client joined. */
  readonly federation: string;
  /** Rounds that this client took part in during the last 24 hours. */
  readonly roundsToday: number;
}

/**
 * Judges a contract by the merchant's policy, before any data is touched. The budgets over periods and in total are
 * the ledger's to judge (privacy/ledger); here stands what one contract shows by itself.
 */
export function checkPolicy(policy: Policy, terms: RoundTerms, context: PolicyContext): PolicyVerdict {
  const rules = [
    ...rosterRules(policy, terms),
    ...privacyRules(policy, terms),
    ...operationalRules(policy, terms, context),
  ];
  return { accepted: rules.every((rule) => rule.accepted), rules };
}

/**
 * The first refusal of a verdict as an error, for a client that must decline.
 * @throws GuildhallError with the rule's code, when the verdict is not an acceptance
 */
export function enforcePolicy(verdict: PolicyVerdict): void {
  for (const { code, sentence, rule } of verdict.rules) {
    if (code !== undefined) throw new GuildhallError(code, sentence, { details: { rule } });
  }
}

function rosterRules(policy: Policy, { roster }: RoundTerms): RuleVerdict[] {
  return [
    floor('minimum_merchants', 'POLICY_MINIMUM_MERCHANTS', policy.minimum_merchants, roster.minimumMerchants),
    ceiling('maximum_merchants', 'POLICY_MAXIMUM_MERCHANTS', policy.maximum_merchants, roster.maximumMerchants),
    floor('minimum_colluders', 'POLICY_COLLUDERS', policy.minimum_colluders, roster.colluders),
    floor('minimum_survivors', 'POLICY_MINIMUM_SURVIVORS', policy.minimum_survivors, roster.minimumSurvivors),
  ];
}

function privacyRules(policy: Policy, terms: RoundTerms): RuleVerdict[] {
  const { mechanism, shopperMultiplicity } = terms;
  const event = mechanismEvent(terms);
  const rules = event === undefined ? [noNoise(policy)] : noiseRules(policy, terms, event);
  if (mechanism.kind !== 'laplace') {
    const { samplingRate } = mechanism;
    rules.push(ceiling('maximum_sampling_rate', 'POLICY_SAMPLING_RATE', policy.maximum_sampling_rate, samplingRate));
  }
  const multiplicity = policy.minimum_shopper_multiplicity;
  rules.push(floor('minimum_shopper_multiplicity', 'POLICY_SHOPPER_MULTIPLICITY', multiplicity, shopperMultiplicity));
  return rules;
}

function noNoise({ allow_without_noise: allowed }: Policy): RuleVerdict {
  return judge({
    rule: 'allow_without_noise',
    code: 'POLICY_NO_NOISE',
    accepted: allowed,
    contract: 'no noise',
    policy: String(allowed),
    sentence: allowed ? 'the contract adds no noise, and the policy consents' : 'the contract adds no noise',
  });
}

function noiseRules(policy: Policy, terms: RoundTerms, event: MechanismEvent): RuleVerdict[] {
  const { mechanism, steps } = terms;
  const rules = [ceiling('maximum_delta', 'POLICY_DELTA', policy.maximum_delta, terms.delta)];
  if (mechanism.kind !== 'laplace' && mechanism.kind !== 'none') {
    rules.push(
      floor('minimum_noise_multiplier', 'POLICY_NOISE', policy.minimum_noise_multiplier, mechanism.noiseMultiplier),
    );
  }
  const round = remembered(event, 1, policy.maximum_delta);
  const job = remembered(event, steps, policy.maximum_delta);
  rules.push(
    ceiling('epsilon_per_round', 'POLICY_ROUND_EPSILON', policy.epsilon_per_round, round.epsilon, round.advantage),
    ceiling('maximum_advantage', 'POLICY_ADVANTAGE', policy.maximum_advantage, round.advantage),
    ceiling('epsilon_per_job', 'POLICY_JOB_EPSILON', policy.epsilon_per_job, job.epsilon, job.advantage),
  );
  return rules;
}

/** Answers of {@link remembered}: all rounds of a job ask the same, and an answer can take a tenth of a second. */
const ANSWERS = new Map<string, Spending>();
const MOST_ANSWERS = 64;

/** What `steps` such releases spend. */
function remembered(event: MechanismEvent, steps: number, delta: number): Spending {
  const key = JSON.stringify([event, steps, delta]);
  const known = ANSWERS.get(key);
  if (known !== undefined) return known;
  // Pure mechanisms by basic composition: a bound that costs nothing, however many steps a contract claims.
  const all =
    event.kind === 'pure' ? { ...event, epsilon: steps * event.epsilon } : { ...event, steps: steps * event.steps };
  const spending = spendingOf([all], delta);
  if (ANSWERS.size >= MOST_ANSWERS) ANSWERS.clear();
  ANSWERS.set(key, spending);
  return spending;
}

function operationalRules(policy: Policy, terms: RoundTerms, context: PolicyContext): RuleVerdict[] {
  const task = taskName(terms.task);
  const mib = uploadBytes(terms) / 2 ** 20;
  const minutes = Math.max(...Object.values(terms.deadlines).map(Number)) / 60_000;
  const approved = policy.auto_approve || policy.approved_jobs.includes(terms.job);
  return [
    judge({
      rule: 'federation',
      code: 'POLICY_FEDERATION',
      accepted: terms.federation === context.federation,
      contract: terms.federation,
      policy: context.federation,
      sentence: `joined ${context.federation}, the contract is of ${terms.federation}`,
    }),
    judge({
      rule: 'allowed_tasks',
      code: 'POLICY_TASK',
      accepted: policy.allowed_tasks.includes(task),
      contract: task,
      policy: policy.allowed_tasks.join(', '),
      sentence: `the task is ${task}`,
    }),
    ...catalogueRules(policy, terms),
    ...strategyRules(policy, terms),
    ceiling('maximum_rounds_per_job', 'POLICY_JOB_ROUNDS', policy.maximum_rounds_per_job, terms.steps),
    ceiling('maximum_phase_minutes', 'POLICY_PHASE_LENGTH', policy.maximum_phase_minutes, minutes),
    ceiling('maximum_upload_mib', 'POLICY_MESSAGE_SIZE', policy.maximum_upload_mib, mib),
    ceiling('rounds_per_day', 'POLICY_ROUNDS', policy.rounds_per_day, context.roundsToday + 1),
    judge({
      rule: 'auto_approve',
      code: 'POLICY_APPROVAL',
      accepted: approved,
      contract: terms.job,
      policy: policy.auto_approve ? 'any job' : policy.approved_jobs.join(', ') || 'no job yet',
      sentence: policy.auto_approve ? 'approved automatically' : `job ${terms.job} needs a person's approval`,
    }),
  ];
}

function strategyRules({ noise_strategies: allowed }: Policy, terms: RoundTerms): RuleVerdict[] {
  if (allowed === undefined) return [];
  const strategy = terms.mechanism.kind === 'local' ? 'local' : terms.noiseStrategy;
  return [
    judge({
      rule: 'noise_strategies',
      code: 'POLICY_NOISE_STRATEGY',
      accepted: allowed.includes(strategy),
      contract: strategy,
      policy: allowed.join(', ') || 'none',
      sentence: `the noise strategy is ${strategy}`,
    }),
  ];
}

function catalogueRules({ allowed_catalogues: allowed }: Policy, { task }: RoundTerms): RuleVerdict[] {
  if ((task.$case !== 'neighbourCounts' && task.$case !== 'itemCounts') || allowed === undefined) return [];
  const { catalogue } = task.value;
  return [
    judge({
      rule: 'allowed_catalogues',
      code: 'POLICY_CATALOGUE',
      accepted: allowed.includes(catalogue),
      contract: catalogue,
      policy: allowed.join(', '),
      sentence: `what is counted is of the catalogue ${catalogue}`,
    }),
  ];
}
