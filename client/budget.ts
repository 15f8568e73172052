import { periodStart, summarise } from '../privacy/index.js';
import type { BudgetPeriod, LedgerSummary, ShownSpending } from '../privacy/index.js';
import { systemClock } from './clock.js';
import type { Clock } from './clock.js';
import { readPolicy } from './config/config.js';
import { Ledger } from './ledger/ledger.js';
import type { RecordedRefusal } from './ledger/ledger.js';
import { budgetOf } from './rounds/preconditions.js';
import { openState } from './state/directory.js';

/**
 * What a merchant has spent, and what is left, recomputed from the ledger's entries: `epsilon` by Rényi divergences, which
 * ceilings are held against, and `pld` by privacy loss distributions beside it.
 */
export interface BudgetReport {
  readonly merchant: string;
  /** δ at which every ε here is read: maximum_delta of the policy. */
  readonly delta: number;
  /** Which ε ceilings are held against. */
  readonly enforced: 'rdp';
  readonly total: ShownSpending & { readonly ceiling: number };
  readonly period: ShownSpending & { readonly ceiling: number; readonly name: BudgetPeriod; readonly since: string };
  /** Each as if it were alone, so they do not add up to the total. */
  readonly jobs: LedgerSummary['jobs'];
  /** Releases that were paid for. */
  readonly releases: number;
  readonly refusals: readonly RecordedRefusal[];
  /** Message bytes ever sent. */
  readonly bytesSent: number;
}

/** How to report a budget. */
export interface BudgetOptions {
  readonly dir: string;
  /** @default systemClock */
  readonly clock?: Clock;
}

/**
 * `guildhall client budget`: verifies the ledger and sums it up. Works while the client runs.
 * @throws GuildhallError STATE_*, POLICY_MALFORMED, LEDGER_*
 */
export function reportBudget({ dir, clock = systemClock }: BudgetOptions): BudgetReport {
  const { paths, merchant } = openState(dir);
  const budget = budgetOf(readPolicy(paths.policy));
  const ledger = Ledger.open(paths);
  try {
    const now = clock.now();
    const { total, period, jobs } = summarise(ledger.entries, budget, now);
    return {
      merchant,
      delta: budget.delta,
      enforced: 'rdp',
      total: { ...total, ceiling: budget.epsilonTotal },
      period: {
        ...period,
        ceiling: budget.epsilonPerPeriod,
        name: budget.period,
        since: new Date(periodStart(now, budget.period)).toISOString(),
      },
      jobs,
      releases: ledger.entries.length,
      refusals: ledger.refusals(),
      bytesSent: ledger.bytesSent(),
    };
  } finally {
    ledger.close();
  }
}
