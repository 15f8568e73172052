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
}

/** What the worker is asked. */
export type WorkerRequest =
  | {
      readonly kind: 'prepare';
      readonly terms: RoundTerms;
      readonly model: Uint8Array;
      readonly rosterSize?: number | undefined;
    }
  | { readonly kind: 'evaluate'; readonly models: readonly Uint8Array[] }
  | { readonly kind: 'load' };

/** Its answers, by the kind of the request. */
export interface WorkerAnswers {
  readonly prepare: PreparedInput;
  readonly evaluate: LocalEvaluation;
  readonly load: DataReport;
}

/** How far a long piece of work has come. */
export interface TrainingProgress {
  readonly stage: 'reading' | 'indexing' | 'training' | 'evaluating';
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
