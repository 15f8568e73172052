import type { DeliveredShare, SealedShare } from '../../proto/index.js';
import { BOX_OVERHEAD_BYTES, openBox, sealBox } from '../box.js';
import { equalBytes, lengthPrefixed } from '../bytes.js';
import type { RandomSource } from '../random.js';
import { splitSecret } from '../shamir.js';
import type { AgreementKey } from '../x25519.js';
import type { OpenShare, SharePair } from './held-shares.js';
import { shareBoxKey } from './pairwise.js';
import type { RosterEntry, RosterView } from './roster.js';
import { shareHash } from './transcript.js';
import type { ShareKind, Transcript } from './transcript.js';

/** Bytes of a share of a 32-byte secret, and of the nonce that goes with it. */
export const SHARE_BYTES = 32;
/** Bytes of a share's nonce. */
export const SHARE_NONCE_BYTES = 32;
/** Bytes of a box with both shares and both nonces. */
export const SHARE_BOX_BYTES = 2 * (SHARE_BYTES + SHARE_NONCE_BYTES) + BOX_OVERHEAD_BYTES;

interface Hashes {
  readonly selfMaskShareHash: Uint8Array;
  readonly maskKeyShareHash: Uint8Array;
}

function withNonce(share: Uint8Array | undefined, random: RandomSource): OpenShare {
  if (share === undefined) throw new TypeError('one share for each holder');
  return { share, nonce: random.bytes(SHARE_NONCE_BYTES) };
}

function associatedBytes(transcript: Transcript, dealer: string, holder: string, hashes: Hashes): Uint8Array {
  return lengthPrefixed([transcript, dealer, holder, hashes.selfMaskShareHash, hashes.maskKeyShareHash]);
}

/**
 * R1: t-of-|N| shares of a merchant's two secrets, one box for each neighbour.
 *
 * @param deal.dealer the merchant's own name
 * @param deal.holders its neighbours N, in merchant order
 * @param deal.boxKey its X25519 box key
 * @param deal.selfMask b, 32 bytes
 * @param deal.maskSecret s, the 32 secret bytes of its mask key
 * @returns in merchant order
 */
export function dealShares(deal: {
  readonly view: RosterView;
  readonly dealer: string;
  readonly holders: readonly RosterEntry[];
  readonly boxKey: AgreementKey;
  readonly selfMask: Uint8Array;
  readonly maskSecret: Uint8Array;
  readonly random: RandomSource;
}): SealedShare[] {
  const { view, dealer, holders, boxKey, random } = deal;
  const { transcript } = view;
  // Both secrets at once: a point's powers serve both.
  const secret = Buffer.concat([deal.selfMask, deal.maskSecret]);
  const points = holders.map(({ point }) => point);
  const shares = splitSecret({ secret, threshold: view.thresholds.share, points, random });
  secret.fill(0);

  return holders.map((holder, index): SealedShare => {
    const names = { transcript, owner: dealer, holder: holder.merchant };
    const both = shares[index];
    const selfMask = withNonce(both?.subarray(0, SHARE_BYTES), random);
    const maskKey = withNonce(both?.subarray(SHARE_BYTES), random);
    const hashes = {
      selfMaskShareHash: shareHash({ kind: 'self-mask', ...names, ...selfMask }),
      maskKeyShareHash: shareHash({ kind: 'mask-key', ...names, ...maskKey }),
    };
    const pair = { key: boxKey, peerKey: holder.boxKey, transcript, dealer, holder: holder.merchant };
    const key = shareBoxKey(pair);
    const plaintext = Buffer.concat([selfMask.share, maskKey.share, selfMask.nonce, maskKey.nonce]);
    const associated = associatedBytes(transcript, dealer, holder.merchant, hashes);
    try {
      const box = Buffer.from(sealBox({ key, plaintext, associated, random }));
      return { recipient: holder.merchant, ...hashes, box };
    } finally {
      for (const secret of [key, plaintext, selfMask.share, maskKey.share]) secret.fill(0);
    }
  });
}

/**
 * Opens the box that a neighbour dealt.
 *
 * @param receipt.holder the receiving merchant's name
 * @param receipt.boxKey its X25519 box key
 * @returns the two shares; undefined if the box does not open or a share does not match its hash
 */
export function openShares(receipt: {
  readonly transcript: Transcript;
  readonly dealer: RosterEntry;
  readonly holder: string;
  readonly boxKey: AgreementKey;
  readonly delivered: DeliveredShare;
}): SharePair | undefined {
  const { transcript, dealer, holder, boxKey, delivered } = receipt;
  const key = shareBoxKey({ key: boxKey, peerKey: dealer.boxKey, transcript, dealer: dealer.merchant, holder });
  const associated = associatedBytes(transcript, dealer.merchant, holder, delivered);
  const plaintext = openBox({ key, sealed: delivered.box, associated });
  key.fill(0);
  if (plaintext?.length !== 2 * (SHARE_BYTES + SHARE_NONCE_BYTES)) return undefined;
  const part = (index: number): Uint8Array => plaintext.slice(index * SHARE_BYTES, (index + 1) * SHARE_BYTES);
  const pair: SharePair = {
    'self-mask': { share: part(0), nonce: part(2) },
    'mask-key': { share: part(1), nonce: part(3) },
  };
  plaintext.fill(0);
  const matches = (kind: ShareKind, hash: Uint8Array): boolean =>
    equalBytes(hash, shareHash({ kind, transcript, owner: dealer.merchant, holder, ...pair[kind] }));
  return matches('self-mask', delivered.selfMaskShareHash) && matches('mask-key', delivered.maskKeyShareHash)
    ? pair
    : undefined;
}
