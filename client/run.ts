import { osRandom } from '../crypto/index.js';
import type { RandomSource } from '../crypto/index.js';
import { GuildhallError } from '../errors/index.js';
import { Phase } from '../proto/index.js';
import type { Envelope, RoundEvent, WatchResponse } from '../proto/index.js';
import { sha256 } from '../crypto/index.js';
import type { BackoffOptions } from './backoff.js';
import { systemClock } from './clock.js';
import type { Clock } from './clock.js';
import type { ClientEvent } from './events.js';
import { Ledger } from './ledger/ledger.js';
import type { Logger } from 'pino';
import { ModelStore } from './models.js';
import { Releases } from './releases.js';
import { requireUnexpired } from './renew.js';
import { RoundFeed } from './rounds/feed.js';
import type { ParticipantContext } from './rounds/context.js';
import { takePart } from './rounds/participant.js';
import { confirmLedger } from './rounds/receipts.js';
import type { Participation } from './rounds/outcome.js';
import { JudgementPace } from './rounds/pace.js';
import { unopenedName } from './rounds/preconditions.js';
import { connect, currentPolicy, openClient, trainerFor, trustedMembers } from './session.js';
import { tendCertificate } from './tend-certificate.js';
import { acquireLock } from './state/lock.js';
import type { Trainer } from './training/trainer.js';
import { watchRounds } from './watcher.js';

/** How to run a client. */
export interface RunOptions {
  readonly dir: string;
  readonly logger: Logger;
  /** Ends the run: open rounds are declined, secrets erased, and what was spent stays spent. */
  readonly signal: AbortSignal;
  /** Told of everything worth showing. */
  readonly onEvent?: ((event: ClientEvent) => void) | undefined;
  /** Whether the merchant's own figures are measured each time a job is done. @default 'never' */
  readonly evaluate?: 'never' | 'after-jobs' | undefined;
  /** How long to wait before connecting again. */
  readonly backoff?: BackoffOptions | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
  /** Coins of the protocol. @default the operating system's */
  readonly random?: RandomSource | undefined;
  /** @default a worker thread over the data of client.toml */
  readonly trainer?: Trainer | undefined;
}

/** What a run came to. */
export interface RunSummary {
  readonly merchant: string;
  /** Rounds carried through to the end. */
  readonly roundsDone: number;
  readonly roundsDeclined: number;
  readonly roundsLeft: number;
  /** Message bytes sent in this run. */
  readonly bytesSent: number;
}

/**
 * Runs a merchant's client until the signal is aborted: follows the coordinator, takes part in every round that the
 * policy accepts, keeps the newest models. One client a directory; a second run goes on with the same identity and
 * ledger.
 * @throws GuildhallError STATE_*, LEDGER_*, *_MALFORMED before anything is sent; LEDGER_ROLLED_BACK also when the
 *   coordinator countersigned more than the ledger holds; CERTIFICATE_*, COORDINATOR_UNTRUSTED when the coordinator will
 *   never accept this client; CERTIFICATE_EXPIRED at the start
 */
export async function runClient(options: RunOptions): Promise<RunSummary> {
  const client = openClient(options.dir);
  requireUnexpired(client.state, options.clock ?? systemClock);
  currentPolicy(client);
  const lock = acquireLock(client.state.paths.lock);
  try {
    const ledger = Ledger.open(client.state.paths);
    try {
      return await new Runner(client, ledger, options).run();
    } finally {
      ledger.close();
    }
  } finally {
    lock.release();
  }
}

interface OpenRound {
  readonly feed: RoundFeed;
  /** `done` stays known until the round ends; one that is `over` may be looked at again after a reconnect. */
  finished: 'no' | 'done' | 'over';
}

/** One run: the watcher's events in, participations out. */
class Runner {
  readonly #options: RunOptions;
  readonly #merchant: string;
  readonly #context: ParticipantContext;
  readonly #ledger: Ledger;
  readonly #close: () => Promise<void>;
  readonly #tendCertificate: () => Promise<void>;
  readonly #stop = new AbortController();
  readonly #rounds = new Map<string, OpenRound>();
  readonly #working = new Set<Promise<void>>();
  readonly #pace: JudgementPace;
  readonly #releases: Releases;
  readonly #tally = { done: 0, known: 0, declined: 0, left: 0 };
  #confirmed: Promise<void> | undefined;
  #failure: GuildhallError | undefined;
  #sent = 0;
  #unsaved = 0;

