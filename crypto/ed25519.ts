import { createPrivateKey, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { PublicKeys, rawPublicKey } from './public-keys.js';
import type { RandomSource } from './random.js';

// RFC 8410, section 7: what stands before the 32 raw bytes in PKCS #8.
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Bytes of an Ed25519 seed and of a public key. */
export const ED25519_KEY_BYTES = 32;
/** Bytes of an Ed25519 signature. */
export const ED25519_SIGNATURE_BYTES = 64;

/** A member signs at every step of a round, and in many rounds. */
const IDENTITIES = new PublicKeys('Ed25519');

function requireKeyBytes(bytes: Uint8Array, what: string): void {
  if (bytes.length !== ED25519_KEY_BYTES) throw new RangeError(`${what} has 32 bytes, not ${bytes.length}`);
}

/** An Ed25519 signing key (RFC 8032): a merchant's or a coordinator's identity. */
export class SigningKey {
  readonly #key: KeyObject;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;

  private constructor(key: KeyObject) {
    this.#key = key;
    this.publicKey = rawPublicKey(key);
  }

  /**
   * @param seed the 32-byte private key of RFC 8032, section 5.1.5; the caller keeps it and may overwrite its copy
   * @throws RangeError on another length
   */
  static fromSeed(seed: Uint8Array): SigningKey {
    requireKeyBytes(seed, 'an Ed25519 seed');
    const der = Buffer.concat([PKCS8_PREFIX, seed]);
    try {
      return new SigningKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
    } finally {
      der.fill(0);
    }
  }

  /** A new key whose seed nobody keeps. For keys that are stored, draw the seed and use {@link SigningKey.fromSeed}. */
  static generate(random: RandomSource): SigningKey {
    const seed = random.bytes(ED25519_KEY_BYTES);
    try {
      return SigningKey.fromSeed(seed);
    } finally {
      seed.fill(0);
    }
  }

  /** The 64-byte signature of `message`; deterministic. */
  sign(message: Uint8Array): Buffer {
    return sign(null, message, this.#key);
  }
}

/**
 * Whether `signature` is `publicKey`'s over `message` (RFC 8032, section 5.1.7). A signature of another length, or a
 * key that is no point of the curve, is simply not valid.
 *
 * @param publicKey 32 bytes
 * @throws RangeError on a public key of another length
 */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  requireKeyBytes(publicKey, 'an Ed25519 public key');
  return verify(null, message, IDENTITIES.of(publicKey), signature);
}
