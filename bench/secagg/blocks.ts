import { openSync, readSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

/** Between two looks at the main thread's clock, ms: what is shorter cannot be told from the work around it. */
const RESOLUTION_MS = 2;

/** The longest time without a turn of the event loop. */
export interface LongestBlock {
  /** As the clock on the wall has it: with the time in which other processes ran. */
  readonly longestBlockMs: number;
  /** What the main thread itself ran in it; left out where the system does not say. */
  readonly longestBlockCpuMs?: number;
}

/** Notes for how long work holds up the event loop. */
export class BlockWatch {
  #wallMs = 0;
  #cpuMs = 0;
  /** The main thread's clock when it was last looked at: each look costs as much as a small message. */
  #lookMs = mainThreadMs();

  get longest(): LongestBlock {
    const longestBlockMs = Math.round(this.#wallMs);
    return CLOCK === undefined ? { longestBlockMs } : { longestBlockMs, longestBlockCpuMs: Math.round(this.#cpuMs) };
  }

  /** Work without a pause; the CPU time of getting to it, since the block before, counts with it. */
  run<T>(work: () => T): T {
    const began = performance.now();
    const result = work();
    this.#note(performance.now() - began);
    return result;
  }

  /** Work that pauses: what it runs between two pauses counts. */
  async watch<T>(work: () => Promise<T>): Promise<T> {
    const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    delays.enable();
    const looks = setInterval(() => this.#note(0), RESOLUTION_MS);
    try {
      // Both measure from one of their own turns to the next.
      await delay(2 * RESOLUTION_MS);
      const result = await work();
      await delay(2 * RESOLUTION_MS);
      return result;
    } finally {
      clearInterval(looks);
      delays.disable();
      this.#note(delays.max / 1e6 - RESOLUTION_MS);
    }
  }

  /** A block has ended: it took so long, and the CPU time since the last look. */
  #note(wallMs: number): void {
    const now = mainThreadMs();
    this.#wallMs = Math.max(this.#wallMs, wallMs);
    this.#cpuMs = Math.max(this.#cpuMs, now - this.#lookMs);
    this.#lookMs = now;
  }
}

/** Where Linux says what a thread has run, in nanoseconds, first on the line; no other system says it for one thread. */
const CLOCK = openClock();
const LINE = Buffer.alloc(64);

function openClock(): number | undefined {
  try {
    return openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
  } catch {
    return undefined;
  }
}

/** CPU time of the main thread so far, ms; 0 where nobody says. */
function mainThreadMs(): number {
  if (CLOCK === undefined) return 0;
  const length = readSync(CLOCK, LINE, 0, LINE.length, 0);
  return Number(LINE.toString('latin1', 0, length).split(' ', 1)[0]) / 1e6;
}
