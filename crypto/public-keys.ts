import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { equalBytes } from './bytes.js';

/**
 * Public keys of one curve as OpenSSL takes them. To import one costs as much as a third of a key agreement, so that each
 * is imported once for as long as its bytes are in use.
 */
export class PublicKeys {
  readonly #curve: 'Ed25519' | 'X25519';
  readonly #imported = new WeakMap<Uint8Array, { readonly bytes: Uint8Array; readonly key: KeyObject }>();

  constructor(curve: 'Ed25519' | 'X25519') {
    this.#curve = curve;
  }

  /** @param raw 32 bytes; if they were overwritten since they were here last, they are imported again */
  of(raw: Uint8Array): KeyObject {
    const known = this.#imported.get(raw);
    if (known !== undefined && equalBytes(known.bytes, raw)) return known.key;
    const bytes = Uint8Array.from(raw);
    // As JSON (RFC 8037) the raw bytes are taken as they are; the DER decoders of OpenSSL 3 take eight times as long.
    const jwk = { kty: 'OKP', crv: this.#curve, x: Buffer.from(bytes).toString('base64url') };
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    this.#imported.set(raw, { bytes, key });
    return key;
  }
}

/** The 32 bytes of the public half of a private key; as JSON, for the same reason. */
export function rawPublicKey(privateKey: KeyObject): Uint8Array {
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return Uint8Array.from(Buffer.from(x, 'base64url'));
}
