/**
 * One registry of stable error codes for every layer: on the wire, in logs, in exit codes and in docs.
 *
 * A leaf: imports nothing of the house, knows nothing but sentences. Each layer's codes stand in a file of their own.
 */
import { CRYPTO_ERRORS } from './crypto.js';
import { PRIVACY_ERRORS } from './privacy.js';
import { DATA_ERRORS } from './data.js';
import { CONTRACT_ERRORS } from './contract.js';
import { COORDINATOR_ERRORS } from './coordinator.js';
import { CLIENT_ERRORS } from './client.js';
import { SIMULATION_ERRORS } from './simulations.js';
import { GENERAL_ERRORS } from './general.js';
import type { ErrorEntry } from './entry.js';

export { EXIT } from './entry.js';
export type { ErrorEntry } from './entry.js';

/** Every code of the system with its help text, whether retrying can help, and the process exit code it ends in. */
export const ERRORS = {
  ...GENERAL_ERRORS,
  ...CRYPTO_ERRORS,
  ...PRIVACY_ERRORS,
  ...DATA_ERRORS,
  ...CONTRACT_ERRORS,
  ...COORDINATOR_ERRORS,
  ...CLIENT_ERRORS,
  ...SIMULATION_ERRORS,
} as const satisfies Record<string, ErrorEntry>;

/** A stable error code; renaming one is a breaking change. */
export type ErrorCode = keyof typeof ERRORS;

/** Where an error arose, for a person: the file and line, a peer, a field. Never a secret and never a shopper's data. */
export interface ErrorDetails {
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  readonly [key: string]: string | number | boolean | undefined;
}

/** The one error class that crosses a boundary: a code of the registry, what is wrong, and the registry's advice. */
export class GuildhallError extends Error {
  override readonly name = 'GuildhallError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  /**
   * @param code a code of {@link ERRORS}
   * @param message what is wrong, in one sentence, naming the value; never a secret
   */
  constructor(code: ErrorCode, message: string, options: { details?: ErrorDetails; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }

  /** What to do next. */
  get help(): string {
    return ERRORS[this.code].help;
  }

  /** Whether doing the same again, unchanged, can succeed. */
  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }
}

/** Narrows any string (from the wire, say) to a registered code. */
export function isErrorCode(value: string): value is ErrorCode {
  return Object.hasOwn(ERRORS, value);
}

/** The code of any thrown value: its own if it is ours, else `INTERNAL`. */
export function errorCodeOf(error: unknown): ErrorCode {
  return error instanceof GuildhallError ? error.code : 'INTERNAL';
}
