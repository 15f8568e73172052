import type { BudgetReport } from '../../client/index.js';
import { bytes, fixed } from '../figures.js';
import { renderPairs, renderTable } from '../table.js';

interface Shown {
  readonly epsilon: number;
  readonly advantage: number;
  readonly pld: number;
}

const NOTE = `ε is by Rényi divergences, which the ceilings are held against; in brackets, by loss distributions with every job charged
whole. An attacker who knows all else and guesses whether one shopper took part is right with probability at most
(1 + advantage) / 2. Jobs are shown as if each were alone.`;

/** What `guildhall client budget` found, for a person. */
export function renderBudget(report: BudgetReport): string {
  const { total, period, delta } = report;
  const line = (spent: Shown & { ceiling: number }): string =>
    `ε ${fixed(spent.epsilon, 3)} of ${spent.ceiling} (pld ${fixed(spent.pld, 3)}), advantage at most ${fixed(spent.advantage, 3)}`;
  const parts = [
    renderPairs([
      ['merchant', report.merchant],
      ['in total', `${line(total)}, at δ = ${delta}`],
      [`this ${period.name}`, `${line(period)}, since ${period.since}`],
      ['sent', bytes(report.bytesSent)],
    ]),
  ];
  if (report.jobs.length > 0) parts.push(renderJobs(report.jobs));
  if (report.refusals.length > 0) {
    parts.push(
      renderTable(
        [{ heading: 'refused' }, { heading: 'round', align: 'right' }, { heading: 'code' }],
        report.refusals.map(({ job, round, code }) => [job, String(round), code]),
      ),
    );
  }
  return [...parts, NOTE].join('\n\n');
}

function renderJobs(jobs: BudgetReport['jobs']): string {
  return renderTable(
    [
      { heading: 'job' },
      { heading: 'releases', align: 'right' },
      { heading: 'ε alone', align: 'right' },
      { heading: '(pld)', align: 'right' },
      { heading: 'advantage', align: 'right' },
    ],
    jobs.map((job) => [
      job.job,
      String(job.releases),
      fixed(job.epsilon, 3),
      fixed(job.pld, 3),
      `≤ ${fixed(job.advantage, 3)}`,
    ]),
  );
}
