import type { ErrorCode } from '../../errors/index.js';
import { GuildhallError } from '../../errors/index.js';
import { epsilonOf } from '../../privacy/index.js';
import { mechanismEvent } from '../accounting.js';
import { uploadBytes } from '../codec/codec.js';
import type { RoundTerms } from '../contract/terms.js';
import { taskName } from '../tasks/names.js';
import type { Policy } from './policy.js';

/** One rule's judgement of a contract. */
export interface RuleVerdict {
  /** The policy's field, or `federation`. */
  readonly rule: string;
  readonly accepted: boolean;
  /** The refusal code; set exactly when not accepted. */
  readonly code?: ErrorCode;
  /** What was asked, what is offered. */
  readonly sentence: string;
}

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
    floor('minimum_colluders', 'POLICY_COLLUDERS', policy.minimum_colluders, roster.colluders),
    floor('minimum_survivors', 'POLICY_MINIMUM_SURVIVORS', policy.minimum_survivors, roster.minimumSurvivors),
  ];
}

function privacyRules(policy: Policy, terms: RoundTerms): RuleVerdict[] {
  const { mechanism } = terms;
  const event = mechanismEvent(terms);
  if (event === undefined) {
    const sentence = policy.allow_without_noise
      ? 'the contract adds no noise, and the policy consents'
      : 'the contract adds no noise';
    return [judge('allow_without_noise', policy.allow_without_noise, 'POLICY_NO_NOISE', sentence)];
  }
  const rules = [ceiling('maximum_delta', 'POLICY_DELTA', policy.maximum_delta, terms.delta)];
  if (mechanism.kind === 'gaussian') {
    rules.push(
      floor('minimum_noise_multiplier', 'POLICY_NOISE', policy.minimum_noise_multiplier, mechanism.noiseMultiplier),
    );
  }
  const epsilon = epsilonOf([event], policy.maximum_delta);
  rules.push(ceiling('epsilon_per_round', 'POLICY_ROUND_EPSILON', policy.epsilon_per_round, epsilon));
  return rules;
}

function operationalRules(policy: Policy, terms: RoundTerms, context: PolicyContext): RuleVerdict[] {
  const task = taskName(terms.task);
  const mib = uploadBytes(terms) / 2 ** 20;
  return [
    judge(
      'federation',
      terms.federation === context.federation,
      'POLICY_FEDERATION',
      `joined ${context.federation}, the contract is of ${terms.federation}`,
    ),
    judge('allowed_tasks', policy.allowed_tasks.includes(task), 'POLICY_TASK', `the task is ${task}`),
    ...catalogueRules(policy, terms),
    ceiling('maximum_upload_mib', 'POLICY_MESSAGE_SIZE', policy.maximum_upload_mib, mib),
    ceiling('rounds_per_day', 'POLICY_ROUNDS', policy.rounds_per_day, context.roundsToday + 1),
    judge(
      'auto_approve',
      policy.auto_approve || policy.approved_jobs.includes(terms.job),
      'POLICY_APPROVAL',
      policy.auto_approve ? 'approved automatically' : `job ${terms.job} needs a person's approval`,
    ),
  ];
}

function catalogueRules({ allowed_catalogues: allowed }: Policy, { task }: RoundTerms): RuleVerdict[] {
  if (task.$case !== 'neighbourCounts' || allowed === undefined) return [];
  const { catalogue } = task.value;
  const sentence = `the pairs counted are of the catalogue ${catalogue}`;
  return [judge('allowed_catalogues', allowed.includes(catalogue), 'POLICY_CATALOGUE', sentence)];
}

const floor = (rule: string, code: ErrorCode, asked: number, offered: number): RuleVerdict =>
  judge(rule, offered >= asked, code, `${rule} asks for at least ${short(asked)}, the contract has ${short(offered)}`);

const ceiling = (rule: string, code: ErrorCode, allowed: number, offered: number): RuleVerdict =>
  judge(rule, offered <= allowed, code, `${rule} allows at most ${short(allowed)}, the contract has ${short(offered)}`);

const judge = (rule: string, accepted: boolean, code: ErrorCode, sentence: string): RuleVerdict =>
  accepted ? { rule, accepted, sentence } : { rule, accepted, code, sentence };

const short = (value: number): string => String(Number(value.toPrecision(4)));
