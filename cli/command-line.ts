import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { EXIT } from '../errors/index.js';
import { addAuditCommand } from './commands/audit.js';
import { addClientCommands } from './commands/client.js';
import { addCoordinatorCommands } from './commands/coordinator.js';
import { addDataCommands } from './commands/data.js';
import { addDemoCommand } from './commands/demo.js';
import { addDoctorCommand } from './commands/doctor.js';
import { addErrorsCommand } from './commands/errors.js';
import { addEvaluateCommand } from './commands/evaluate.js';
import { addJobsCommands } from './commands/jobs.js';
import { addMerchantsCommands } from './commands/merchants.js';
import { addPrivacyCommands } from './commands/privacy.js';
import type { Io } from './io.js';
import { reportError } from './report-error.js';

/**
 * Runs one `guildhall` command.
 * @param args the words after the command's name
 * @returns the exit code: 0, the registry's for an error (docs/errors.md), or 130 when a signal ended it
 */
export async function runCommandLine(args: readonly string[], io: Omit<Io, 'setExitCode'>): Promise<number> {
  let exit: number = EXIT.ok;
  const program = createProgram({ ...io, setExitCode: (code) => (exit = code) });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exit;
  } catch (error) {
    const report = reportError(error, args.includes('--json') ? 'json' : 'text');
    io.stderr.write(report.text);
    return report.exit;
  }
}

/** The whole command tree. Nothing heavy is loaded until a command runs. */
export function createProgram(io: Io): Command {
  const program = new Command('guildhall')
    .description('Merchants pool what they have learned, never what they know about their shoppers.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpCommand('help [command]', 'print help for a command')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      // The error itself is reported once, with its code, by reportError.
      outputError: () => undefined,
    })
    .addHelpText('after', '\nExit codes: 0 done, else by the kind of error: see docs/errors.md or `guildhall errors`.');
  addDemoCommand(program, io);
  addCoordinatorCommands(program, io);
  addMerchantsCommands(program, io);
  addJobsCommands(program, io);
  addClientCommands(program, io);
  addEvaluateCommand(program, io);
  addPrivacyCommands(program, io);
  addAuditCommand(program, io);
  addDataCommands(program, io);
  addDoctorCommand(program, io);
  addErrorsCommand(program, io);
  return program;
}

function packageVersion(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    try {
      const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) return String(manifest.version);
    } catch (error) {
      // The sources and the built files lie at different depths below package.json.
      if (dirname(folder) === folder) throw error;
    }
  }
}
