import type { ServerReadableStream, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';

import { GuildhallError } from '../../errors/index.js';
import { certificateFingerprint, haveSameKey } from '../ca/index.js';
import type { MerchantRecord, MerchantStore } from '../store/index.js';

/** Any call of a service. */
export type AnyCall =
  ServerUnaryCall<unknown, unknown> | ServerReadableStream<unknown, unknown> | ServerWritableStream<unknown, unknown>;

/** Who calls, by certificate and by nothing else. */
export type Caller =
  { readonly role: 'merchant'; readonly name: string } | { readonly role: 'administrator'; readonly name: string };

/**
 * Reads the caller from the client certificate that TLS has verified, and checks it against the record: a merchant's
 * certificate must be over the very key that was certified for it, and not revoked. A renewed certificate is over the same
 * key, and the one before it stays good until its own end: a client that has not got the answer loses nothing.
 * @throws GuildhallError CERTIFICATE_REFUSED, CERTIFICATE_REVOKED
 */
export async function identifyCaller(call: AnyCall, merchants: MerchantStore): Promise<Caller> {
  const certificate = call.getAuthContext().sslPeerCertificate;
  if (certificate === undefined)
    throw new GuildhallError('CERTIFICATE_REFUSED', 'The call came without a certificate.');
  const { CN: name, OU: role } = certificate.subject as Partial<Record<string, string | string[]>>;
  if (typeof name !== 'string') throw new GuildhallError('CERTIFICATE_REFUSED', 'The certificate names nobody.');
  if (role === 'administrator') return { role, name };
  const merchant = role === 'merchant' ? await merchants.find(name) : undefined;
  if (merchant === undefined || !isOnRecord(certificate.raw, merchant)) {
    throw new GuildhallError('CERTIFICATE_REFUSED', `The certificate of ${name} is not the one on record.`);
  }
  if (merchant.state === 'revoked') {
    throw new GuildhallError('CERTIFICATE_REVOKED', `${name} has been revoked.`);
  }
  return { role: 'merchant', name };
}

function isOnRecord(certificate: Buffer, record: MerchantRecord): boolean {
  return (
    certificateFingerprint(certificate) === record.certificateSha256 || haveSameKey(certificate, record.certificate)
  );
}

/** @throws GuildhallError ROLE_REQUIRED */
export function requireRole(caller: Caller, role: Caller['role']): void {
  if (caller.role === role) return;
  throw new GuildhallError('ROLE_REQUIRED', `This call is for the role ${role}; the certificate's is ${caller.role}.`);
}
