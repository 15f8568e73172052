import { createSecureContext } from 'node:tls';
import { ChannelCredentials } from '@grpc/grpc-js';

/** PEM texts of a merchant's side of mutual TLS. */
export interface ClientCertificate {
  /** The only authority whose servers are believed. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** Mutual TLS 1.3 against exactly one authority; the system's own roots play no part. */
export function mutualTls({ authority, certificate, key }: ClientCertificate): ChannelCredentials {
  return ChannelCredentials.createFromSecureContext(
    createSecureContext({ ca: authority, cert: certificate, key, minVersion: 'TLSv1.3' }),
  );
}

/** TLS 1.3 that checks the server against the invite's authority, before the merchant has a certificate of its own. */
export function pinnedTls(authority: string): ChannelCredentials {
  return ChannelCredentials.createFromSecureContext(createSecureContext({ ca: authority, minVersion: 'TLSv1.3' }));
}
