import type { ServerReadableStream, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';

import { GuildhallError } from '../../errors/index.js';
import { certificateFingerprint } from '../ca/index.js';
import type { MerchantStore } from '../store/index.js';

/** Any call of a service. */
export type AnyCall =
  ServerUnaryCall<unknown, unknown> | ServerReadableStream<unknown, unknown> | ServerWritableStream<unknown, unknown>;

/** Who calls, by certificate and by nothing else. */
export type Caller =
  { readonly role: 'merchant'; readonly name: string } | { readonly role: 'administrator'; readonly name: string };

/**
 * Reads the caller from the client certificate that TLS has verified, and checks it against the record: a merchant's
 * certificate must be the very one that was issued to it, and not revoked.
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
  if (merchant?.certificateSha256 !== certificateFingerprint(certificate.raw)) {
    throw new GuildhallError('CERTIFICATE_REFUSED', `The certificate of ${name} is not the one on record.`);
  }
  if (merchant.state === 'revoked') {
    throw new GuildhallError('CERTIFICATE_REVOKED', `${name} has been revoked.`);
  }
  return { role: 'merchant', name };
}

/** @throws GuildhallError ROLE_REQUIRED */
export function requireRole(caller: Caller, role: Caller['role']): void {
  if (caller.role === role) return;
  throw new GuildhallError('ROLE_REQUIRED', `This call is for the role ${role}; the certificate's is ${caller.role}.`);
}
