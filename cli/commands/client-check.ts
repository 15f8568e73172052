import type { CheckReport } from '../../client/index.js';
import { renderDataReport } from '../data-report.js';
import { renderTable } from '../table.js';

/** What `guildhall client check` found, for a person: findings, the data's gaps, and the first refused rows. */
export function renderCheck(report: CheckReport): string {
  const parts = [
    renderTable(
      [{ heading: 'checked' }, { heading: 'state' }, { heading: 'what' }],
      report.findings.map(({ subject, state, code, sentence }) => [
        subject,
        state,
        code === undefined ? sentence : `${code}: ${sentence}`,
      ]),
    ),
  ];
  const advice = report.findings.flatMap(({ subject, help }) => (help === undefined ? [] : [`${subject}: ${help}`]));
  if (advice.length > 0) parts.push(advice.join('\n'));
  if (report.data !== undefined) parts.push(renderDataReport(report.data));
  if (report.example !== undefined) {
    const spends = report.example.rules.find(({ rule }) => rule === 'epsilon_per_job')?.contract ?? '1';
    const job = `The default job (8 merchants, 2 colluders, ε = ${spends})`;
    const refused = report.example.rules.filter(({ accepted }) => !accepted);
    parts.push(
      refused.length === 0
        ? `${job} would be accepted by this policy.`
        : `${job} would be declined: ${refused.map(({ sentence }) => sentence).join(' ')}`,
    );
  }
  parts.push(report.ready ? 'Ready to run.' : 'NOT ready to run: see what failed above.');
  return parts.join('\n\n');
}
