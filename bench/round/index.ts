/**
 * `npm run -s bench -- round`: what one counts round costs all processes together, over mutual TLS, with stores, ledgers
 * and noise.
 *
 * Imports simulations/demo and what is below it, and starts the built `guildhall` command.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { integer } from '../../cli/options.js';
import { createProgress } from '../../cli/progress.js';
import { GuildhallError } from '../../errors/index.js';
import { measureRound } from './measure.js';
import type { RoundCost, RoundFigures } from './measure.js';

const BUILT = join(import.meta.dirname, '..', '..', 'cli', 'main.js');

interface RoundCommandOptions {
  readonly merchants: number;
  readonly dimension: number;
  readonly shoppers: number;
  readonly json?: true;
}

/** The `round` subcommand. */
export function roundCommand(signal: AbortSignal): Command {
  return new Command('round')
    .description('one counts round with real processes over mutual TLS: CPU seconds of all, memory of the coordinator')
    .option('--merchants <n>', 'merchants, each a process', integer({ min: 4, max: 200 }), 10)
    .option('--dimension <d>', 'words of each vector', integer({ min: 1000, max: 1_000_000 }), 100_000)
    .option('--shoppers <count>', 'shoppers a merchant', integer({ min: 1, max: 100_000 }), 500)
    .option('--json', 'print JSON')
    .action(async ({ json, ...options }: RoundCommandOptions) => {
      if (!existsSync(BUILT))
        throw new GuildhallError('USAGE', 'Run npm run build first: the benchmark starts the build.');
      const progress = createProgress(process.stderr);
      const figures = await measureRound({ ...options, command: [process.execPath, BUILT], signal }, progress);
      progress.end();
      process.stdout.write(`${json === true ? JSON.stringify(figures, null, 2) : render(figures)}\n`);
    });
}

function render({ merchants, dimension, first, round, coordinatorPeakMiB }: RoundFigures): string {
  return [
    `${merchants} merchants, ${dimension} words, over mutual TLS`,
    `first round, which reads the shops: ${describe(first)}`,
    `round once all are up: ${describe(round)}`,
    `coordinator's peak memory: ${coordinatorPeakMiB.toFixed(0)} MiB`,
  ].join('\n');
}

function describe(cost: RoundCost): string {
  const { totalCpuSeconds, coordinatorCpuSeconds, clientsCpuSeconds, wallSeconds } = cost;
  return `${totalCpuSeconds.toFixed(2)} CPU s (coordinator ${coordinatorCpuSeconds.toFixed(2)}, clients ${clientsCpuSeconds.toFixed(2)}) in ${wallSeconds.toFixed(1)} s`;
}
