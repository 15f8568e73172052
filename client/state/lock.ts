import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { GuildhallError } from '../../errors/index.js';
import { storageFailure, systemCodeOf } from './failures.js';
import { readIfPresent, writeAtomically } from './files.js';

/** A held lock. */
export interface DirectoryLock {
  /** Gives the lock back; calling it again does nothing. */
  release(): void;
}

/** Who holds a lock: the start time tells a process from a later one that got the same number. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Clock ticks since boot, from /proc; empty where the system has none. */
  readonly started: string;
}

const ATTEMPTS = 5;

/**
 * Takes the lock file, so that two clients never run on one state directory. A lock whose process is gone is stale and
 * is taken over. The file appears with its content in one step (link of a complete file), so that nobody sees half of it.
 * @throws GuildhallError STATE_LOCKED naming the process that holds it; STATE_* when the directory cannot be written
 */
export function acquireLock(file: string): DirectoryLock {
  const mine = JSON.stringify(currentHolder());
  const draft = join(dirname(file), `.lock.${randomBytes(6).toString('hex')}.tmp`);
  writeAtomically(draft, mine);
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      if (createFrom(draft, file)) return { release: () => releaseIfMine(file, mine) };
      const content = readIfPresent(file)?.toString('utf8');
      if (content === undefined) continue;
      const holder = parseHolder(content);
      if (holder !== undefined && isAlive(holder)) throw locked(file, holder);
      takeAway(file, content);
    }
    throw new GuildhallError('STATE_LOCKED', `The lock ${file} changes hands too fast.`, { details: { file } });
  } finally {
    rmSync(draft, { force: true });
  }
}

function createFrom(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return false;
    throw storageFailure(error, 'create the lock', file);
  }
}

/** Removes a stale lock; if another process has replaced it meanwhile, puts that one back. */
function takeAway(file: string, stale: string): void {
  const aside = `${file}.${randomBytes(6).toString('hex')}.stale`;
  try {
    renameSync(file, aside);
    if (readFileSync(aside, 'utf8') !== stale) createFrom(aside, file);
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw storageFailure(error, 'remove the stale lock', file);
  } finally {
    rmSync(aside, { force: true });
  }
}

function releaseIfMine(file: string, mine: string): void {
  if (readIfPresent(file)?.toString('utf8') === mine) rmSync(file, { force: true });
}

function currentHolder(): Holder {
  return { pid: process.pid, host: hostname(), started: startTime(process.pid) };
}

/** A holder on another host (a shared file system) cannot be probed and counts as alive. */
function isAlive(holder: Holder): boolean {
  if (holder.host !== hostname()) return true;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return systemCodeOf(error) === 'EPERM';
  }
  return holder.started === '' || startTime(holder.pid) === holder.started;
}

/** Field 22 of /proc/PID/stat, counted after the command's closing parenthesis (proc(5)). */
function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function parseHolder(content: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(content);
    if (typeof value !== 'object' || value === null) return undefined;
    if (!('pid' in value) || !('host' in value) || !('started' in value)) return undefined;
    const { pid, host, started } = value;
    if (typeof pid !== 'number' || typeof host !== 'string' || typeof started !== 'string') return undefined;
    return { pid, host, started };
  } catch {
    return undefined;
  }
}

function locked(file: string, holder: Holder): GuildhallError {
  return new GuildhallError('STATE_LOCKED', `Process ${holder.pid} on ${holder.host} holds ${file}.`, {
    details: { file, pid: holder.pid },
  });
}
