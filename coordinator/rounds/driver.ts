import type { Logger } from 'pino';

import type { SigningKey } from '../../crypto/index.js';
import { errorCodeOf, GuildhallError } from '../../errors/index.js';
import type { ErrorCode } from '../../errors/index.js';
import { signContract } from '../../federation/index.js';
import type { Clock } from '../clock.js';
import type { CoordinatorConfig } from '../config.js';
import type { JobRecord, JobSetback, ModelVersion, RoundId, RoundRecord, Store } from '../store/index.js';
import { contractFor } from './contract.js';
import { LeaseKeeper } from './lease-keeper.js';
import { startingModel, storeNewRound } from './opening.js';
import type { StartFrom } from './opening.js';
import { OpenRound } from './open-round.js';
import type { ApplySum } from './applying.js';
import type { RoundContext } from './open-round.js';
import type { Presence } from './presence.js';
import { openRound } from './reducer.js';
import { rulesOf } from './replay.js';
import { restoreRound } from './restore.js';
import { Serial } from './serial.js';

/** Pause before trying again what failed for want of storage. */
const RECOVERY_DELAY_MS = 1000;
/** Longest pause after aborted rounds. */
const LONGEST_RETRY_MS = 60_000;
/** A round that fails unforeseen so often in this process is given up. */
const MAXIMUM_STALLS = 3;

/** Who is told how things go on. */
export interface Announcer {
  round(round: OpenRound): void;
  model(model: ModelVersion): void;
  job(job: JobRecord): void;
}

/** What the driver works with. */
export interface DriverOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly presence: Presence;
  readonly federation: string;
  readonly settings: CoordinatorConfig['rounds'];
  readonly contractKey: SigningKey;
  readonly applySum: ApplySum;
  readonly startFrom: StartFrom;
  readonly announcer: Announcer;
  /** The lease is lost: this process must stop. */
  readonly onFatal: (error: unknown) => void;
}

/**
 * Runs the jobs in order of submission: opens a round when enough merchants are there, resumes open rounds after a
 * restart, tries an aborted step again under a new number, and fails a job that aborts too often.
 */
export class Driver {
  readonly #options: DriverOptions;
  readonly #context: RoundContext;
  readonly #serial = new Serial();
  readonly #leaseKeeper: LeaseKeeper;
  readonly #stalls = new Map<RoundId, number>();
  #round: OpenRound | undefined;
  #cancelConsider: (() => void) | undefined;
  #isStopped = false;

