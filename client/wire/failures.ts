import { status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { GuildhallError, isErrorCode } from '../../errors/index.js';

/** The trailer in which the coordinator names a registered code. */
export const CODE_TRAILER = 'guildhall-code';

const UNTRUSTED =
  /self[- ]signed certificate|unable to (verify|get)[a-z ]*certificate|certificate (signature failure|has expired|is not yet valid)|CERT_|does not match certificate|altnames/i;

const TRANSIENT: ReadonlySet<status> = new Set([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.RESOURCE_EXHAUSTED,
  status.ABORTED,
  status.UNKNOWN,
  status.INTERNAL,
]);

/** Whether a value thrown by a gRPC call is one of its status errors. */
export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' && 'metadata' in error;
}

/**
 * A failed call as one of ours: the coordinator's own code if it named one, else what the status means to a merchant.
 * @param target HOST:PORT, for the sentence
 */
export function callFailure(error: unknown, target: string): GuildhallError {
  if (error instanceof GuildhallError) return error;
  if (!isServiceError(error)) {
    return new GuildhallError('COORDINATOR_UNREACHABLE', `The call to ${target} failed.`, { cause: error });
  }
  const [named] = error.metadata.get(CODE_TRAILER);
  const code = named?.toString() ?? '';
  const details = error.details.slice(0, 300);
  if (code === 'INTERNAL') return new GuildhallError('COORDINATOR_FAILED', `${target} met a fault of its own.`);
  if (isErrorCode(code))
    return new GuildhallError(code, details === '' ? `The coordinator refused: ${code}.` : details);
  if (UNTRUSTED.test(details)) {
    return new GuildhallError('COORDINATOR_UNTRUSTED', `The server at ${target} is not trusted: ${details}.`);
  }
  if (TRANSIENT.has(error.code)) {
    return new GuildhallError('COORDINATOR_UNREACHABLE', `No answer from ${target}: ${details}.`, { cause: error });
  }
  return new GuildhallError('COORDINATOR_ANSWER', `${target} answered ${status[error.code]}: ${details}.`);
}
