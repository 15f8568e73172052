import { expect } from 'chai';
import {
  advantageAtMost,
  epsilonOf,
  eventsOf,
  periodStart,
  pldEpsilon,
  requireBudget,
  spendingOf,
  summarise,
  wouldSpend,
} from '../../../privacy/index.js';
import type { BudgetPeriod, EpsilonBudget, LedgerEntry, MechanismEvent } from '../../../privacy/index.js';
import { expectCode } from '../../expect-code.js';

const MARCH = Date.UTC(2026, 2, 10);
const APRIL = Date.UTC(2026, 3, 2);
const budget: EpsilonBudget = { epsilonTotal: 8, epsilonPerPeriod: 4, period: 'month', delta: 1e-6 };
const round: MechanismEvent = { kind: 'discreteGaussian', deviation: 300, sensitivity: 100, samplingRate: 1, steps: 1 };

function spent(at: number, job: string, rounds: number): LedgerEntry[] {
  return Array.from({ length: rounds }, (_, i) => ({
    contractSha256: 'a'.repeat(64),
    job,
    round: i,
    steps: rounds,
    release: { kind: 'discreteGaussian', noiseMultiplier: 3, samplingRate: 1, sensitivity: 100, delta: 1e-6 },
    spentAt: at,
  }));
}

