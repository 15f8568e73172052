import type { ErrorCode } from '../errors/index.js';
import type { RoundOutcome } from './rounds/outcome.js';
import type { LocalEvaluation } from './training/evaluation.js';
import type { TrainingProgress } from './training/messages.js';

/** What a running client tells the person before it; nothing of it leaves the machine. */
export type ClientEvent =
  | { readonly kind: 'connected' }
  | { readonly kind: 'disconnected'; readonly code: ErrorCode; readonly retryInMs: number }
  /** A contract was proposed; its name is a claim until it is checked. */
  | { readonly kind: 'round-proposed'; readonly contract: string }
  | { readonly kind: 'round-ended'; readonly job: string; readonly round: number; readonly outcome: RoundOutcome }
  | { readonly kind: 'model'; readonly job: string; readonly version: number }
  | { readonly kind: 'job-ended'; readonly job: string; readonly state: 'done' | 'failed'; readonly code: string }
  | { readonly kind: 'training'; readonly progress: TrainingProgress }
  | { readonly kind: 'evaluated'; readonly job: string; readonly evaluation: LocalEvaluation };
