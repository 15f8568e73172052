import { logVerbosity, Server, ServerCredentials, setLogVerbosity } from '@grpc/grpc-js';

import { GuildhallError } from '../../errors/index.js';
import { formatAddress } from '../config.js';
import type { ListenAddress } from '../config.js';

/** PEM files of one listener. */
export interface ListenerTls {
  readonly certificate: Buffer;
  readonly key: Buffer;
  /** Whose client certificates are demanded; undefined where clients have none. */
  readonly clientAuthority: Buffer | undefined;
}

/** A dead peer is noticed after at most the sum of the two. */
const KEEPALIVE_MS = 10_000;
const KEEPALIVE_TIMEOUT_MS = 5_000;
const MAXIMUM_STREAMS = 100;

/** TLS 1.3 and nothing older (RFC 8446), which grpc-js's own credentials have no option for. */
class Tls13Credentials extends ServerCredentials {
  constructor(tls: ListenerTls) {
    const isMutual = tls.clientAuthority !== undefined;
    const context = {
      minVersion: 'TLSv1.3' as const,
      cert: [tls.certificate],
      key: [tls.key],
      ...(tls.clientAuthority === undefined ? {} : { ca: [tls.clientAuthority] }),
    };
    super({ requestCert: isMutual, rejectUnauthorized: isMutual, minVersion: 'TLSv1.3' }, context);
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

/** One gRPC server on one TLS port. */
export class Listener {
  readonly server: Server;
  readonly #tls: ListenerTls;

  constructor(tls: ListenerTls, limits: { largestMessage: number }) {
    this.#tls = tls;
    this.server = new Server({
      'grpc.max_receive_message_length': limits.largestMessage,
      'grpc.max_concurrent_streams': MAXIMUM_STREAMS,
      'grpc.keepalive_time_ms': KEEPALIVE_MS,
      'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
    });
  }

  /** @returns the port that was bound @throws GuildhallError PORT_IN_USE, LISTEN_FAILED */
  async bind(address: ListenAddress): Promise<number> {
    const where = formatAddress(address);
    // What goes wrong comes back as an error with our code; grpc-js would print it to stderr besides.
    setLogVerbosity(logVerbosity.NONE);
    return new Promise((resolve, reject) => {
      this.server.bindAsync(where, new Tls13Credentials(this.#tls), (error, port) => {
        if (error === null) {
          resolve(port);
          return;
        }
        const code = error.message.includes('EADDRINUSE') ? 'PORT_IN_USE' : 'LISTEN_FAILED';
        const what = code === 'PORT_IN_USE' ? 'is taken' : 'cannot be listened on';
        reject(new GuildhallError(code, `${where} ${what}.`, { details: { address: where }, cause: error }));
      });
    });
  }

  /** Lets calls at hand end for `graceMs`, then cuts the rest. */
  async close(graceMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const force = setTimeout(() => {
        this.server.forceShutdown();
        resolve();
      }, graceMs);
      this.server.tryShutdown(() => {
        clearTimeout(force);
        resolve();
      });
    });
  }
}
