import {
  ceiling,
  checkPolicy,
  decodeModel,
  enforcePolicy,
  ledgerEntry,
  openContract,
  requireCoherent,
  taskOf,
} from '../../federation/index.js';
import type { ModelKind, Policy, PolicyVerdict, RoundTerms, RuleVerdict } from '../../federation/index.js';
import { Envelope } from '../../proto/index.js';
import { sha256 } from '../../crypto/index.js';
import { eventsOf, historyWith, spendingOf } from '../../privacy/index.js';
import type { EpsilonBudget, LedgerEntry, MechanismEvent } from '../../privacy/index.js';
import type { Ledger, RoundName } from '../ledger/ledger.js';

/** A contract that opened under the pinned key, with what its merchant calls it. */
export interface OpenedContract {
  readonly terms: RoundTerms;
  readonly sha256: Uint8Array;
  /** As it was received. */
  readonly envelope: Envelope;
  readonly name: RoundName;
}

/** The name of a contract that may not even open: its hash, and nothing that it claims. */
export function unopenedName(envelope: Envelope): RoundName {
  return { job: '', round: 0, contractSha256: sha256(envelope.payload) };
}

/** @throws GuildhallError CONTRACT_SIGNATURE_INVALID, CONTRACT_MALFORMED */
export function openedContract(envelope: Envelope, contractKey: Uint8Array): OpenedContract {
  const { terms, sha256: hash } = openContract(envelope, contractKey);
  return { terms, sha256: hash, envelope, name: { job: terms.job, round: terms.round, contractSha256: hash } };
}

/** The policy's ceilings as the ledger reads them. */
export function budgetOf(policy: Policy): EpsilonBudget {
  return {
    epsilonTotal: policy.epsilon_total,
    epsilonPerPeriod: policy.epsilon_per_period,
    period: policy.period,
    delta: policy.maximum_delta,
  };
}

const DAY_MS = 86_400_000;

/** What is judged before a round: the merchant's own rules and its own books. */
export interface PolicyCheckOptions {
  readonly policy: Policy;
  readonly ledger: Ledger;
  /** The federation that this client joined. */
  readonly federation: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Judges a contract by everything that needs neither the coordinator nor the shop's data, and remembers the judgement for
 * people to read.
 * @throws GuildhallError POLICY_*, BUDGET_EXHAUSTED, and the codes of terms that no codec can carry
 */
export function requireAcceptable(
  { terms, sha256: hash, envelope }: OpenedContract,
  options: PolicyCheckOptions,
): void {
  const { policy, ledger, federation, now } = options;
  const verdict = judgeContract({ terms, sha256: hash }, { policy, ledger, federation, now });
  ledger.contracts.remember({
    sha256: Buffer.from(hash).toString('hex'),
    envelope: Envelope.encode(envelope).finish(),
    seenAt: now,
    rules: verdict.rules,
  });
  enforcePolicy(verdict);
}

/**
 * Every rule of the policy on a contract, and then the ledger's ceilings: ε after this round over the period and in total.
 * @throws GuildhallError of terms that no codec can carry
 */
export function judgeContract(
  { terms, sha256: hash }: Pick<OpenedContract, 'terms' | 'sha256'>,
  { policy, ledger, federation, now }: PolicyCheckOptions,
): PolicyVerdict {
  const { rules } = checkPolicy(policy, terms, { federation, roundsToday: ledger.roundsSince(now - DAY_MS) });
  const entry = ledgerEntry(terms, hash, now);
  const all = entry === undefined ? rules : [...rules, ...budgetRules(entry, ledger.entries, budgetOf(policy))];
  return { accepted: all.every(({ accepted }) => accepted), rules: all };
}

function budgetRules(entry: LedgerEntry, entries: readonly LedgerEntry[], budget: EpsilonBudget): RuleVerdict[] {
  const history = historyWith(entries, { events: eventsOf([entry]), spentAt: entry.spentAt }, budget);
  const rule = (name: string, events: readonly MechanismEvent[], allowed: number): RuleVerdict => {
    const { epsilon, advantage } = spendingOf(events, budget.delta);
    return ceiling(name, 'BUDGET_EXHAUSTED', allowed, epsilon, advantage);
  };
  return [
    rule('epsilon_per_period', history.period, budget.epsilonPerPeriod),
    rule('epsilon_total', history.total, budget.epsilonTotal),
  ];
}

/** Decodes the contract's model and checks that the two go together. @throws GuildhallError MODEL_MALFORMED, CONTRACT_MALFORMED */
export function modelFor(terms: RoundTerms, bytes: Uint8Array): ModelKind {
  const model = decodeModel(bytes);
  requireCoherent(terms, taskOf(terms), model);
  return model;
}
