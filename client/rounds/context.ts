import type { Logger } from 'pino';
import type { RandomSource, SigningKey } from '../../crypto/index.js';
import type { Policy } from '../../federation/index.js';
import type { Clock } from '../clock.js';
import type { Ledger } from '../ledger/ledger.js';
import type { ModelStore } from '../models.js';
import type { Trainer } from '../training/trainer.js';
import type { RoundsApi } from './api.js';

/** What a client brings to every round. */
export interface ParticipantContext {
  readonly api: RoundsApi;
  readonly merchant: string;
  readonly federation: string;
  readonly identity: SigningKey;
  /** The coordinator's pinned contract key. */
  readonly contractKey: Uint8Array;
  /** Read afresh for each round, so that the operator's edits count at once. */
  readonly policy: () => Policy;
  /** Names and keys of every merchant that this one believes in, itself included. */
  readonly members: (policy: Policy, signal: AbortSignal) => Promise<ReadonlyMap<string, Uint8Array>>;
  readonly ledger: Ledger;
  readonly models: ModelStore;
  readonly trainer: Trainer;
  readonly random: RandomSource;
  readonly clock: Clock;
  readonly logger: Logger;
}
