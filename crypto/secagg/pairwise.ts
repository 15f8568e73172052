import { lengthPrefixed } from '../bytes.js';
import { hkdfSha256 } from '../hkdf.js';
import type { Mask } from '../mask.js';
import type { AgreementKey } from '../x25519.js';
import { compareMerchants } from './refusal.js';
import type { Transcript } from './transcript.js';

function derive(options: {
  readonly key: AgreementKey;
  readonly peerKey: Uint8Array;
  readonly transcript: Transcript;
  readonly info: readonly string[];
}): Uint8Array {
  const secret = options.key.agree(options.peerKey);
  try {
    return hkdfSha256({ secret, salt: options.transcript, info: lengthPrefixed(options.info) });
  } finally {
    secret.fill(0);
  }
}

/**
 * The mask between two merchants as one of them applies it: its key is HKDF(X25519(s_i, sPK_j), τ, min ‖ max), the same
 * at both ends, and the first in merchant order adds what the other takes away.
 *
 * @param pair.key the X25519 mask key of `own`
 * @param pair.peerKey sPK of `peer`
 */
export function pairwiseMask(pair: {
  readonly key: AgreementKey;
  readonly peerKey: Uint8Array;
  readonly transcript: Transcript;
  readonly own: string;
  readonly peer: string;
}): Mask {
  const first = compareMerchants(pair.own, pair.peer) < 0;
  const [low, high] = first ? [pair.own, pair.peer] : [pair.peer, pair.own];
  return { key: derive({ ...pair, info: ['guildhall/v1/mask', low, high] }), sign: first ? 1 : -1 };
}

/**
 * The key of the box that `dealer` sends to `holder`; each direction has its own.
 *
 * @param pair.key the X25519 box key of one of the two
 * @param pair.peerKey cPK of the other
 */
export function shareBoxKey(pair: {
  readonly key: AgreementKey;
  readonly peerKey: Uint8Array;
  readonly transcript: Transcript;
  readonly dealer: string;
  readonly holder: string;
}): Uint8Array {
  return derive({ ...pair, info: ['guildhall/v1/box', pair.dealer, pair.holder] });
}
