import { GuildhallError } from '../errors/index.js';
import { utf8 } from './bytes.js';
import { ED25519_SIGNATURE_BYTES, verifyEd25519 } from './ed25519.js';
import type { SigningKey } from './ed25519.js';
import { fingerprint } from './fingerprint.js';
import { labelledHash } from './hash.js';

/** A DSSE envelope (secure-systems-lab/dsse, protocol v1.0.2); the same shape as the wire type. */
export interface Envelope {
  payloadType: string;
  payload: Buffer;
  signatures: { keyid: string; sig: Buffer }[];
}

/** What is read of an envelope that came from elsewhere. */
export interface ReceivedEnvelope {
  readonly payloadType: string;
  readonly payload: Uint8Array;
  readonly signatures: readonly { readonly keyid: string; readonly sig: Uint8Array }[];
}

/** The pre-authentication encoding (protocol.md, "Signature Definition"): what is signed. Lengths are bytes, in decimal. */
export function preAuthenticationEncoding(payloadType: string, payload: Uint8Array): Buffer {
  const typeLength = utf8(payloadType).length;
  return Buffer.concat([Buffer.from(`DSSEv1 ${typeLength} ${payloadType} ${payload.length} `), payload]);
}

/** Signs `payload`. The key id is the key's fingerprint: a hint, which DSSE does not authenticate. */
export function signEnvelope(options: {
  readonly payloadType: string;
  readonly payload: Uint8Array;
  readonly key: SigningKey;
}): Envelope {
  const { payloadType, payload, key } = options;
  return {
    payloadType,
    payload: Buffer.from(payload),
    signatures: [{ keyid: fingerprint(key.publicKey), sig: key.sign(preAuthenticationEncoding(payloadType, payload)) }],
  };
}

/**
 * Checks an envelope and returns its payload: the very bytes that were received and verified.
 *
 * @param expected.payloadType the only type that is accepted
 * @param expected.publicKey the Ed25519 key that must have signed; the envelope's key ids are not looked at
 * @throws GuildhallError SIGNATURE_INVALID if the type is another or no signature is the key's
 */
export function verifyEnvelope(
  envelope: ReceivedEnvelope,
  expected: { readonly payloadType: string; readonly publicKey: Uint8Array },
): Uint8Array {
  if (envelope.payloadType !== expected.payloadType) {
    throw new GuildhallError('SIGNATURE_INVALID', `an envelope of another payload type than ${expected.payloadType}`);
  }
  const signed = preAuthenticationEncoding(envelope.payloadType, envelope.payload);
  const valid = envelope.signatures.some(
    ({ sig }) => sig.length === ED25519_SIGNATURE_BYTES && verifyEd25519(expected.publicKey, signed, sig),
  );
  if (!valid) {
    throw new GuildhallError(
      'SIGNATURE_INVALID',
      `an envelope of type ${expected.payloadType} is not signed by the key ${fingerprint(expected.publicKey)}`,
    );
  }
  return envelope.payload;
}

/** Whether two envelopes are the same bytes: type, payload and signatures. */
export function sameEnvelope(a: ReceivedEnvelope, b: ReceivedEnvelope): boolean {
  return (
    a.payloadType === b.payloadType &&
    Buffer.compare(a.payload, b.payload) === 0 &&
    a.signatures.length === b.signatures.length &&
    a.signatures.every(({ keyid, sig }, index) => {
      const other = b.signatures[index];
      return keyid === other?.keyid && Buffer.compare(sig, other.sig) === 0;
    })
  );
}

/** SHA-256 over an envelope's type, payload and signatures: the same for the same bytes, and for no others. */
export function envelopeDigest({ payloadType, payload, signatures }: ReceivedEnvelope): Buffer {
  const signed = signatures.flatMap(({ keyid, sig }) => [keyid, sig]);
  return labelledHash('guildhall/v1/envelope', payloadType, payload, ...signed);
}
