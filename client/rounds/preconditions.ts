import {
  checkPolicy,
  decodeModel,
  enforcePolicy,
  ledgerEntry,
  openContract,
  requireCoherent,
  taskOf,
} from '../../federation/index.js';
import type { ModelKind, Policy, RoundTerms } from '../../federation/index.js';
import type { Envelope } from '../../proto/index.js';
import { sha256 } from '../../crypto/index.js';
import type { EpsilonBudget } from '../../privacy/index.js';
import type { Ledger, RoundName } from '../ledger/ledger.js';

/** A contract that opened under the pinned key, with what its merchant calls it. */
export interface OpenedContract {
  readonly terms: RoundTerms;
  readonly sha256: Uint8Array;
  readonly name: RoundName;
}

/** The name of a contract that may not even open: its hash, and nothing that it claims. */
export function unopenedName(envelope: Envelope): RoundName {
  return { job: '', round: 0, contractSha256: sha256(envelope.payload) };
}

/** @throws GuildhallError CONTRACT_SIGNATURE_INVALID, CONTRACT_MALFORMED */
export function openedContract(envelope: Envelope, contractKey: Uint8Array): OpenedContract {
  const { terms, sha256: hash } = openContract(envelope, contractKey);
  return { terms, sha256: hash, name: { job: terms.job, round: terms.round, contractSha256: hash } };
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
 * Judges a contract by everything that needs neither the coordinator nor the shop's data.
 * @throws GuildhallError POLICY_*, BUDGET_EXHAUSTED, and the codes of terms that no codec can carry
 */
export function requireAcceptable({ terms, sha256: hash }: OpenedContract, options: PolicyCheckOptions): void {
  const { policy, ledger, federation, now } = options;
  enforcePolicy(checkPolicy(policy, terms, { federation, roundsToday: ledger.roundsSince(now - DAY_MS) }));
  const entry = ledgerEntry(terms, hash, now);
  if (entry !== undefined) ledger.requireBudget(entry, budgetOf(policy));
}

/** Decodes the contract's model and checks that the two go together. @throws GuildhallError MODEL_MALFORMED, CONTRACT_MALFORMED */
export function modelFor(terms: RoundTerms, bytes: Uint8Array): ModelKind {
  const model = decodeModel(bytes);
  requireCoherent(terms, taskOf(terms), model);
  return model;
}