describe('privacy: budgets', () => {
  it('recompute ε from all entries of all jobs, with the proposal', () => {
    const entries = [...spent(MARCH, 'a', 1), ...spent(MARCH, 'b', 1)];
    const verdict = wouldSpend(entries, { events: [round], spentAt: MARCH }, budget);
    const three = [round, round, round];
    expect(verdict.after.total).to.equal(epsilonOf(three, 1e-6));
    expect(verdict.after.period).to.equal(verdict.after.total);
    expect(spendingOf(three, 1e-6)).to.deep.equal({ epsilon: verdict.after.total, advantage: advantageAtMost(three) });
    expect(verdict.allowed).to.be.true;
    expect(eventsOf(entries)).to.deep.equal([round, round]);
  });

  it('refuse what would pass the ceiling of the period, and allow it in the next', () => {
    const entries = spent(MARCH, 'a', 4);
    const inMarch = wouldSpend(entries, { events: [round, round], spentAt: MARCH }, budget);
    expect(inMarch).to.include({ allowed: false, limit: 'period', ceiling: 4 });
    const inApril = wouldSpend(entries, { events: [round, round], spentAt: APRIL }, budget);
    expect(inApril.allowed).to.be.true;
    expect(inApril.after.period).to.equal(epsilonOf([round, round], 1e-6));
  });

  it('refuse what would pass the ceiling in total, over all periods', () => {
    const entries = [...spent(MARCH, 'a', 4), ...spent(APRIL, 'a', 4), ...spent(Date.UTC(2026, 4, 1), 'b', 4)];
    const proposed = { events: [round, round], spentAt: Date.UTC(2026, 5, 1) };
    expect(wouldSpend(entries, proposed, budget).allowed).to.be.true;
    const verdict = wouldSpend(entries, proposed, { ...budget, epsilonTotal: 5 });
    expect(verdict).to.include({ allowed: false, limit: 'total', ceiling: 5 });
  });

  it('free nothing when the clock is set back', () => {
    const entries = spent(APRIL, 'a', 4);
    expect(wouldSpend(entries, { events: [round, round], spentAt: MARCH }, budget).allowed).to.be.false;
  });

  it('allow a spending that lands exactly on a ceiling and refuse one ulp less', () => {
    const exact = epsilonOf([round], 1e-6);
    const at = (epsilonTotal: number): boolean =>
      wouldSpend([], { events: [round], spentAt: MARCH }, { ...budget, epsilonTotal }).allowed;
    expect(at(exact)).to.be.true;
    expect(at(exact * (1 - Number.EPSILON))).to.be.false;
    expect(at(NaN), 'a ceiling that is no number').to.be.false;
  });

  it('charge a re-run of a round again', () => {
    const once = spent(MARCH, 'a', 1);
    const twice = [...once, ...once];
    expect(epsilonOf(eventsOf(twice), 1e-6)).to.be.above(epsilonOf(eventsOf(once), 1e-6));
  });

  it('fail closed with the ε that would be reached', () => {
    const error = expectCode(
      () => requireBudget(spent(MARCH, 'a', 4), { events: [round, round], spentAt: MARCH }, budget),
      'BUDGET_EXHAUSTED',
    );
    expect(error.details).to.include({ ceiling: 4, limit: 'period' });
    expect(error.message).to.match(/above the ceiling of 4 per month/);
    const after = requireBudget([], { events: [round], spentAt: MARCH }, budget);
    expect(after.total).to.equal(epsilonOf([round], 1e-6));
  });

  it('begin periods at midnight UTC, weeks on Monday', () => {
    const instant = Date.UTC(2026, 7, 13, 15, 30);
    const starts: Record<BudgetPeriod, number> = {
      day: Date.UTC(2026, 7, 13),
      week: Date.UTC(2026, 7, 10),
      month: Date.UTC(2026, 7, 1),
      quarter: Date.UTC(2026, 6, 1),
      year: Date.UTC(2026, 0, 1),
    };
    for (const period of ['day', 'week', 'month', 'quarter', 'year'] as const)
      expect(periodStart(instant, period), period).to.equal(starts[period]);
    expect(periodStart(Date.UTC(2026, 2, 1), 'week'), 'a Sunday, over a month').to.equal(Date.UTC(2026, 1, 23));
  });

  it('show loss distributions beside, for schedules fixed beforehand and charged whole', () => {
    const planned = (steps: number, rounds: number, job = 'a'): LedgerEntry[] =>
      spent(MARCH, job, rounds).map((entry) => ({ ...entry, steps }));
    const whole: MechanismEvent = { ...round, steps: 4 };
    const of = (entries: LedgerEntry[]): number => summarise(entries, budget, MARCH).total.pld;
    expect(of(planned(4, 4))).to.equal(pldEpsilon([whole], 1e-6));
    expect(of(planned(4, 1)), 'one round of four').to.equal(pldEpsilon([whole], 1e-6));
    expect(of(planned(4, 4))).to.be.below(epsilonOf([whole], 1e-6));
    const overrun = summarise(planned(2, 4), budget, MARCH).total;
    expect(overrun.pld, 'more rounds than planned').to.equal(overrun.epsilon);
    const [first, ...rest] = planned(4, 4);
    if (first === undefined) throw new Error('there are rounds');
    const changed = [{ ...first, release: { kind: 'pure', epsilon: 0.1, sensitivity: 1 } as const }, ...rest];
    expect(of(changed), 'rounds that differ').to.equal(epsilonOf(eventsOf(changed), 1e-6));
    const half = pldEpsilon([whole], 0.5e-6);
    expect(of([...planned(4, 4, 'a'), ...planned(4, 4, 'b')]), 'jobs add up').to.equal(2 * half);
  });

  it('are summed up in total, for the period and by job', () => {
    const summary = summarise([...spent(MARCH, 'a', 2), ...spent(APRIL, 'b', 1)], budget, APRIL);
    expect(summary.total.epsilon).to.equal(epsilonOf([round, round, round], 1e-6));
    expect(summary.period.epsilon).to.equal(epsilonOf([round], 1e-6));
    expect(summary.jobs.map(({ job, releases }) => [job, releases])).to.deep.equal([
      ['a', 2],
      ['b', 1],
    ]);
    expect(summary.jobs[0]?.epsilon).to.equal(epsilonOf([round, round], 1e-6));
    expect(summarise([], budget, APRIL).total).to.deep.equal({ epsilon: 0, advantage: 0, pld: 0 });
  });
});
