import { Command } from 'commander';
import { reportError } from '../cli/report-error.js';
import { accountantsCommand } from './accountants/index.js';
import { flowerCommand } from './peers/flower/index.js';
import { rankingCommand, vectorIndexCommand } from './ranking/index.js';
import { noiseRemovalCommand } from './noise-removal/index.js';
import { roundCommand } from './round/index.js';
import { samplerCommand } from './sampler/index.js';
import { secAggCommand } from './secagg/index.js';
import { stepCommand } from './step/index.js';

const controller = new AbortController();
process.on('SIGINT', () => controller.abort());

const program = new Command('bench').description('Benchmarks; each prints what it measured on this machine, now.');
program.addCommand(accountantsCommand());
program.addCommand(flowerCommand());
program.addCommand(rankingCommand());
program.addCommand(vectorIndexCommand());
program.addCommand(noiseRemovalCommand());
program.addCommand(roundCommand(controller.signal));
program.addCommand(samplerCommand());
program.addCommand(secAggCommand());
program.addCommand(stepCommand());

try {
  await program.parseAsync();
} catch (error) {
  const report = reportError(error, 'text');
  process.stderr.write(report.text);
  process.exitCode = report.exit;
}
