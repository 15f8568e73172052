import type { ClientUnaryCall, ServiceError } from '@grpc/grpc-js';

/** The code in a failed call's trailer, or the gRPC status where there is none. */
export function codeOf(error: unknown): string {
  const { metadata, code } = error as Partial<ServiceError>;
  return String(metadata?.get('guildhall-code')[0] ?? code);
}

/** A unary call as a promise. */
export function unary<A>(
  start: (done: (error: ServiceError | null, answer: A) => void) => ClientUnaryCall,
): Promise<A> {
  return new Promise((resolve, reject) => {
    start((error, answer) => (error === null ? resolve(answer) : reject(error)));
  });
}

/** A value that must be there. */
export function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a value is missing');
  return value;
}
