import type { Command } from 'commander';
import type { PlanRow } from '../../privacy/index.js';
import { renderChart } from '../chart.js';
import { addCommand } from '../invocation.js';
import type { Io } from '../io.js';
import { integer, optional, real, required, text } from '../options.js';
import { renderTable } from '../table.js';

interface PlanOptions {
  readonly shoppers: number;
  readonly merchants: number;
  readonly minimumSurvivors?: number;
  readonly colluders?: number;
  readonly epsilon: number;
  readonly delta: number;
  readonly rounds: number;
  readonly samplingRate?: number;
  readonly svg?: string;
}

/** Rates planned for when none is named. */
const RATES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1] as const;

const NOTES = `Every row spends ε over all its rounds, by the accountant that budgets enforce; pld is the tighter figure for the same
schedule. The relative error is of one round: the noise's standard deviation in one coordinate of the mean over the sampled
shoppers, divided by the clip norm that bounds one shopper. central: z / (q N), as if one trusted party drew the noise. all:
every merchant in the sum; each draws for the fewest honest survivors (U_min - c), so the sum carries √(n / (U_min - c))
times that. fewest: only U_min merchants in the sum, with fewer shoppers too. local: every merchant in the sum, and each adds
all of the noise itself (--noise-strategy local), a row's rounds being the local steps of all rounds. Over d coordinates the error's norm is √d times
as large; averaged over T rounds it is √T times smaller.

Example, a year of weekly rounds: guildhall privacy plan --shoppers 20000 --merchants 10 --epsilon 4 --rounds 52`;

/** `guildhall privacy plan`: a planner's table, and its picture. */
export function addPlanCommand(group: Command, io: Io): void {
  addCommand<PlanOptions>(group, io, {
    usage: 'plan',
    description: 'Print the noise and relative error of a schedule by sampling rate, as a table and a chart.',
    options: [
      required('--shoppers <count>', 'shoppers of all merchants together', integer({ min: 1, max: 1e10 })),
      required('--merchants <count>', 'merchants in a round', integer({ min: 4, max: 10_000 })),
      optional(
        '--minimum-survivors <count>',
        'fewest in an opened sum (default: four fifths, at least ⌊(n + c)/2⌋ + 1)',
        integer({ min: 3 }),
      ),
      optional(
        '--colluders <count>',
        'colluding merchants tolerated (default: 1 below 8 merchants, else 2)',
        integer({ min: 1 }),
      ),
      required('--epsilon <epsilon>', 'ε of all rounds together', real({ min: 1e-3, max: 1e4 })),
      optional('--delta <delta>', 'δ at which ε is read', real({ above: 0, below: 1 }), 1e-6),
      optional('--rounds <count>', 'rounds: 52 is weekly for a year', integer({ min: 1, max: 1_000_000 }), 52),
      optional('--sampling-rate <q>', 'this rate only (default: from 0.01 to 1)', real({ above: 0, max: 1 })),
      optional('--svg <file>', 'also draw relative error against sampling rate', text),
    ],
    notes: NOTES,
    async run({ result }, options) {
      const { planRounds } = await import('../../privacy/index.js');
      const { rosterFor } = await import('../../federation/index.js');
      const { merchants, samplingRate, svg } = options;
      const { colluders, minimumSurvivors } = rosterFor(merchants, options);
      const samplingRates = samplingRate === undefined ? RATES : [samplingRate];
      const goal = { ...options, colluders, minimumSurvivors, samplingRates };
      const rows = planRounds(goal);
      if (svg !== undefined) {
        const { replaceFile } = await import('../../durable/index.js');
        replaceFile(svg, draw(rows, options), 0o644);
      }
      result({ ...goal, enforced: 'rdp', rows }, () => renderPlan(rows));
    },
  });
}

function renderPlan(rows: readonly PlanRow[]): string {
  const headings = [
    'sampling rate',
    'noise multiplier',
    'ε (rdp)',
    '(pld)',
    'advantage',
    'central',
    'all',
    'fewest',
    'local',
  ];
  return renderTable(
    headings.map((heading) => ({ heading, align: 'right' as const })),
    rows.map((row) => [
      String(row.samplingRate),
      row.noiseMultiplier.toFixed(3),
      row.rdp.toFixed(3),
      row.pld.toFixed(3),
      `≤ ${row.advantage.toFixed(3)}`,
      ...[row.centralError, row.relativeError, row.worstError, row.localError].map((error) =>
        String(Number(error.toPrecision(3))),
      ),
    ]),
  );
}

function draw(rows: readonly PlanRow[], { epsilon, rounds, shoppers, merchants }: PlanOptions): string {
  const series = (label: string, of: (row: PlanRow) => number) => ({
    label,
    points: rows.map((row): [number, number] => [row.samplingRate, of(row)]),
  });
  const advantage = Math.max(...rows.map((row) => row.advantage));
  return renderChart({
    title: `${shoppers} shoppers, ${merchants} merchants, ε = ${epsilon} (advantage ≤ ${advantage.toFixed(2)}) over ${rounds} rounds`,
    xLabel: 'sampling rate of shoppers',
    yLabel: 'relative error of one round',
    series: [
      series('fewest merchants accepted', (row) => row.worstError),
      series('all merchants', (row) => row.relativeError),
      series('one trusted party', (row) => row.centralError),
    ],
  });
}
