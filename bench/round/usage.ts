import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { GuildhallError } from '../../errors/index.js';

/** Fields of /proc/PID/stat after the command's closing bracket, 0-based: utime and stime in clock ticks (proc(5)). */
const UTIME = 11;
const STIME = 12;

/** @throws GuildhallError USAGE on a system that does not tell what other processes spend */
export function requireProcessUsage(): void {
  if (existsSync('/proc/self/stat')) return;
  throw new GuildhallError('USAGE', 'This benchmark reads /proc, which this system does not have. Run it on Linux.');
}

let ticksASecond: number | undefined;

/** CPU seconds, user and system, that a process and its threads have spent so far. */
export function cpuSecondsOf(pid: number): number {
  ticksASecond ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[UTIME]) + Number(fields[STIME])) / ticksASecond;
}

/** Largest resident memory of a process so far, in MiB. */
export function peakMiBOf(pid: number): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}
