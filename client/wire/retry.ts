import { GuildhallError } from '../../errors/index.js';
import { Backoff } from '../backoff.js';
import type { BackoffOptions } from '../backoff.js';
import type { Clock } from '../clock.js';

/** What repeating a call may take. */
export interface RetryOptions {
  readonly clock: Clock;
  /** Milliseconds after the first attempt when no new one starts. */
  readonly withinMs: number;
  readonly signal: AbortSignal;
  readonly backoff?: BackoffOptions | undefined;
  /** Which failures are worth another attempt. @default those whose code is retryable */
  readonly retries?: ((error: GuildhallError) => boolean) | undefined;
  /** Told of each failure that will be followed by another attempt. */
  readonly onRetry?: ((error: GuildhallError, waitMs: number) => void) | undefined;
}

/**
 * Repeats a call until it succeeds, fails for good, or the time is up; the failure is then the last one. Every call of
 * the protocol is idempotent: the same bytes get the same answer, so repeating is always safe.
 * @param attempt must send the same bytes each time
 */
export async function retrying<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, signal, withinMs, onRetry, retries = isRetryable } = options;
  const backoff = new Backoff(options.backoff);
  const until = clock.now() + withinMs;
  for (;;) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof GuildhallError) || !retries(error) || signal.aborted) throw error;
      const wait = backoff.next();
      if (clock.now() + wait >= until) throw error;
      onRetry?.(error, wait);
      await clock.sleep(wait, signal);
    }
  }
}

const isRetryable = (error: GuildhallError): boolean => error.retryable;
