import sodium from 'libsodium-wrappers';
import type { RandomSource } from './random.js';

// The library is WebAssembly; importing this module waits until it is compiled, so that everything after is synchronous.
await sodium.ready;

/** Bytes of a box key. */
export const BOX_KEY_BYTES = 32;
/** Bytes that a box is longer than what it holds: a 24-byte nonce before, a 16-byte tag behind. */
export const BOX_OVERHEAD_BYTES = 40;
const NONCE_BYTES = 24;

function requireKey(key: Uint8Array): void {
  if (key.length !== BOX_KEY_BYTES) throw new RangeError(`a box key has 32 bytes, not ${key.length}`);
}

/**
 * XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) under a random nonce.
 *
 * @param box.associated authenticated with the box but not in it; opening needs the same bytes
 * @returns nonce ‖ ciphertext ‖ tag
 * @throws RangeError on a key that has not 32 bytes
 */
export function sealBox(box: {
  readonly key: Uint8Array;
  readonly plaintext: Uint8Array;
  readonly associated: Uint8Array;
  readonly random: RandomSource;
}): Uint8Array {
  requireKey(box.key);
  const nonce = box.random.bytes(NONCE_BYTES);
  const sealed = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(box.plaintext, box.associated, null, nonce, box.key);
  const out = new Uint8Array(NONCE_BYTES + sealed.length);
  out.set(nonce);
  out.set(sealed, NONCE_BYTES);
  return out;
}

/**
 * Opens what {@link sealBox} gave.
 *
 * @returns the plaintext; undefined if the bytes, the key or the associated bytes are not those of sealing
 * @throws RangeError on a key that has not 32 bytes
 */
export function openBox(box: {
  readonly key: Uint8Array;
  readonly sealed: Uint8Array;
  readonly associated: Uint8Array;
}): Uint8Array | undefined {
  requireKey(box.key);
  if (box.sealed.length < BOX_OVERHEAD_BYTES) return undefined;
  const nonce = box.sealed.subarray(0, NONCE_BYTES);
  const ciphertext = box.sealed.subarray(NONCE_BYTES);
  try {
    return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, ciphertext, box.associated, nonce, box.key);
  } catch {
    // libsodium reports a wrong tag by throwing; lengths and the key were checked above.
    return undefined;
  }
}
