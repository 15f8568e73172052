import { randomBytes } from 'node:crypto';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { NoiseStrategyName } from '../../federation/index.js';
import type { AuditedNoise, AuditedTask, AuditReport } from '../../simulations/audit/index.js';
import { addCommand } from '../invocation.js';
import type { Io } from '../io.js';
import { integer, optional, real } from '../options.js';
import { renderTable } from '../table.js';

/** What each audit claims and plants unless told otherwise. */
const DEFAULTS: Readonly<Record<AuditedTask, { readonly epsilon: number; readonly canaries: number }>> = {
  statistics: { epsilon: 8, canaries: 20_000 },
  gradients: { epsilon: 1, canaries: 5000 },
  'adaptive-clipping': { epsilon: 1, canaries: 5000 },
  'local-training': { epsilon: 1, canaries: 5000 },
};
const TASKS: readonly AuditedTask[] = ['statistics', 'gradients', 'adaptive-clipping', 'local-training'];
const STRATEGIES = ['worst-case', 'removable'] as const satisfies readonly NoiseStrategyName[];
const NOISES = ['full', 'tenth', 'off'] as const satisfies readonly AuditedNoise[];

interface AuditCommandOptions {
  readonly task?: AuditedTask;
  readonly noise: AuditedNoise;
  readonly strategy: NoiseStrategyName;
  readonly epsilon?: number;
  readonly canaries?: number;
}

const NOTES = `Canary shoppers, each put among a merchant's shoppers by a fair coin, go the way that all shoppers go: sampled,
clipped, summed, rounded, clamped, noised, added in the ring and decoded. An attacker who sees the release, knows the
canaries, and has the vectors of as many colluders as the contract tolerates (of all other merchants, where a merchant
trains by itself under its own noise), guesses the coins. So many right guesses are
less likely than 5 % for every epsilon below the lower bound. It is no measurement of epsilon: a stronger attack, or luck,
may show more, and r guesses never show more than about ln(r / 3). The upper bound is what the ledger counts. A lower bound
above it contradicts the claim, and the exit code is not 0; at 95 % confidence that happens to a true claim, too, in less
than one audit of twenty. --noise off and --noise tenth break the federation on purpose and must be caught.
Masks are left out: unmasking returns exactly the sum that is audited.`;

/** `guildhall audit`: what an attacker can be shown to learn, beside what the ledger says it may. */
export function addAuditCommand(program: Command, io: Io): void {
  addCommand<AuditCommandOptions>(program, io, {
    usage: 'audit',
    description:
      'Attack the federation with planted canaries: a lower bound on ε beside the upper bound of the ledger.',
    options: [
      new Option('--task <name>', 'audit this only (default: each in turn)').choices([...TASKS]),
      new Option('--noise <amount>', 'how much of the claimed noise is really added')
        .choices([...NOISES])
        .default('full'),
      new Option('--strategy <name>', 'what becomes of shared noise that more survivors than the fewest leave over')
        .choices([...STRATEGIES])
        .default('worst-case'),
      optional(
        '--epsilon <epsilon>',
        'ε to claim (default: 8 for statistics, 1 for the others)',
        real({ min: 0.1, max: 16 }),
      ),
      optional(
        '--canaries <count>',
        'canaries to plant (default: 20000 for statistics, 5000 for the others)',
        integer({ min: 100, max: 200_000 }),
      ),
    ],
    notes: NOTES,
    async run({ result, progress, fail }, options) {
      const reports: AuditReport[] = [];
      for (const task of options.task === undefined ? TASKS : [options.task])
        reports.push(await audit(task, options, (message) => progress.update(`${task}: ${message}`)));
      const contradicted = reports.some((report) => report.contradicted);
      result({ audits: reports, contradicted }, () => describe(reports));
      if (contradicted) fail('privacy');
    },
  });
}

async function audit(
  task: AuditedTask,
  { noise, strategy, ...chosen }: AuditCommandOptions,
  onProgress: (message: string) => void,
): Promise<AuditReport> {
  const { auditGradients, auditStatistics } = await import('../../simulations/audit/index.js');
  const { epsilon = DEFAULTS[task].epsilon, canaries = DEFAULTS[task].canaries } = chosen;
  const options = { epsilon, canaries, noise, strategy, onProgress, key: () => randomBytes(32) };
  return task === 'statistics' ? auditStatistics(options) : auditGradients(task, options);
}

function describe(reports: readonly AuditReport[]): string {
  const figures = [
    'canaries',
    'guesses',
    'right',
    'epsilon at least',
    'epsilon at most',
    'at delta',
    'advantage at most',
  ];
  const table = renderTable(
    [
      { heading: 'audit' },
      { heading: 'noise' },
      { heading: 'strategy' },
      ...figures.map((heading) => ({ heading, align: 'right' as const })),
    ],
    reports.map(({ task, noise, strategy, canaries, guesses, right, lower, upper }) => [
      task,
      noise,
      strategy,
      ...[canaries, guesses, right].map(String),
      lower.epsilon.toFixed(3),
      upper.epsilon.toFixed(3),
      String(upper.delta),
      upper.advantage.toFixed(4),
    ]),
  );
  return [table, '', ...reports.map(verdict)].join('\n');
}

function verdict({ task, contradicted }: AuditReport): string {
  return contradicted
    ? `${task}: the claim is FALSE at 95 % confidence: the attacker was right more often than it allows.`
    : `${task}: nothing contradicts the claim.`;
}
