import type { Command } from 'commander';
import { Option } from 'commander';
import { addCommand } from '../invocation.js';
import type { Io } from '../io.js';
import { renderDemo } from '../demo-table.js';
import { collect, integer, optional, text } from '../options.js';
import { chosenPlan, NO_NOISE_WARNING, planOptions } from './jobs.js';
import type { PlanOptions } from './jobs.js';
import type { DemoStrategy } from '../../simulations/demo/index.js';

interface DemoCommandOptions extends PlanOptions<DemoStrategy | 'both'> {
  readonly merchants?: number;
  readonly shoppers?: number | 'all';
  readonly data?: string;
  readonly catalogue?: readonly string[];
  readonly seed: number;
  readonly keep?: string;
}

const NOTES = `Starts a coordinator and the merchants' clients as processes on this machine, each with its own keys, certificate, ledger
and data, kills one client in the middle of a round, and prints what every merchant has alone and together. Without
--data the shops are invented, and the table says so. No merchant sends anything but masked vectors.

--noise-strategy both runs the jobs twice, each time under the whole ε: with the noise that more survivors than the
fewest leave over (worst-case), then without it (removable), and prints what each brought.`;

/** `guildhall demo`. */
export function addDemoCommand(program: Command, io: Io): void {
  addCommand<DemoCommandOptions>(program, io, {
    usage: 'demo',
    description: 'Run a whole federation on this machine, and print what each merchant gains.',
    options: [
      optional(
        '--merchants <count>',
        'merchants (default: 8; 5 a catalogue with --data)',
        integer({ min: 4, max: 200 }),
      ),
      optional(
        '--shoppers <count>',
        'shoppers a merchant, or all of --data (default: 600; 1000 with --data)',
        countOrAll,
      ),
      ...planOptions(['both']),
      optional(
        '--data <dir>',
        'a folder with one sub-folder a catalogue (items.csv and events.csv, also gzipped)',
        text,
      ),
      collect('--catalogue <name>', 'a sub-folder of --data; may be repeated (default: all at once)'),
      optional('--seed <number>', 'invents and cuts shops; never noise or keys', integer({ min: 0 }), 1),
      new Option('--keep <dir>', "keep everything here: logs, ledgers, the coordinator's store").argParser(text),
    ],
    notes: NOTES,
    async run({ result, progress, signal }, options) {
      const { runDemo } = await import('../../simulations/demo/index.js');
      const { merchants, shoppers, data, seed, keep, colluders, minimumSurvivors, catalogue, privacyNoise } = options;
      if (!privacyNoise) progress.say(NO_NOISE_WARNING);
      const report = await runDemo(
        {
          ...(await chosenPlan(options)),
          ...{ merchants, shoppers, data, seed, keep, colluders, minimumSurvivors },
          catalogues: catalogue,
          command: ownCommand(),
          signal,
        },
        progress,
      );
      result(report, () => renderDemo(report));
      if (!privacyNoise) progress.say(NO_NOISE_WARNING);
    },
  });
}

function countOrAll(value: string): number | 'all' {
  return value === 'all' ? 'all' : integer({ min: 20 })(value);
}

/** How this very command was started: the demo's processes are started in the same way. */
function ownCommand(): string[] {
  const [, script = ''] = process.argv;
  return [process.execPath, ...process.execArgv, script];
}