  constructor(options: DriverOptions) {
    this.#options = options;
    const { store, clock, logger, applySum, settings } = options;
    this.#context = {
      store,
      clock,
      logger,
      applySum,
      sums: settings.keep_sums ? 'keep' : 'forget',
      afterAbort: (round) => this.#jobAfterAbort(round.record.job),
      onChange: (round) => this.#changed(round),
      onStall: (round, error) => this.#stalled(round, error),
    };
    this.#leaseKeeper = new LeaseKeeper(store.lease, clock, (error) => this.#failed(error));
    options.presence.listen({
      connected: (merchant) => {
        this.#round?.notify({ kind: 'connected', merchant });
        this.consider();
      },
      disconnected: (merchant) => this.#round?.notify({ kind: 'disconnected', merchant }),
    });
  }

  /** The open round, if there is one. */
  get round(): OpenRound | undefined {
    return this.#round;
  }

  /** Resumes what was open, then goes on with the jobs. @throws GuildhallError STORAGE_UNAVAILABLE */
  async start(): Promise<void> {
    await this.#serial.run(() => this.#recover());
    this.#leaseKeeper.start();
    this.consider();
  }

  /** Looks again whether a round can open: a job came, a merchant came, time has passed. */
  consider(): void {
    this.#serial
      .run(() => this.#openNext())
      .catch((error: unknown) => {
        this.#failed(error);
      });
  }

  /** A merchant that was revoked is not waited for. */
  async revoked(merchant: string): Promise<void> {
    await this.#round?.decline(merchant, 'MERCHANT_REVOKED');
  }

  /** Finishes the step at hand and parks the open round. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelConsider?.();
    this.#leaseKeeper.stop();
    await this.#serial.idle();
    await this.#round?.park();
    this.#round = undefined;
  }

  async #recover(): Promise<void> {
    if (this.#isStopped || this.#round !== undefined) return;
    const { store, clock, presence, settings, logger } = this.#options;
    const open = await store.rounds.listOpen();
    for (const record of open) {
      const back = {
        connected: presence.connected,
        graceUntilMs: clock.now() + settings.restart_grace_ms,
        disconnectGraceMs: settings.disconnect_grace_ms,
      };
      try {
        if ((this.#stalls.get(record.id) ?? 0) >= MAXIMUM_STALLS) throw new Error('the round stalled too often');
        const round = await restoreRound(this.#context, record, back);
        logger.info({ job: record.job, round: record.round, phase: record.phase }, 'round resumed');
        this.#round = round;
        round.resume();
      } catch (error) {
        await this.#abandon(record, error);
      }
    }
    const still = await store.rounds.listOpen();
    store.roundKeys.destroyExcept(new Set(still.map(({ id }) => id)));
  }

  /** Ends a stored round that cannot be taken up again. @throws GuildhallError STORAGE_UNAVAILABLE, LEASE_LOST */
  async #abandon(record: RoundRecord, error: unknown): Promise<void> {
    const code = errorCodeOf(error);
    if (isOfStorage(code)) throw error;
    this.#options.logger.error({ job: record.job, round: record.round, code, err: error }, 'round given up');
    const { store, clock } = this.#options;
    const job = await this.#jobAfterAbort(record.job);
    await store.rounds.abort(record.id, { code, atMs: clock.now(), job });
  }

  async #openNext(): Promise<void> {
    this.#cancelConsider?.();
    if (this.#isStopped || this.#round !== undefined) return;
    const { store, clock } = this.#options;
    const job = await store.jobs.current();
    if (job === undefined) return;
    if (clock.now() < job.retryAtMs) {
      this.#considerAt(job.retryAtMs);
      return;
    }
    try {
      await this.#openRoundOf(job);
    } catch (error) {
      await this.#setBack(job, error);
    }
  }

  /**
   * No round of a job can open: one that can never open fails its job now, a fault of ours does after as many tries as
   * aborted rounds have, so that neither blocks the jobs behind it.
   * @throws GuildhallError STORAGE_UNAVAILABLE, LEASE_LOST: those are no fault of the job
   */
  async #setBack(job: JobRecord, error: unknown): Promise<void> {
    const code = errorCodeOf(error);
    if (isOfStorage(code)) throw error;
    const { store, logger, announcer } = this.#options;
    const setback = this.#afterFailure(job.failures);
    const state = error instanceof GuildhallError && !error.retryable ? 'failed' : setback.state;
    // What a foreign error says is for the log alone.
    const reason = error instanceof GuildhallError ? error.message : '';
    logger.error({ job: job.name, code, state, err: error }, 'no round of the job can open');
    await store.jobs.setBack(job.name, { ...setback, state, code, reason }, store.lease);
    if (state === 'failed') announcer.job({ ...job, state, code, reason });
    this.consider();
  }

  async #openRoundOf(job: JobRecord): Promise<void> {
    const { store, clock, presence, settings, federation, contractKey, logger, startFrom, announcer } = this.#options;
    const model = await startingModel(store, job, { startFrom, announce: (version) => announcer.model(version) });
    const nowMs = clock.now();
    const signed = signContract(contractFor({ job, federation, model, nowMs }), contractKey);
    const { terms } = signed;
    const merchants = (await store.merchants.list()).filter(({ state }) => state === 'enrolled');
    const members = merchants.map(({ name, identityKey }) => ({ merchant: name, identityKey }));
    const connected = members.map(({ merchant }) => merchant).filter((name) => presence.connected.has(name));
    if (connected.length < terms.roster.minimumMerchants) return;
    const settledAtMs = presence.newestAtMs + settings.settle_ms;
    if (connected.length < members.length && nowMs < settledAtMs) {
      this.#considerAt(settledAtMs);
      return;
    }
    const rules = rulesOf(terms, settings.disconnect_grace_ms);
    const { state, effects } = openRound(rules, connected, nowMs);
    const parts = await storeNewRound(store, { job: job.name, signed, rules, members, nowMs });
    logger.info({ job: job.name, round: terms.round, step: terms.step, connected: connected.length }, 'round opened');
    const round = new OpenRound(this.#context, parts, state);
    this.#round = round;
    round.begin(effects);
    this.#catchUp(round, new Set(connected));
  }

  /** Tells a round of who came and went while it was being stored. */
  #catchUp(round: OpenRound, known: ReadonlySet<string>): void {
    const { connected } = this.#options.presence;
    for (const merchant of connected) if (!known.has(merchant)) round.notify({ kind: 'connected', merchant });
    for (const merchant of known) if (!connected.has(merchant)) round.notify({ kind: 'disconnected', merchant });
  }

  #considerAt(atMs: number): void {
    this.#cancelConsider?.();
    this.#cancelConsider = this.#options.clock.at(atMs, () => {
      this.consider();
    });
  }

  async #jobAfterAbort(name: string): Promise<JobSetback> {
    const job = (await this.#options.store.jobs.list()).find((each) => each.name === name);
    return this.#afterFailure(job?.failures ?? 0);
  }

  /** @param before rounds that failed one after another before this one */
  #afterFailure(before: number): JobSetback {
    const { clock, settings } = this.#options;
    const failures = before + 1;
    const pause = Math.min(settings.retry_delay_ms * 2 ** (failures - 1), LONGEST_RETRY_MS);
    return {
      state: failures >= settings.maximum_failures ? 'failed' : 'active',
      failures,
      retryAtMs: clock.now() + pause,
    };
  }

  #changed(round: OpenRound): void {
    const { logger, announcer } = this.#options;
    const { state, record } = round;
    const code = state.phase === 'aborted' ? state.code : undefined;
    logger.info({ job: record.job, round: record.round, phase: state.phase, code, cohorts: sizes(round) }, 'round');
    announcer.round(round);
    if (state.phase !== 'done' && state.phase !== 'aborted') return;
    if (this.#round === round) this.#round = undefined;
    this.#serial
      .run(() => this.#announceEnd(round))
      .catch((error: unknown) => {
        this.#failed(error);
      });
    this.consider();
  }

  async #announceEnd(round: OpenRound): Promise<void> {
    const { store, announcer } = this.#options;
    if (round.state.phase === 'done') {
      const model = await store.models.newest(round.record.job);
      if (model !== undefined) announcer.model(model);
    }
    const job = (await store.jobs.list()).find(({ name }) => name === round.record.job);
    if (job !== undefined && job.state !== 'active') announcer.job(job);
  }

  #stalled(round: OpenRound, error: unknown): void {
    if (this.#round === round) this.#round = undefined;
    const { id } = round.record;
    if (errorCodeOf(error) !== 'STORAGE_UNAVAILABLE') this.#stalls.set(id, (this.#stalls.get(id) ?? 0) + 1);
    this.#failed(error);
  }

  #failed(error: unknown): void {
    const { clock, logger, onFatal } = this.#options;
    const code = errorCodeOf(error);
    logger.error({ code, err: error }, 'the driver pauses');
    if (code === 'LEASE_LOST') {
      onFatal(error);
      return;
    }
    if (this.#isStopped) return;
    this.#cancelConsider?.();
    this.#cancelConsider = clock.at(clock.now() + RECOVERY_DELAY_MS, () => {
      this.#serial
        .run(() => this.#recover())
        .then(
          () => {
            this.consider();
          },
          (failure: unknown) => {
            this.#failed(failure);
          },
        );
    });
  }
}

/** Whether the work as a whole stands still, rather than one job or round. */
function isOfStorage(code: ErrorCode): boolean {
  return code === 'STORAGE_UNAVAILABLE' || code === 'LEASE_LOST';
}

function sizes({ state: { cohorts } }: OpenRound): { roster?: number; sharers?: number; survivors?: number } {
  const { roster, sharers, survivors } = cohorts;
  return {
    ...(roster === undefined ? {} : { roster: roster.length }),
    ...(sharers === undefined ? {} : { sharers: sharers.length }),
    ...(survivors === undefined ? {} : { survivors: survivors.length }),
  };
}
