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
