import type {
  handleClientStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  ServerReadableStream,
  ServerWritableStream,
} from '@grpc/grpc-js';
import type { Logger } from 'pino';

import { errorCodeOf, GuildhallError } from '../../errors/index.js';
import type { MerchantStore } from '../store/index.js';
import { identifyCaller, requireRole } from './callers.js';
import type { AnyCall, Caller } from './callers.js';
import { toServiceError } from './errors.js';
import type { RateLimiter } from './limits.js';

/** What every handler goes through before its own work. */
export interface Gate {
  readonly merchants: MerchantStore;
  readonly limiter: RateLimiter;
  readonly logger: Logger;
  /** True once the coordinator is stopping. */
  readonly isClosing: () => boolean;
}

/**
 * Wraps the work of one service's handlers: identifies the caller, asks for the role, counts the call, and turns what
 * is thrown into a status with its code.
 */
export class Handlers {
  readonly #gate: Gate;
  readonly #role: Caller['role'];

  constructor(gate: Gate, role: Caller['role']) {
    this.#gate = gate;
    this.#role = role;
  }

  /** One request, one answer. */
  unary<Q, A>(work: (request: Q, caller: string) => A | Promise<A>): handleUnaryCall<Q, A> {
    return (call, callback) => {
      this.#admit(call)
        .then((caller) => work(call.request, caller))
        .then(
          (answer) => {
            callback(null, answer);
          },
          (error: unknown) => {
            callback(this.#refused(call.getPath(), error));
          },
        );
    };
  }

  /** A stream of requests, one answer. */
  receiving<Q, A>(
    work: (call: ServerReadableStream<Q, A>, caller: string) => Promise<A>,
  ): handleClientStreamingCall<Q, A> {
    return (call, callback) => {
      // A caller that goes away makes the stream fail; the work below notices by itself.
      call.on('error', () => undefined);
      this.#admit(call)
        .then((caller) => work(call, caller))
        .then(
          (answer) => {
            callback(null, answer);
          },
          (error: unknown) => {
            callback(this.#refused(call.getPath(), error));
          },
        );
    };
  }

  /** One request, a stream of answers; the work ends the stream. */
  sending<Q, A>(
    work: (call: ServerWritableStream<Q, A>, caller: string) => Promise<void>,
  ): handleServerStreamingCall<Q, A> {
    return (call) => {
      // 'error' is how grpc-js is told a status; without another listener it would be thrown.
      this.#admit(call)
        .then((caller) => work(call, caller))
        .catch((error: unknown) => {
          call.emit('error', this.#refused(call.getPath(), error));
        });
    };
  }

  async #admit(call: AnyCall): Promise<string> {
    if (this.#gate.isClosing()) throw new GuildhallError('COORDINATOR_SHUTTING_DOWN', 'The coordinator is stopping.');
    const caller = await identifyCaller(call, this.#gate.merchants);
    this.#gate.limiter.take(`${caller.role}/${caller.name}`);
    requireRole(caller, this.#role);
    return caller.name;
  }

  #refused(path: string, error: unknown): ReturnType<typeof toServiceError> {
    const code = errorCodeOf(error);
    if (code === 'INTERNAL') this.#gate.logger.error({ path, err: error }, 'call failed');
    else this.#gate.logger.debug({ path, code }, 'call refused');
    return toServiceError(error);
  }
}
