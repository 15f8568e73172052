import { GuildhallError } from '../../errors/index.js';
import type { Phase } from '../../proto/index.js';
import type { CallBounds } from '../wire/caller.js';
import { retrying } from '../wire/retry.js';
import type { RoundsApi } from './api.js';
import type { RoundFeed } from './feed.js';
import { LeftRound } from './outcome.js';
import type { ParticipantContext } from './context.js';

/** Time beyond a phase's length that a client grants a coordinator whose clock or network is slow, in ms. */
const GRACE_MS = 15_000;

/** One round's conversation with the coordinator: what fails here means that the round goes on without this client. */
export class RoundCalls {
  readonly #contract: Uint8Array;
  readonly #feed: RoundFeed;
  readonly #context: Pick<ParticipantContext, 'api' | 'clock' | 'logger'>;

  /** @param contract its SHA-256 */
  constructor(contract: Uint8Array, feed: RoundFeed, context: Pick<ParticipantContext, 'api' | 'clock' | 'logger'>) {
    this.#contract = contract;
    this.#feed = feed;
    this.#context = context;
  }

  /**
   * Waits for the round to be in a phase or later, for no longer than the phase before may last.
   * @throws LeftRound when it ends or does not come so far in time; the signal's reason
   */
  async reach(phase: Phase, lengthMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    try {
      await this.#feed.reach(phase, { clock, withinMs: lengthMs + GRACE_MS, signal });
    } catch (error) {
      throw signal.aborted ? signal.reason : asLeft(error);
    }
  }

  /**
   * One call, repeated while that can help.
   * @throws LeftRound when it fails for good; the signal's reason
   */
  async send<T>(
    signal: AbortSignal,
    withinMs: number,
    call: (api: RoundsApi, contract: Uint8Array, bounds: CallBounds) => Promise<T>,
  ): Promise<T> {
    const { api, clock, logger } = this.#context;
    try {
      return await retrying(() => call(api, this.#contract, { signal }), {
        clock,
        signal,
        withinMs,
        onRetry: ({ code }, waitMs) => logger.debug({ code, waitMs }, 'trying again'),
      });
    } catch (error) {
      throw signal.aborted ? signal.reason : asLeft(error);
    }
  }
}

/** A failure on the coordinator's side of the wire; anything unforeseen stays what it is. */
export function asLeft(error: unknown): unknown {
  return error instanceof GuildhallError ? new LeftRound(error) : error;
}
