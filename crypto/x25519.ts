import { createPrivateKey, diffieHellman } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { GuildhallError } from '../errors/index.js';
import { PublicKeys, rawPublicKey } from './public-keys.js';
import type { RandomSource } from './random.js';

// RFC 8410, section 7: what stands before the 32 raw bytes in PKCS #8.
const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');

/** Bytes of an X25519 secret key, of a public key and of a shared secret. */
export const X25519_KEY_BYTES = 32;

/**
 * Every u-coordinate below 2^255 of order 1, 2, 4 or 8 on the curve or its twist, little-endian: 0, 1, the two of order
 * 8, p−1, p and p+1. A shared secret with any of them is zero whatever the other key is (RFC 7748, section 7).
 */
const LOW_ORDER_POINTS = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map((hex) => Buffer.from(hex, 'hex'));

/** A peer's key meets a hundred others in a round. */
const PEERS = new PublicKeys('X25519');

function requireKeyBytes(bytes: Uint8Array, what: string): void {
  if (bytes.length !== X25519_KEY_BYTES) throw new RangeError(`${what} has 32 bytes, not ${bytes.length}`);
}

/**
 * Whether a public key is a point of low order: with one, the "secret" would be known to everybody.
 *
 * @throws RangeError on a key that has not 32 bytes
 */
export function isLowOrderPoint(publicKey: Uint8Array): boolean {
  requireKeyBytes(publicKey, 'an X25519 public key');
  const masked = Buffer.from(publicKey);
  // X25519 ignores the highest bit (RFC 7748, section 5).
  masked[31] = (masked[31] ?? 0) & 0x7f;
  return LOW_ORDER_POINTS.some((point) => masked.equals(point));
}

/** An X25519 key pair (RFC 7748). */
export class AgreementKey {
  readonly #secret: Uint8Array;
  #key: KeyObject | undefined;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;

  private constructor(secret: Uint8Array) {
    this.#secret = secret;
    const der = Buffer.concat([PKCS8_PREFIX, secret]);
    try {
      this.#key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    } finally {
      der.fill(0);
    }
    this.publicKey = rawPublicKey(this.#key);
  }

  /** A fresh pair; its secret is in {@link AgreementKey.secret} and nowhere else. */
  static generate(random: RandomSource): AgreementKey {
    return new AgreementKey(random.bytes(X25519_KEY_BYTES));
  }

  /**
   * @param secret 32 bytes, copied
   * @throws RangeError on another length
   */
  static fromSecret(secret: Uint8Array): AgreementKey {
    requireKeyBytes(secret, 'an X25519 secret key');
    return new AgreementKey(secret.slice());
  }

  /** The 32 secret bytes themselves, to be shared among the peers; zeroed by {@link AgreementKey.erase}. */
  get secret(): Uint8Array {
    return this.#secret;
  }

  /**
   * The 32-byte shared secret with a peer; to be put through a key derivation, never used as a key. The caller erases it.
   *
   * @param peer the peer's public key
   * @throws GuildhallError SECAGG_LOW_ORDER_POINT where the shared secret would be zero
   * @throws RangeError on a public key that has not 32 bytes
   * @throws TypeError after {@link AgreementKey.erase}
   */
  agree(peer: Uint8Array): Uint8Array {
    requireKeyBytes(peer, 'an X25519 public key');
    if (this.#key === undefined) throw new TypeError('this key has been erased');
    if (isLowOrderPoint(peer)) throw lowOrder();
    const shared = diffieHellman({ privateKey: this.#key, publicKey: PEERS.of(peer) });
    // RFC 7748, section 6.1: also where a point escaped the list above.
    if (shared.every((byte) => byte === 0)) throw lowOrder();
    return shared;
  }

  /** Zeroes the secret bytes and drops OpenSSL's copy, which it cleanses when collected. */
  erase(): void {
    this.#secret.fill(0);
    this.#key = undefined;
  }
}

function lowOrder(): GuildhallError {
  return new GuildhallError('SECAGG_LOW_ORDER_POINT', 'a public key is a point of low order');
}
