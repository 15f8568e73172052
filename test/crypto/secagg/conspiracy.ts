import { AgreementKey, applyMasks, combineShares, equalBytes, lagrangeAtZero } from '../../../crypto/index.js';
import type { Envelope } from '../../../crypto/index.js';
import { UNMASKING, decodeUnverified } from '../../../crypto/secagg/messages.js';
import { pairwiseMask } from '../../../crypto/secagg/pairwise.js';
import type { RosterView } from '../../../crypto/secagg/roster.js';
import type { ShareKind } from '../../../crypto/secagg/transcript.js';
import { ShareKind as WireShareKind } from '../../../proto/index.js';
import type { LenientClient } from './lenient-client.js';

/** What a coordinator and its colluding merchants come to know, and what they can make of it. */
export class Conspiracy {
  /** Shares by owner and kind, then by holder. */
  readonly #shares = new Map<string, Map<string, Uint8Array>>();
  /** Secret mask keys by public key, as text. */
  readonly #maskKeys = new Map<string, AgreementKey>();

  #note(owner: string, kind: ShareKind, holder: string, share: Uint8Array): void {
    const name = `${kind}/${owner}`;
    this.#shares.set(name, (this.#shares.get(name) ?? new Map<string, Uint8Array>()).set(holder, share));
  }

  /** A colluder hands over all it holds, and its own mask key. */
  collude(client: LenientClient): void {
    for (const [owner, pair] of client.held) {
      this.#note(owner, 'self-mask', client.merchant.name, pair['self-mask'].share);
      this.#note(owner, 'mask-key', client.merchant.name, pair['mask-key'].share);
    }
    this.knowMaskKey(client.maskKey);
  }

  knowMaskKey(key: AgreementKey): void {
    this.#maskKeys.set(Buffer.from(key.publicKey).toString('hex'), key);
  }

  /**
   * A merchant's R4 message.
   *
   * @param ownerOf whose a share is that a holder gives out as somebody's; as it says unless told otherwise
   */
  read(unmasking: Envelope, ownerOf: (owner: string, holder: string) => string = (owner) => owner): void {
    const { merchant, shares } = decodeUnverified(unmasking, UNMASKING);
    for (const { owner, kind, share } of shares) {
      const whose = ownerOf(owner, merchant);
      this.#note(whose, kind === WireShareKind.SHARE_KIND_SELF_MASK ? 'self-mask' : 'mask-key', merchant, share);
    }
  }

  /** A secret from whatever shares are known, if there are t; `view` is the roster that its owner dealt on. */
  decode(owner: string, kind: ShareKind, view: RosterView): Uint8Array | undefined {
    const known = this.#shares.get(`${kind}/${owner}`) ?? new Map<string, Uint8Array>();
    const used = view.entries
      .map(({ merchant, point }) => ({ point, share: known.get(merchant) }))
      .filter((one): one is { point: number; share: Uint8Array } => one.share !== undefined)
      .slice(0, view.thresholds.share);
    if (used.length < view.thresholds.share) return undefined;
    const coefficients = lagrangeAtZero(used.map(({ point }) => point));
    return combineShares(
      used.map(({ share }) => share),
      coefficients,
    );
  }

  /**
   * A victim's vector out of its masked one.
   *
   * @param victim.view the roster that the victim was shown
   * @param victim.sharers the U2 that it was shown
   * @param victim.dealtOn the roster on which each other merchant dealt its shares
   * @returns undefined where a mask is not known
   */
  strip(victim: {
    readonly name: string;
    readonly masked: Uint32Array;
    readonly sharers: readonly string[];
    readonly view: RosterView;
    readonly dealtOn: RosterView;
  }): Uint32Array | undefined {
    const { name, view, dealtOn } = victim;
    const vector = victim.masked.slice();
    const seed = this.decode(name, 'self-mask', view);
    if (seed === undefined) return undefined;
    applyMasks(vector, [{ key: seed, sign: -1 }], { ringBits: 32 });
    const own = this.maskKeyOf(name, view);
    for (const peer of victim.sharers) {
      if (peer === name) continue;
      const peerKey = view.byMerchant.get(peer)?.maskKey;
      const ownKey = view.byMerchant.get(name)?.maskKey;
      if (peerKey === undefined || ownKey === undefined) return undefined;
      const { transcript } = view;
      const key = own === undefined ? this.#keyOf(peer, peerKey, dealtOn) : undefined;
      if (own !== undefined) {
        const mask = pairwiseMask({ key: own, peerKey, transcript, own: name, peer });
        applyMasks(vector, [{ key: mask.key, sign: mask.sign === 1 ? -1 : 1 }], { ringBits: 32 });
      } else if (key !== undefined) {
        applyMasks(vector, [pairwiseMask({ key, peerKey: ownKey, transcript, own: peer, peer: name })], {
          ringBits: 32,
        });
      } else return undefined;
    }
    return vector;
  }

  /** The mask key that a roster has for a merchant, if it is known or follows from its shares. */
  maskKeyOf(merchant: string, view: RosterView): AgreementKey | undefined {
    return this.#keyOf(merchant, view.byMerchant.get(merchant)?.maskKey, view);
  }

  #keyOf(merchant: string, publicKey: Uint8Array | undefined, view: RosterView): AgreementKey | undefined {
    if (publicKey === undefined) return undefined;
    const known = this.#maskKeys.get(Buffer.from(publicKey).toString('hex'));
    if (known !== undefined) return known;
    const secret = this.decode(merchant, 'mask-key', view);
    if (secret === undefined) return undefined;
    const key = AgreementKey.fromSecret(secret);
    return equalBytes(key.publicKey, publicKey) ? key : undefined;
  }
}
