import { createHash } from 'node:crypto';

import type { Logger } from 'pino';

import { eraseUnmasking } from '../../crypto/index.js';
import type { SecAggServer, UnmaskingPlan } from '../../crypto/index.js';
import { errorCodeOf } from '../../errors/index.js';
import type { RoundTerms } from '../../federation/index.js';
import type { Clock } from '../clock.js';
import type { RoundKey, RoundRecord, Store } from '../store/index.js';
import { computeResult } from './applying.js';
import type { ApplySum, RoundResult } from './applying.js';
import { closePhase, valueOf } from './replay.js';
import type { RoundRules, WaitingPhase } from './state.js';

/** What a round computes with. */
export interface WorkContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly applySum: ApplySum;
  /** Whether noisy sums stay in the store. */
  readonly sums: 'keep' | 'forget';
}

/** The parts of a round, new or brought back. */
export interface RoundParts {
  readonly record: RoundRecord;
  readonly terms: RoundTerms;
  readonly rules: RoundRules;
  readonly machine: SecAggServer;
  readonly key: RoundKey;
}

/** What a round computes: the close of each step, then the sum and the model that follows from it. */
export class RoundWork {
  readonly #context: WorkContext;
  readonly #parts: RoundParts;
  #plan: UnmaskingPlan | undefined;
  #result: RoundResult | undefined;

  constructor(context: WorkContext, parts: RoundParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** Closes a phase's step. @returns the code with which the machine ends the round, if it does */
  async close(phase: WaitingPhase): Promise<string | undefined> {
    const { logger } = this.#context;
    const { machine, record } = this.#parts;
    const closing = await closePhase(machine, phase);
    if (phase === 'unmasking') {
      for (const fault of machine.faults) logger.warn({ round: record.id, ...fault }, 'share left out');
    }
    if (closing.outcome === 'aborted') {
      logger.warn({ round: record.id, code: closing.code, reason: closing.reason }, 'step failed');
      return closing.code;
    }
    if (phase === 'unmasking') this.#plan = valueOf(machine.closeUnmasking());
    return undefined;
  }

  /**
   * Computes the result, to be stored by {@link RoundWork.finish}.
   * @returns the code with which the round ends instead, where the same inputs would fail again
   * @throws GuildhallError STORAGE_UNAVAILABLE, LEASE_LOST: a full disk passes, and the round can be resumed
   */
  async apply(): Promise<string | undefined> {
    const { store, applySum, logger } = this.#context;
    try {
      if (this.#plan === undefined) throw new Error('a round is applied before it was unmasked');
      this.#result = await computeResult(store, applySum, { ...this.#parts, plan: this.#plan, logger });
      return undefined;
    } catch (error) {
      const code = errorCodeOf(error);
      if (code === 'STORAGE_UNAVAILABLE' || code === 'LEASE_LOST') throw error;
      logger.error({ round: this.#parts.record.id, code, err: error }, 'sum not applied');
      return code;
    }
  }

  /** Stores the result and the round's end in one commit. @throws GuildhallError STORAGE_UNAVAILABLE, LEASE_LOST */
  async finish(): Promise<void> {
    if (this.#result === undefined) throw new Error('a round is done before it was applied');
    const { store, clock, sums } = this.#context;
    const { model, sum } = this.#result;
    await store.rounds.finish(this.#parts.record.id, {
      atMs: clock.now(),
      model,
      sumSha256: createHash('sha256').update(sum).digest('hex'),
      sum: sums === 'keep' ? sum : undefined,
    });
  }

  /** Zeroes the secrets that take the masks out. */
  erase(): void {
    if (this.#plan !== undefined) eraseUnmasking(this.#plan);
    this.#plan = undefined;
  }
}
