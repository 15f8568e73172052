import 'reflect-metadata';
import { webcrypto } from 'node:crypto';

import { credentials } from '@grpc/grpc-js';
import * as x509 from '@peculiar/x509';

import { enrolmentProof } from '../../../coordinator/ca/index.js';
import type { Invite } from '../../../coordinator/index.js';
import type { SigningKey } from '../../../crypto/index.js';
import { EnrolmentServiceClient } from '../../../proto/index.js';
import type { EnrolRequest, EnrolResponse } from '../../../proto/index.js';
import { unary } from './calls.js';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** A DER certificate as PEM. */
export function pem(der: Uint8Array): Buffer {
  return Buffer.from(x509.PemConverter.encode(Uint8Array.from(der), 'CERTIFICATE'));
}

/** A TLS key with its certificate request, whatever subject it asks for. */
export async function requestCertificate(subject: string): Promise<{ keyPem: Buffer; request: Buffer }> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: subject,
    keys,
    signingAlgorithm: ALGORITHM,
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { keyPem: Buffer.from(x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')), request: Buffer.from(request.rawData) };
}

/** Calls Enrol with the server's certificate pinned. */
export async function enrol(invite: Invite, request: EnrolRequest): Promise<EnrolResponse> {
  const client = new EnrolmentServiceClient(invite.enrolmentAddress, credentials.createSsl(pem(invite.authority)));
  try {
    return await unary<EnrolResponse>((done) => client.enrol(request, done));
  } finally {
    client.close();
  }
}

/** A well-formed enrolment, to be spoilt by the test. */
export async function enrolmentFor(
  invite: Invite,
  identity: SigningKey,
  subject = 'CN=whoever',
): Promise<{ keyPem: Buffer; request: EnrolRequest }> {
  const { keyPem, request } = await requestCertificate(subject);
  return {
    keyPem,
    request: {
      token: invite.token,
      certificateRequest: request,
      identityKey: Buffer.from(identity.publicKey),
      identitySignature: identity.sign(enrolmentProof(invite.token, request)),
    },
  };
}
