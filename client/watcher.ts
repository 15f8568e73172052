import { errorCodeOf, GuildhallError } from '../errors/index.js';
import type { WatchResponse } from '../proto/index.js';
import { Backoff } from './backoff.js';
import type { BackoffOptions } from './backoff.js';
import type { Clock } from './clock.js';
import type { ClientEvent } from './events.js';
import type { RoundsApi } from './rounds/api.js';

/** How a watch is kept up. */
export interface WatcherOptions {
  readonly api: Pick<RoundsApi, 'watch'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly backoff?: BackoffOptions | undefined;
  /** Called when a stream has begun to answer: what follows first is a replay of the present state. */
  readonly onReplay: () => void;
  readonly onMessage: (event: NonNullable<WatchResponse['event']>) => void;
  readonly onEvent: (event: ClientEvent) => void;
}

/**
 * Follows the coordinator's events until the signal is aborted, connecting again with backoff whenever the stream breaks.
 * @throws GuildhallError whose code no retry can help, such as CERTIFICATE_REVOKED or COORDINATOR_UNTRUSTED
 */
export async function watchRounds(options: WatcherOptions): Promise<void> {
  const { api, clock, signal, onReplay, onMessage, onEvent } = options;
  const backoff = new Backoff(options.backoff);
  while (!signal.aborted) {
    let failure: unknown;
    try {
      let fresh = true;
      for await (const { event } of api.watch({ signal })) {
        if (fresh) {
          fresh = false;
          backoff.reset();
          onReplay();
          onEvent({ kind: 'connected' });
        }
        if (event !== undefined) onMessage(event);
      }
      failure = new GuildhallError('COORDINATOR_UNREACHABLE', 'The coordinator ended the stream.');
    } catch (error) {
      failure = error;
    }
    // The signal's listeners may have run while the stream was awaited.
    if (isAborted(signal)) return;
    if (!(failure instanceof GuildhallError) || !failure.retryable) throw failure;
    const retryInMs = backoff.next();
    onEvent({ kind: 'disconnected', code: errorCodeOf(failure), retryInMs });
    await clock.sleep(retryInMs, signal).catch(() => undefined);
  }
}

const isAborted = (signal: AbortSignal): boolean => signal.aborted;
