import 'reflect-metadata';
import { createHash, createPublicKey } from 'node:crypto';

import * as x509 from '@peculiar/x509';

import { verifyEd25519 } from '../../crypto/index.js';
import { GuildhallError } from '../../errors/index.js';

/** Longest PKCS#10 request that is looked at, bytes. */
const LONGEST_REQUEST = 8192;
const PROOF_LABEL = Buffer.from('guildhall/v1/enrol');

/**
 * Checks a PKCS#10 request (RFC 2986): it decodes, is signed by its own key, and the key is ECDSA P-256.
 * @returns its public key; subject and attributes are the requester's wishes and are never read
 * @throws GuildhallError CERTIFICATE_REQUEST_INVALID
 */
export async function verifyCertificateRequest(der: Uint8Array): Promise<x509.PublicKey> {
  if (der.length === 0 || der.length > LONGEST_REQUEST) throw invalid(`It has ${der.length} bytes.`);
  const { request, publicKey } = decoded(der);
  if (curveOf(publicKey) !== 'prime256v1') throw invalid('Its key is of another kind.');
  if (!(await request.verify().catch(() => false))) throw invalid('Its signature is not by its own key.');
  return publicKey;
}

/** The request and its key, which is only decoded when it is asked for. @throws GuildhallError CERTIFICATE_REQUEST_INVALID */
function decoded(der: Uint8Array): { request: x509.Pkcs10CertificateRequest; publicKey: x509.PublicKey } {
  try {
    const request = new x509.Pkcs10CertificateRequest(Uint8Array.from(der));
    return { request, publicKey: request.publicKey };
  } catch (error) {
    throw invalid('It does not decode.', error);
  }
}

/** The bytes that the identity key signs when a merchant enrols. */
export function enrolmentProof(token: Uint8Array, certificateRequest: Uint8Array): Buffer {
  return Buffer.concat([PROOF_LABEL, createHash('sha256').update(token).digest(), certificateRequest]);
}

/**
 * Checks that whoever enrols holds the identity key (Ed25519, RFC 8032) and means this very TLS key and invite.
 * @throws GuildhallError IDENTITY_PROOF_INVALID
 */
export function verifyEnrolmentProof(proof: {
  token: Uint8Array;
  certificateRequest: Uint8Array;
  identityKey: Uint8Array;
  signature: Uint8Array;
}): void {
  if (proof.identityKey.length !== 32) throw badProof();
  const message = enrolmentProof(proof.token, proof.certificateRequest);
  let holds = false;
  try {
    holds = verifyEd25519(proof.identityKey, message, proof.signature);
  } catch {
    // Bytes that are no point of the curve.
  }
  if (!holds) throw badProof();
}

/** OpenSSL's name of the key's curve; undefined for keys of another kind. */
function curveOf(key: x509.PublicKey): string | undefined {
  try {
    const spki = Buffer.from(key.rawData);
    return createPublicKey({ key: spki, format: 'der', type: 'spki' }).asymmetricKeyDetails?.namedCurve;
  } catch {
    return undefined;
  }
}

function invalid(why: string, cause?: unknown): GuildhallError {
  return new GuildhallError('CERTIFICATE_REQUEST_INVALID', `The certificate request cannot be used. ${why}`, { cause });
}

function badProof(): GuildhallError {
  return new GuildhallError('IDENTITY_PROOF_INVALID', 'The identity key has not signed this invite and this request.');
}
