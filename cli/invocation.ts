import type { Command, Option } from 'commander';
import { Option as CommandOption } from 'commander';
import type { Logger } from 'pino';
import { EXIT } from '../errors/index.js';
import { createProgress } from './progress.js';
import type { Progress } from './progress.js';
import type { Io } from './io.js';

/** Keys, tokens and vectors have no business in a log; their usual names are blanked all the same. */
export const REDACTED = ['token', 'key', 'seed', 'secret', 'vector'].flatMap((name) => [name, `*.${name}`]);

/** Levels that `--log-level` takes, as pino names them. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug', 'trace'] as const;

/** What a command gets beside its own options. */
export interface Invocation {
  readonly io: Io;
  readonly json: boolean;
  readonly progress: Progress;
  /** Aborted when a person asks the command to stop. */
  readonly signal: AbortSignal;
  /** A pino logger on stderr at the level of `--log-level`. */
  readonly logger: () => Promise<Logger>;
  /** Prints a command's result on stdout: the data under `--json`, else the text. */
  readonly result: (data: unknown, text: () => string) => void;
  /** Makes the command end with the exit code of a kind of error though its result was printed. */
  readonly fail: (kind: keyof typeof EXIT) => void;
  /** Prints one event of a command that goes on: one line of JSON under `--json`, else the text. */
  readonly event: (data: unknown, text: () => string) => void;
}

/** A command: its words, and what it does. `Options` is what its option parsers give, under camel-cased names. */
export interface CommandSpec<Options> {
  /** Name, with its arguments in commander's notation. */
  readonly usage: string;
  readonly description: string;
  readonly options: readonly Option[];
  /** Text below the options: an example, units. */
  readonly notes?: string;
  /** @default 'warn' */
  readonly logLevel?: (typeof LOG_LEVELS)[number];
  run(invocation: Invocation, options: Options, args: readonly string[]): Promise<void> | void;
}

interface CommonOptions {
  readonly json?: true;
  readonly logLevel: (typeof LOG_LEVELS)[number];
}

/** Adds a command below `parent`, with the options that every command has. */
export function addCommand<Options>(parent: Command, io: Io, spec: CommandSpec<Options>): void {
  const command = parent.command(spec.usage).description(spec.description).summary(firstSentence(spec.description));
  for (const option of spec.options) command.addOption(option);
  command.option('--json', 'print the result as JSON on stdout; logs and progress stay on stderr');
  command.addOption(
    new CommandOption('--log-level <level>', 'what to log on stderr')
      .choices([...LOG_LEVELS])
      .default(spec.logLevel ?? 'warn'),
  );
  if (spec.notes !== undefined) command.addHelpText('after', `\n${spec.notes}`);
  command.action(async () => {
    await spec.run(createInvocation(io, command.opts<CommonOptions>()), command.opts<Options & object>(), command.args);
  });
}

/** Adds a group of commands below `parent`. */
export function addGroup(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description);
}

function createInvocation(io: Io, options: CommonOptions): Invocation {
  const json = options.json === true;
  const progress = createProgress(io.stderr);
  const print = (line: string): void => {
    progress.end();
    io.stdout.write(`${line}\n`);
  };
  return {
    io,
    json,
    progress,
    signal: io.signal,
    async logger() {
      const { pino } = await import('pino');
      return pino({ level: options.logLevel, base: null, redact: [...REDACTED] }, io.stderr);
    },
    fail: (kind) => io.setExitCode(EXIT[kind]),
    result: (data, text) => print(json ? JSON.stringify(data, null, 2) : text()),
    event: (data, text) => print(json ? JSON.stringify(data) : text()),
  };
}

function firstSentence(description: string): string {
  return description.split(/(?<=\.)\s/)[0]?.replace(/\.$/, '') ?? description;
}
