import { Client } from '@grpc/grpc-js';
import type { CallOptions, ChannelCredentials, ClientOptions } from '@grpc/grpc-js';
import { once } from 'node:events';
import { callFailure } from './failures.js';

/** A generated method definition: what ts-proto writes for each rpc. */
export interface Method<Request, Response> {
  readonly path: string;
  readonly requestSerialize: (value: Request) => Buffer;
  readonly responseDeserialize: (value: Buffer) => Response;
}

/** How one call is bounded. */
export interface CallBounds {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the call is given up. @default 20000 */
  readonly timeoutMs?: number | undefined;
}

/** Length-prefix of a gRPC message: one flag byte and four of length. */
const FRAME_BYTES = 5;
const DEFAULT_TIMEOUT_MS = 20_000;
/** How often {@link Caller.ready} looks whether it is still wanted. */
const READY_POLL_MS = 1000;
/** Largest message accepted: a roster, a delivery or the agreements of the largest round. */
const LARGEST_ANSWER = 16 * 2 ** 20;

const OPTIONS: ClientOptions = {
  'grpc.enable_retries': 0,
  'grpc.max_receive_message_length': LARGEST_ANSWER,
  'grpc.keepalive_time_ms': 20_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 5_000,
};

/**
 * One connection to the coordinator: unary calls, server streams and chunked uploads as promises, cancelled by a signal,
 * failing with our errors, and counting every message byte that leaves.
 */
export class Caller {
  readonly target: string;
  #client: Client;
  readonly #onSent: (bytes: number) => void;

  /** @param onSent told of each message's bytes (frame included) as it is handed to the connection */
  constructor(target: string, credentials: ChannelCredentials, onSent: (bytes: number) => void = () => undefined) {
    this.target = target;
    this.#client = new Client(target, credentials, OPTIONS);
    this.#onSent = onSent;
  }

  /** One request, one answer. @throws GuildhallError of the coordinator's code, or COORDINATOR_* */
  async unary<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    bounds: CallBounds = {},
  ): Promise<Response> {
    return this.#guard(
      bounds.signal,
      (onAbort) =>
        new Promise<Response>((resolve, reject) => {
          const call = this.#client.makeUnaryRequest<Request, Response>(
            method.path,
            this.#counted(method.requestSerialize),
            method.responseDeserialize,
            request,
            callOptions(bounds),
            (error, response) => {
              if (error !== null) reject(error);
              else if (response === undefined) reject(new Error('an answer without a message'));
              else resolve(response);
            },
          );
          onAbort(() => call.cancel());
        }),
    );
  }

  /** One request, then messages until the server ends the stream. No timeout unless one is given. */
  async *stream<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    bounds: CallBounds = {},
  ): AsyncGenerator<Response, void, undefined> {
    bounds.signal?.throwIfAborted();
    const call = this.#client.makeServerStreamRequest<Request, Response>(
      method.path,
      this.#counted(method.requestSerialize),
      method.responseDeserialize,
      request,
      bounds.timeoutMs === undefined ? {} : callOptions(bounds),
    );
    const cancel = (): void => call.cancel();
    bounds.signal?.addEventListener('abort', cancel, { once: true });
    // A cancelled call still emits its error after the loop below has left.
    call.on('error', () => undefined);
    try {
      for await (const message of call as AsyncIterable<Response>) yield message;
    } catch (error) {
      bounds.signal?.throwIfAborted();
      throw callFailure(error, this.target);
    } finally {
      bounds.signal?.removeEventListener('abort', cancel);
      call.cancel();
    }
  }

  /** Messages out, one answer back. The next message is made only when the connection has room (back-pressure). */
  async upload<Request, Response>(
    method: Method<Request, Response>,
    requests: Iterable<Request>,
    bounds: CallBounds = {},
  ): Promise<Response> {
    return this.#guard(bounds.signal, async (onAbort) => {
      let settle: { resolve: (response: Response) => void; reject: (error: Error) => void } | undefined;
      const answer = new Promise<Response>((resolve, reject) => (settle = { resolve, reject }));
      const call = this.#client.makeClientStreamRequest<Request, Response>(
        method.path,
        this.#counted(method.requestSerialize),
        method.responseDeserialize,
        callOptions(bounds),
        (error, response) => {
          if (error !== null) settle?.reject(error);
          else if (response === undefined) settle?.reject(new Error('an answer without a message'));
          else settle?.resolve(response);
        },
      );
      onAbort(() => call.cancel());
      // The server may answer, or refuse, before the last chunk: whichever comes first ends the sending.
      const answered = new AbortController();
      const ended = (): void => answered.abort();
      answer.then(ended, ended);
      for (const request of requests) {
        if (answered.signal.aborted) break;
        if (!call.write(request)) await roomOrEnd(call, answered.signal);
      }
      if (!answered.signal.aborted) call.end();
      return answer;
    });
  }

  /** Resolves once the connection stands, TLS included; rejects with the signal's reason. */
  async ready(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const failure = await new Promise<Error | undefined>((resolve) => {
        this.#client.waitForReady(Date.now() + READY_POLL_MS, resolve);
      });
      if (failure === undefined) return;
    }
    signal.throwIfAborted();
  }

  /** Makes further calls on a new connection with these credentials; calls at hand end on the old one. */
  use(credentials: ChannelCredentials): void {
    const before = this.#client;
    this.#client = new Client(this.target, credentials, OPTIONS);
    before.close();
  }

  /** Closes the connection; calls still open fail. */
  close(): void {
    this.#client.close();
  }

  #counted<Request>(serialize: (value: Request) => Buffer): (value: Request) => Buffer {
    return (value) => {
      const bytes = serialize(value);
      this.#onSent(bytes.length + FRAME_BYTES);
      return bytes;
    };
  }

  async #guard<Response>(
    signal: AbortSignal | undefined,
    run: (onAbort: (cancel: () => void) => void) => Promise<Response>,
  ): Promise<Response> {
    signal?.throwIfAborted();
    let cancel: () => void = () => undefined;
    const abort = (): void => cancel();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await run((action) => (cancel = action));
    } catch (error) {
      signal?.throwIfAborted();
      throw callFailure(error, this.target);
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }
}

const callOptions = ({ timeoutMs = DEFAULT_TIMEOUT_MS }: CallBounds): CallOptions => ({
  deadline: Date.now() + timeoutMs,
});

async function roomOrEnd(call: NodeJS.EventEmitter, ended: AbortSignal): Promise<void> {
  try {
    await once(call, 'drain', { signal: ended });
  } catch (error) {
    if (!ended.aborted) throw error;
  }
}
