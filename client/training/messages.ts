import type { ErrorCode, ErrorDetails } from '../../errors/index.js';
import type { PreparedInput, RoundTerms } from '../../federation/index.js';
import type { DataReport } from '../../recommender/index.js';
import type { DataConfig } from '../config/config.js';
import type { LocalEvaluation } from './evaluation.js';

/** What the worker is born with. */
export interface WorkerSettings {
  readonly data: DataConfig;
  /** Directory of text indexes. */
  readonly cache: string;
  /** Hashes shoppers' ids and chooses the gate's shoppers. */
  readonly localKey: Uint8Array;
  /** Path of the tower that the merchant has compressed; it need not be there. */
  readonly compressedTower: string;
  /** Threads that compute a tower's training steps. @default 1: none beside the worker's own */
  readonly threads?: number | undefined;
}

/** What a round asks of the shop's data. */
export interface PrepareRequest {
  readonly terms: RoundTerms;
  /** The serialised model that the round starts from. */
  readonly model: Uint8Array;
  /** n = |U1|; needed where the contract's excess noise is removable. */
  readonly rosterSize?: number | undefined;
}

/** What the worker is asked. */
export type WorkerRequest =
  | ({ readonly kind: 'prepare' } & PrepareRequest)
  | { readonly kind: 'evaluate'; readonly models: readonly Uint8Array[] }
  | { readonly kind: 'load' };

/** A request on its way to the worker. */
export interface WorkerCall {
  readonly id: number;
  readonly request: WorkerRequest;
  /** Of a {@link Cancellation}. */
  readonly cancelled: SharedArrayBuffer;
}

/** Its answers, by the kind of the request. */
export interface WorkerAnswers {
  readonly prepare: PreparedInput;
  readonly evaluate: LocalEvaluation;
  readonly load: DataReport;
}

/** How far a long piece of work has come. */
export interface TrainingProgress {
  readonly stage: 'reading' | 'indexing' | 'training' | 'evaluating';
  /** How much of the stage is done, told at every quarter of a tower's training. */
  readonly percent?: number;
}

/** What the worker sends. */
export type WorkerMessage =
  | { readonly kind: 'progress'; readonly progress: TrainingProgress }
  | { readonly kind: 'answer'; readonly id: number; readonly value: WorkerAnswers[keyof WorkerAnswers] }
  | { readonly kind: 'failure'; readonly id: number; readonly failure: WorkerFailure };

/** An error on its way between threads, which would lose its class. */
export interface WorkerFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
}
