import { hkdfSync } from 'node:crypto';

/**
 * HKDF with SHA-256 (RFC 5869): extract under `salt`, expand under `info`.
 *
 * @param options.length bytes of output, at most 255 · 32
 * @throws RangeError on a longer one
 */
export function hkdfSha256(options: {
  readonly secret: Uint8Array;
  readonly salt: Uint8Array;
  readonly info: Uint8Array;
  readonly length: number;
}): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', options.secret, options.salt, options.info, options.length));
}
