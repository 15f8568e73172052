import { runCommandLine } from '../../cli/index.js';

/** What a command left behind. */
export interface CliOutcome {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one `guildhall` command in this process, with its output caught. */
export async function runCli(args: readonly string[], signal = new AbortController().signal): Promise<CliOutcome> {
  let stdout = '';
  let stderr = '';
  const exit = await runCommandLine(args, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    signal,
  });
  return { exit, stdout, stderr };
}

/** A `guildhall` command that goes on. */
export interface RunningCli {
  /** Resolves with the first line of stdout. */
  readonly firstLine: Promise<string>;
  /** Does what SIGTERM would, and waits for the end. */
  readonly stop: () => Promise<CliOutcome>;
}

/** Starts a command in this process that goes on until it is stopped. */
export function startCli(args: readonly string[]): RunningCli {
  const controller = new AbortController();
  let stdout = '';
  let stderr = '';
  let tell: (line: string) => void = () => undefined;
  const line = new Promise<string>((resolve) => (tell = resolve));
  const end = runCommandLine(args, {
    stdout: {
      write: (text) => {
        stdout += text;
        if (stdout.includes('\n')) tell(stdout.slice(0, stdout.indexOf('\n')));
      },
    },
    stderr: { write: (text) => (stderr += text) },
    signal: controller.signal,
  });
  const early = end.then((exit): string => {
    throw new Error(`the command ended with ${exit}: ${stderr}`);
  });
  early.catch(() => undefined);
  return {
    firstLine: Promise.race([line, early]),
    stop: async () => {
      controller.abort();
      return { exit: await end, stdout, stderr };
    },
  };
}
