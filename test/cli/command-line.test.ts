import { expect } from 'chai';
import type { Command } from 'commander';
import { createProgram } from '../../cli/index.js';
import { ERRORS } from '../../errors/index.js';
import { runCli } from './run-cli.js';

/** Every command's words, groups included. */
function paths(command: Command, prefix: readonly string[] = []): string[][] {
  return command.commands.flatMap((child) => {
    const path = [...prefix, child.name()];
    return [path, ...paths(child, path)];
  });
}

const silent = {
  stdout: { write: () => true },
  stderr: { write: () => true },
  signal: new AbortController().signal,
  setExitCode: () => undefined,
};

describe('the guildhall command', () => {
  it('says its version', async () => {
    const { exit, stdout } = await runCli(['--version']);
    expect(exit).to.equal(0);
    expect(stdout).to.match(/^\d+\.\d+\.\d+\n$/);
  });

  it('gives help for every command on stdout with exit code 0', async () => {
    const all = paths(createProgram(silent)).filter((path) => !path.includes('help'));
    expect(all.length).to.be.greaterThan(2);
    for (const path of all) {
      const { exit, stdout, stderr } = await runCli([...path, '--help']);
      expect(exit, path.join(' ')).to.equal(0);
      expect(stdout, path.join(' ')).to.contain(`Usage: guildhall ${path.join(' ')}`);
      expect(stderr, path.join(' ')).to.equal('');
    }
  });

  it('offers --json and --log-level on every command that does something', () => {
    const program = createProgram(silent);
    for (const path of paths(program)) {
      const command = path.reduce<Command>(
        (at, name) => at.commands.find((child) => child.name() === name) ?? at,
        program,
      );
      if (command.commands.length > 0) continue;
      const flags = command.options.map((option) => option.long);
      expect(flags, path.join(' ')).to.include.members(['--json', '--log-level']);
    }
  });

  it('refuses what it does not know with USAGE and exit code 2', async () => {
    for (const args of [['nonsense'], ['errors', '--nonsense'], ['errors', 'nonsense'], [], ['privacy']]) {
      const { exit, stdout, stderr } = await runCli(args);
      expect(exit, args.join(' ')).to.equal(2);
      expect(stdout, args.join(' ')).to.equal('');
      expect(stderr, args.join(' ')).to.contain('guildhall: USAGE: ').and.to.contain(ERRORS.USAGE.help);
    }
  });

  it('takes a task or a list of jobs, and not both', async () => {
    for (const args of [
      ['demo', '--task', 'clicks'],
      ['demo', '--task', 'both', '--jobs', 'mlp'],
      ['demo', '--shoppers', 'some'],
    ]) {
      const { exit, stderr } = await runCli(args);
      expect(exit, args.join(' ')).to.equal(2);
      expect(stderr, args.join(' ')).to.contain('guildhall: USAGE: ');
    }
  });

  it('reports an error as one line of JSON on stderr under --json', async () => {
    const { exit, stdout, stderr } = await runCli(['privacy', 'epsilon', '--delta', '2', '--json']);
    expect(exit).to.equal(2);
    expect(stdout).to.equal('');
    const { error } = JSON.parse(stderr) as { error: { message: string } };
    expect(error).to.include({ code: 'USAGE', help: ERRORS.USAGE.help, retryable: false });
    expect(error.message).to.contain('above 0 and below 1');
  });
});
