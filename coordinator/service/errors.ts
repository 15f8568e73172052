import { Metadata, status } from '@grpc/grpc-js';
import type { ServerErrorResponse } from '@grpc/grpc-js';

import { GuildhallError } from '../../errors/index.js';
import type { ErrorCode } from '../../errors/index.js';

/** The trailer that carries a registered code. */
export const CODE_TRAILER = 'guildhall-code';

const STATUS_OF: Partial<Record<ErrorCode, status>> = {
  RATE_LIMITED: status.RESOURCE_EXHAUSTED,
  ROSTER_FULL: status.RESOURCE_EXHAUSTED,
  STORAGE_UNAVAILABLE: status.UNAVAILABLE,
  COORDINATOR_SHUTTING_DOWN: status.UNAVAILABLE,
  LEASE_LOST: status.UNAVAILABLE,
  UPLOAD_STALLED: status.ABORTED,
  UPLOAD_SUPERSEDED: status.ABORTED,
  INVITE_INVALID: status.PERMISSION_DENIED,
  INVITE_EXPIRED: status.PERMISSION_DENIED,
  INVITE_USED: status.PERMISSION_DENIED,
  CERTIFICATE_REFUSED: status.PERMISSION_DENIED,
  CERTIFICATE_REVOKED: status.PERMISSION_DENIED,
  ROLE_REQUIRED: status.PERMISSION_DENIED,
  IDENTITY_PROOF_INVALID: status.PERMISSION_DENIED,
  MODEL_UNKNOWN: status.NOT_FOUND,
  ROUND_UNKNOWN: status.NOT_FOUND,
  MERCHANT_UNKNOWN: status.NOT_FOUND,
  MERCHANT_EXISTS: status.ALREADY_EXISTS,
  JOB_EXISTS: status.ALREADY_EXISTS,
  IDENTITY_IN_USE: status.ALREADY_EXISTS,
  MESSAGE_CONFLICT: status.ALREADY_EXISTS,
  SECAGG_SECOND_UPLOAD: status.ALREADY_EXISTS,
  REQUEST_MALFORMED: status.INVALID_ARGUMENT,
  CERTIFICATE_REQUEST_INVALID: status.INVALID_ARGUMENT,
  MERCHANT_NAME_INVALID: status.INVALID_ARGUMENT,
  JOB_MALFORMED: status.INVALID_ARGUMENT,
  CONTRACT_MALFORMED: status.INVALID_ARGUMENT,
  MODEL_MALFORMED: status.INVALID_ARGUMENT,
  UPLOAD_TOO_LARGE: status.INVALID_ARGUMENT,
  UPLOAD_LENGTH: status.INVALID_ARGUMENT,
  SECAGG_VECTOR_MISMATCH: status.INVALID_ARGUMENT,
  SECAGG_MESSAGE_MALFORMED: status.INVALID_ARGUMENT,
  INTERNAL: status.INTERNAL,
};

/**
 * A thrown value as a gRPC status with the registered code in the trailer. What is not ours becomes INTERNAL, without
 * its text: that is for the log alone.
 */
export function toServiceError(error: unknown): ServerErrorResponse {
  const known =
    error instanceof GuildhallError
      ? error
      : new GuildhallError('INTERNAL', 'The coordinator failed.', { cause: error });
  const metadata = new Metadata();
  metadata.set(CODE_TRAILER, known.code);
  const code = STATUS_OF[known.code] ?? status.FAILED_PRECONDITION;
  return Object.assign(new Error(known.message), { code, details: known.message, metadata });
}

/** A field of a request is missing or out of range. */
export function malformed(what: string): GuildhallError {
  return new GuildhallError('REQUEST_MALFORMED', what);
}
