import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { GuildhallError, isErrorCode } from '../../errors/index.js';

/** A line of JSON that a process printed on stdout. */
export type PrintedEvent = Readonly<Record<string, unknown>>;

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** How long a process that was asked to end may take before it is killed. */
const DEFAULT_GRACE_MS = 5_000;
/** Lines of a failed process's stderr that go into the error. */
const LAST_LINES = 5;

/** A process that goes on until it is stopped. */
export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  /** Rejects when the process ends before anybody stopped it; never resolves. */
  readonly failure: Promise<never>;
  /** The first line of JSON that the process printed, or will print, of which `wanted` is true. */
  event(wanted: (event: PrintedEvent) => boolean): Promise<PrintedEvent>;
  /** SIGTERM, and SIGKILL when it does not end in time. */
  stop(): Promise<void>;
  /** SIGKILL: the process gets no chance to say goodbye. */
  kill(): Promise<void>;
}

/** The processes of one simulation: every one ends when the simulation does, whatever ends it. */
export class ProcessGroup {
  readonly #command: readonly string[];
  readonly #logs: string;
  readonly #graceMs: number;
  #stopping = false;
  readonly #alive = new Map<Child, string>();
  readonly #killAll = (): void => {
    for (const child of this.#alive.keys()) child.kill('SIGKILL');
  };

  /**
   * @param command executable and first arguments of the `guildhall` command
   * @param logs existing directory that gets one file a process with all it wrote
   * @param options.graceMs how long a process that was asked to end may take before it is killed. @default 5000
   */
  constructor(command: readonly string[], logs: string, options: { readonly graceMs?: number } = {}) {
    this.#command = command;
    this.#logs = logs;
    this.#graceMs = options.graceMs ?? DEFAULT_GRACE_MS;
    process.on('exit', this.#killAll);
  }

  /**
   * Runs one command with `--json` to its end.
   * @returns what it printed, parsed
   * @throws GuildhallError the command's own error, or PROCESS_FAILED
   */
  async run(name: string, args: readonly string[], signal: AbortSignal): Promise<unknown> {
    const child = this.#spawn(name, args);
    const stop = (): void => void child.kill('SIGTERM');
    signal.addEventListener('abort', stop, { once: true });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    const stderr = lastLines(child.stderr);
    try {
      const code = await exitOf(child);
      signal.throwIfAborted();
      if (code !== 0) throw failureOf(name, code, stderr);
      return JSON.parse(stdout) as unknown;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Starts a command with `--json` that goes on. */
  start(name: string, args: readonly string[]): RunningProcess {
    const child = this.#spawn(name, args);
    const stderr = lastLines(child.stderr);
    const events = new EventLines(child.stdout);
    let expected = false;
    const failure = exitOf(child).then((code) => {
      if (expected || this.#stopping) return new Promise<never>(() => undefined);
      throw failureOf(name, code, stderr);
    });
    failure.catch(() => undefined);
    const end = async (how: () => Promise<void>): Promise<void> => {
      expected = true;
      if (this.#alive.has(child)) await how();
    };
    return {
      name,
      pid: child.pid ?? 0,
      failure,
      event: (wanted) => Promise.race([events.first(wanted), failure]),
      stop: () => end(() => this.#terminate([child])),
      kill: () =>
        end(async () => {
          child.kill('SIGKILL');
          await exitOf(child);
        }),
    };
  }

  /** Asks every process to end, and kills those that do not in time. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#terminate([...this.#alive.keys()]);
    process.off('exit', this.#killAll);
  }

  async #terminate(children: readonly Child[]): Promise<void> {
    for (const child of children) child.kill('SIGTERM');
    const timer = setTimeout(() => {
      for (const child of children) if (this.#alive.has(child)) child.kill('SIGKILL');
    }, this.#graceMs);
    await Promise.all(children.map(exitOf));
    clearTimeout(timer);
  }

  #spawn(name: string, args: readonly string[]): Child {
    const [executable = process.execPath, ...first] = this.#command;
    const child = spawn(executable, [...first, ...args, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#alive.set(child, name);
    child.once('close', () => this.#alive.delete(child));
    const log = createWriteStream(join(this.#logs, `${name}.log`), { flags: 'a' });
    child.stdout.on('data', (chunk: Buffer) => void log.write(chunk));
    child.stderr.on('data', (chunk: Buffer) => void log.write(chunk));
    child.once('close', () => log.end());
    return child;
  }
}

/** Every line of JSON that a process printed, for whoever asks, whenever. */
class EventLines {
  readonly #seen: PrintedEvent[] = [];
  readonly #waiting = new Set<(event: PrintedEvent) => void>();

  constructor(stream: Readable) {
    createInterface({ input: stream }).on('line', (line) => {
      const event = parseEvent(line);
      if (event === undefined) return;
      this.#seen.push(event);
      for (const tell of this.#waiting) tell(event);
    });
  }

  first(wanted: (event: PrintedEvent) => boolean): Promise<PrintedEvent> {
    const seen = this.#seen.find(wanted);
    if (seen !== undefined) return Promise.resolve(seen);
    return new Promise((resolve) => {
      const tell = (event: PrintedEvent): void => {
        if (!wanted(event)) return;
        this.#waiting.delete(tell);
        resolve(event);
      };
      this.#waiting.add(tell);
    });
  }
}

function parseEvent(line: string): PrintedEvent | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

async function exitOf(child: Child): Promise<number | string> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
  return child.exitCode ?? child.signalCode ?? 'unknown';
}

function lastLines(stream: Readable): readonly string[] {
  const lines: string[] = [];
  createInterface({ input: stream }).on('line', (line) => {
    lines.push(line);
    if (lines.length > LAST_LINES) lines.shift();
  });
  return lines;
}

function failureOf(name: string, code: number | string, stderr: readonly string[]): GuildhallError {
  for (const line of [...stderr].reverse()) {
    const error = parseEvent(line)?.error;
    if (typeof error !== 'object' || error === null || !('code' in error) || !('message' in error)) continue;
    if (typeof error.code === 'string' && isErrorCode(error.code)) {
      return new GuildhallError(error.code, `${name}: ${String(error.message)}`);
    }
  }
  return new GuildhallError('PROCESS_FAILED', `The process "${name}" ended with ${code}: ${stderr.join(' | ')}`);
}
