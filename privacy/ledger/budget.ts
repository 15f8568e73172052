/**
 * Whether a spending fits the merchant's budget. ε is recomputed from the entries every time, over all jobs and restarts,
 * by the accountant that is a valid stopping rule (rdp.ts); nothing is ever added up as (ε, δ) pairs or cached.
 */
import { GuildhallError } from '../../errors/index.js';
import { advantageAtMost } from '../accounting/advantage.js';
import type { MechanismEvent } from '../accounting/events.js';
import { epsilonOf } from '../accounting/rdp.js';
import { eventsOf } from './entries.js';
import type { LedgerEntry } from './entries.js';
import { schedulesEpsilon } from './schedules.js';

/** A calendar period in UTC; a week starts on Monday. */
export type BudgetPeriod = 'day' | 'week' | 'month' | 'quarter' | 'year';

/** The merchant's ceilings, from its own policy. */
export interface EpsilonBudget {
  /** ε over everything ever spent. */
  readonly epsilonTotal: number;
  /** ε over one calendar period. */
  readonly epsilonPerPeriod: number;
  readonly period: BudgetPeriod;
  /** δ in (0, 1) at which both are read. */
  readonly delta: number;
}

/** What a contract asks to spend, and when. */
export interface ProposedSpending {
  readonly events: readonly MechanismEvent[];
  /** Milliseconds since the epoch. */
  readonly spentAt: number;
}

/** Privacy spent by a set of releases. */
export interface Spending {
  /** At the budget's δ. */
  readonly epsilon: number;
  /** Total variation, at most. */
  readonly advantage: number;
}

/** The answer of {@link wouldSpend}. */
export type BudgetVerdict = {
  /** ε of all entries with the proposal, and of those of its period. */
  readonly after: { readonly total: number; readonly period: number };
} & (
  | { readonly allowed: true }
  | {
      readonly allowed: false;
      /** The first ceiling that would be broken. */
      readonly limit: 'total' | 'period';
      readonly ceiling: number;
    }
);

/**
 * The start of the calendar period that contains an instant, in UTC.
 * @param instant milliseconds since the epoch
 */
export function periodStart(instant: number, period: BudgetPeriod): number {
  const date = new Date(instant);
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth();
  switch (period) {
    case 'day':
      return Date.UTC(year, month, date.getUTCDate());
    case 'week':
      return Date.UTC(year, month, date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
    case 'month':
      return Date.UTC(year, month);
    case 'quarter':
      return Date.UTC(year, month - (month % 3));
    case 'year':
      return Date.UTC(year, 0);
  }
}

/** What some releases spent at δ. */
export function spendingOf(events: readonly MechanismEvent[], delta: number): Spending {
  return { epsilon: epsilonOf(events, delta), advantage: advantageAtMost(events) };
}

/**
 * Entries that count in the period of an instant: all since its start, also those dated later. A clock set back frees no
 * budget as long as no entry is dated before the one that precedes it, which is the ledger's to see to.
 */
function withinPeriod(entries: readonly LedgerEntry[], instant: number, period: BudgetPeriod): readonly LedgerEntry[] {
  const start = periodStart(instant, period);
  return entries.filter(({ spentAt }) => spentAt >= start);
}

/** What an accountant composes with a spending: everything ever, and the spending's period. */
export function historyWith(
  entries: readonly LedgerEntry[],
  { events, spentAt }: ProposedSpending,
  { period }: Pick<EpsilonBudget, 'period'>,
): { readonly total: MechanismEvent[]; readonly period: MechanismEvent[] } {
  return {
    total: [...eventsOf(entries), ...events],
    period: [...eventsOf(withinPeriod(entries, spentAt, period)), ...events],
  };
}

/**
 * What the ledger would say after a spending, and whether the budget allows it. Pure: nothing is spent here.
 * @param entries the whole verified ledger
 */
export function wouldSpend(
  entries: readonly LedgerEntry[],
  proposed: ProposedSpending,
  budget: EpsilonBudget,
): BudgetVerdict {
  const history = historyWith(entries, proposed, budget);
  const after = { total: epsilonOf(history.total, budget.delta), period: epsilonOf(history.period, budget.delta) };
  // Written so that a NaN anywhere refuses.
  if (!(after.total <= budget.epsilonTotal))
    return { after, allowed: false, limit: 'total', ceiling: budget.epsilonTotal };
  if (!(after.period <= budget.epsilonPerPeriod))
    return { after, allowed: false, limit: 'period', ceiling: budget.epsilonPerPeriod };
  return { after, allowed: true };
}

/**
 * {@link wouldSpend}, failing closed.
 * @returns what would be spent
 * @throws GuildhallError BUDGET_EXHAUSTED naming the ceiling and the ε that would be reached
 */
export function requireBudget(
  entries: readonly LedgerEntry[],
  proposed: ProposedSpending,
  budget: EpsilonBudget,
): BudgetVerdict['after'] {
  const verdict = wouldSpend(entries, proposed, budget);
  if (verdict.allowed) return verdict.after;
  const epsilon = verdict.after[verdict.limit];
  const advantage = advantageAtMost(historyWith(entries, proposed, budget)[verdict.limit]);
  const scope = verdict.limit === 'total' ? 'in total' : `per ${budget.period}`;
  throw new GuildhallError(
    'BUDGET_EXHAUSTED',
    `Taking part would bring epsilon to ${epsilon.toFixed(4)} (advantage at most ${advantage.toFixed(3)}), above the ceiling of ${verdict.ceiling} ${scope}.`,
    { details: { epsilon, advantage, ceiling: verdict.ceiling, limit: verdict.limit } },
  );
}

/** A spending with the tighter ε that is shown beside the enforced one. */
export interface ShownSpending extends Spending {
  /** By loss distributions, jobs charged whole (see schedules.ts); nothing is held against it. */
  readonly pld: number;
}

/** What the ledger shows: in total, in the present period, and job by job. */
export interface LedgerSummary {
  readonly total: ShownSpending;
  readonly period: ShownSpending;
  /** In the order of first spending; each as if it were alone, so they do not add up to the total. */
  readonly jobs: readonly (ShownSpending & { readonly job: string; readonly releases: number })[];
}

/**
 * Sums up a verified ledger.
 * @param now milliseconds since the epoch
 */
export function summarise(entries: readonly LedgerEntry[], budget: EpsilonBudget, now: number): LedgerSummary {
  const shown = (spent: readonly LedgerEntry[]): ShownSpending => ({
    ...spendingOf(eventsOf(spent), budget.delta),
    pld: schedulesEpsilon([...byJob(spent).values()], budget.delta),
  });
  return {
    total: shown(entries),
    period: shown(withinPeriod(entries, now, budget.period)),
    jobs: [...byJob(entries)].map(([job, spent]) => ({ job, releases: spent.length, ...shown(spent) })),
  };
}

function byJob(entries: readonly LedgerEntry[]): ReadonlyMap<string, LedgerEntry[]> {
  const jobs = new Map<string, LedgerEntry[]>();
  for (const entry of entries) {
    const known = jobs.get(entry.job);
    if (known === undefined) jobs.set(entry.job, [entry]);
    else known.push(entry);
  }
  return jobs;
}
