/** Time as the coordinator's process sees it: injected, so that tests move it by hand. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /**
   * Calls `wake` once, at `atMs` or as soon as possible after it.
   * @returns a function that cancels the call
   */
  at(atMs: number, wake: () => void): () => void;
}

/** Longest delay that a Node timer takes; a longer wait is cut in pieces. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's clock. Its timers do not keep the process alive: the listeners do. */
export const systemClock: Clock = {
  now: () => Date.now(),
  at(atMs, wake) {
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const delay = Math.max(0, atMs - Date.now());
      timer = setTimeout(delay > LONGEST_TIMER_MS ? arm : wake, Math.min(delay, LONGEST_TIMER_MS));
      timer.unref();
    };
    arm();
    return () => {
      clearTimeout(timer);
    };
  },
};