  constructor(client: ReturnType<typeof openClient>, ledger: Ledger, options: RunOptions) {
    const { logger, clock = systemClock, random = osRandom } = options;
    const trainer =
      options.trainer ?? trainerFor(client, logger, (progress) => this.#tell({ kind: 'training', progress }));
    const { api, caller } = connect(client, (bytes) => {
      this.#sent += bytes;
      this.#unsaved += bytes;
    });
    this.#options = options;
    this.#pace = new JudgementPace(
      clock,
      ledger.refusals().map(({ at }) => at),
    );
    this.#merchant = client.state.merchant;
    this.#ledger = ledger;
    this.#context = {
      api,
      merchant: client.state.merchant,
      federation: client.state.federation,
      identity: client.state.identity,
      contractKey: client.state.contractKey,
      policy: () => currentPolicy(client),
      members: (policy, signal) => trustedMembers(client, api, policy, signal),
      ledger,
      models: new ModelStore(client.state.paths.models),
      trainer,
      random,
      clock,
      logger,
    };
    this.#releases = new Releases({
      ...{ api, models: this.#context.models, trainer, logger, signal: this.#stop.signal },
      evaluate: options.evaluate ?? 'never',
      onEvent: (event) => this.#tell(event),
    });
    this.#tendCertificate = () =>
      tendCertificate(client.state, { api, caller, clock, logger, signal: this.#stop.signal });
    this.#close = async () => {
      caller.close();
      await trainer.close();
    };
  }

  async run(): Promise<RunSummary> {
    const { signal } = this.#options;
    const stop = (): void => this.#stop.abort(new GuildhallError('CLIENT_STOPPED', 'The client was asked to stop.'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    this.#work(this.#tendCertificate());
    try {
      await watchRounds({
        api: this.#context.api,
        clock: this.#context.clock,
        signal: this.#stop.signal,
        backoff: this.#options.backoff,
        onReplay: () => this.#forgetFinished(),
        onMessage: (event) => this.#receive(event),
        onEvent: (event) => this.#tell(event),
      });
    } finally {
      stop();
      signal.removeEventListener('abort', stop);
      await Promise.allSettled([...this.#working, this.#releases.settled()]);
      await this.#close();
    }
    this.#saveTraffic();
    if (this.#failure !== undefined) throw this.#failure;
    const { done, declined, left } = this.#tally;
    return {
      merchant: this.#merchant,
      roundsDone: done,
      roundsDeclined: declined,
      roundsLeft: left,
      bytesSent: this.#sent,
    };
  }

  #receive(event: NonNullable<WatchResponse['event']>): void {
    switch (event.$case) {
      case 'round':
        this.#onRound(event.value);
        break;
      case 'model':
        this.#releases.onModel(event.value);
        break;
      case 'job':
        this.#releases.onJob(event.value);
        break;
    }
  }

  /** A contract is taken up while it advertises, once; later events only move its feed. */
  #onRound(event: RoundEvent): void {
    if (event.contract === undefined) return;
    const key = sha256(event.contract.payload).toString('hex');
    const ended = event.phase === Phase.PHASE_DONE || event.phase === Phase.PHASE_ABORTED;
    const known = this.#rounds.get(key);
    if (known !== undefined) {
      known.feed.update(event);
      if (ended && known.finished !== 'no') this.#rounds.delete(key);
      return;
    }
    if (ended) return;
    // Past advertising only a round that this client began, before a crash, is any of its business.
    if (event.phase !== Phase.PHASE_ADVERTISING && !this.#ledger.hasJoined(unopenedName(event.contract))) return;
    if (this.#pace.isFull) return;
    const round: OpenRound = { feed: new RoundFeed(event), finished: 'no' };
    this.#rounds.set(key, round);
    this.#tell({ kind: 'round-proposed', contract: key });
    const participation = this.#join(event.contract, round.feed);
    const settle = (ended: Participation | undefined): void => {
      if (ended === undefined) {
        this.#rounds.delete(key);
        return;
      }
      const { name, outcome } = ended;
      round.finished = outcome.kind === 'done' ? 'done' : 'over';
      this.#tally[outcome.kind] += 1;
      this.#saveTraffic();
      this.#tell({ kind: 'round-ended', job: name.job, round: name.round, outcome });
    };
    const giveUp = (error: unknown): never => {
      round.finished = 'over';
      throw error;
    };
    this.#work(participation.then(settle, giveUp));
  }

  /** @returns undefined for a round that has begun without this client while its contract waited for its turn */
  async #join(contract: Envelope, feed: RoundFeed): Promise<Participation | undefined> {
    await this.#pace.turn(this.#stop.signal);
    let refused = false;
    try {
      if (feed.phase !== Phase.PHASE_ADVERTISING && !this.#ledger.hasJoined(unopenedName(contract))) return undefined;
      await this.#confirm();
      const participation = await takePart(contract, feed, this.#context, this.#stop.signal);
      refused = participation.outcome.kind === 'declined';
      return participation;
    } finally {
      if (!refused) this.#pace.giveBack();
    }
  }

  /**
   * Once in a run, before its first round: the ledger must hold what the coordinator countersigned last. A ledger that
   * does not ends the run; a call that fails is tried again with the next round.
   */
  #confirm(): Promise<void> {
    this.#confirmed ??= confirmLedger(this.#context, this.#stop.signal).catch((error: unknown) => {
      this.#confirmed = undefined;
      if (error instanceof GuildhallError && error.code === 'LEDGER_ROLLED_BACK') {
        this.#failure = error;
        this.#stop.abort(error);
      }
      throw error;
    });
    return this.#confirmed;
  }

  /** Background work: a failure is a log line, never the end of the client. */
  #work(task: Promise<void>): void {
    const guarded = task
      .catch((error: unknown) => {
        if (!this.#stop.signal.aborted) this.#context.logger.warn({ err: error }, 'background work failed');
      })
      .finally(() => this.#working.delete(guarded));
    this.#working.add(guarded);
  }

  /** What a replay shows again is judged again; the journal knows what was begun. */
  #forgetFinished(): void {
    for (const [key, round] of this.#rounds) if (round.finished === 'over') this.#rounds.delete(key);
  }

  #saveTraffic(): void {
    const bytes = this.#unsaved;
    this.#unsaved = 0;
    this.#ledger.addBytesSent(bytes);
  }

  #tell(event: ClientEvent): void {
    this.#context.logger.info(event, event.kind);
    this.#options.onEvent?.(event);
  }
}
