import { GuildhallError } from '../errors/index.js';
import type { WatchResponse } from '../proto/index.js';
import { Backoff } from './backoff.js';
import type { BackoffOptions } from './backoff.js';
import { isAborted } from './clock.js';
import type { Clock } from './clock.js';
import type { ClientEvent } from './events.js';
import type { RoundsApi } from './rounds/api.js';

/** How a watch is kept up. */
export interface WatcherOptions {
  readonly api: Pick<RoundsApi, 'ready' | 'watch'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly backoff?: BackoffOptions | undefined;
  /** Called when a stream begins: what follows first is a replay of the present state. */
  readonly onReplay: () => void;
  readonly onMessage: (event: NonNullable<WatchResponse['event']>) => void;
  readonly onEvent: (event: ClientEvent) => void;
}

/** A stream that lasted so long was a good one: the next wait is short again. */
const STEADY_MS = 10_000;

/**
 * Follows the coordinator's events until the signal is aborted, connecting again with backoff whenever the stream breaks.
 * @throws GuildhallError whose code no retry can help, such as CERTIFICATE_REVOKED or COORDINATOR_UNTRUSTED
 */
export async function watchRounds(options: WatcherOptions): Promise<void> {
  const { api, clock, signal, onReplay, onMessage, onEvent } = options;
  const backoff = new Backoff(options.backoff);
  while (!isAborted(signal)) {
    const broken = new AbortController();
    const begun = clock.now();
    onReplay();
    void api.ready(AbortSignal.any([signal, broken.signal])).then(
      () => onEvent({ kind: 'connected' }),
      () => undefined,
    );
    const failure = await follow(api, signal, onMessage);
    broken.abort(failure);
    if (isAborted(signal)) return;
    if (!(failure instanceof GuildhallError) || !failure.retryable) throw failure;
    if (clock.now() - begun >= STEADY_MS) backoff.reset();
    const retryInMs = backoff.next();
    onEvent({ kind: 'disconnected', code: failure.code, retryInMs });
    await clock.sleep(retryInMs, signal).catch(() => undefined);
  }
}

/** Hands every message on until the stream ends; returns why it ended. */
async function follow(
  api: Pick<RoundsApi, 'watch'>,
  signal: AbortSignal,
  onMessage: WatcherOptions['onMessage'],
): Promise<unknown> {
  try {
    for await (const { event } of api.watch({ signal })) {
      if (event !== undefined) onMessage(event);
    }
    return new GuildhallError('COORDINATOR_UNREACHABLE', 'The coordinator ended the stream.');
  } catch (error) {
    return error;
  }
}
