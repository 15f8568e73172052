/** User and system time of this process so far, in microseconds. */
function spent(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** CPU seconds of a process by step. */
export class CpuBySteps<S extends string> {
  readonly #seconds = new Map<S, number>();
  readonly #runs = new Map<S, number>();

  /** Adds what `work` takes to a step. */
  measure<T>(step: S, work: () => T): T {
    const before = spent();
    const result = work();
    this.#add(step, spent() - before);
    return result;
  }

  /** Everything that the process spends from now on until the function returned is called goes to that call's step. */
  stopwatch(): (step: S) => void {
    let before = spent();
    return (step) => {
      const now = spent();
      this.#add(step, now - before);
      before = now;
    };
  }

  #add(step: S, microseconds: number): void {
    this.#seconds.set(step, (this.#seconds.get(step) ?? 0) + microseconds / 1e6);
    this.#runs.set(step, (this.#runs.get(step) ?? 0) + 1);
  }

  /** Seconds by step. */
  totals(): Record<string, number> {
    return Object.fromEntries([...this.#seconds].map(([step, seconds]) => [step, round(seconds)]));
  }

  /** Seconds by step, each divided by how often the step was measured. */
  means(): Record<string, number> {
    return Object.fromEntries(
      [...this.#seconds].map(([step, seconds]) => [step, round(seconds / (this.#runs.get(step) ?? 1))]),
    );
  }
}

/** To the microsecond, which is what the operating system counts. */
export function round(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}

/** The sum of what the steps took. */
export function totalOf(bySteps: Readonly<Record<string, number>>): number {
  return round(Object.values(bySteps).reduce((sum, seconds) => sum + seconds, 0));
}
