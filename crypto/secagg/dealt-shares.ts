import type { SealedShare, Sharing } from '../../proto/index.js';
import { SHARE_BOX_BYTES } from './dealing.js';
import type { ShareKind } from './transcript.js';

const HASH_BYTES = 32;
/** Of one holder: both hashes, then the box. */
const HOLDER_BYTES = 2 * HASH_BYTES + SHARE_BOX_BYTES;

/**
 * What a merchant dealt, as the coordinator keeps it until the round ends: in one piece of memory, because 500 merchants
 * deal some 64,000 boxes. Holders go by their rank among the dealer's neighbours.
 */
export class DealtShares {
  readonly merchant: string;
  /** SHA-256(label ‖ τ ‖ i ‖ b). */
  readonly selfMaskCommitment: Uint8Array;
  readonly #packed: Buffer;

  /** @param message has passed checkSharing, and so is in the neighbours' order and of the right lengths; copied */
  constructor({ merchant, selfMaskCommitment, shares }: Sharing) {
    this.merchant = merchant;
    this.selfMaskCommitment = selfMaskCommitment;
    this.#packed = Buffer.allocUnsafeSlow(HOLDER_BYTES * shares.length);
    shares.forEach(({ selfMaskShareHash, maskKeyShareHash, box }, rank) => {
      const start = HOLDER_BYTES * rank;
      this.#packed.set(selfMaskShareHash, start);
      this.#packed.set(maskKeyShareHash, start + HASH_BYTES);
      this.#packed.set(box, start + 2 * HASH_BYTES);
    });
  }

  /** The published hash of one share of a holder's. */
  hashAt(rank: number, kind: ShareKind): Buffer {
    const start = HOLDER_BYTES * rank + (kind === 'self-mask' ? 0 : HASH_BYTES);
    return this.#packed.subarray(start, start + HASH_BYTES);
  }

  /** A holder's box and hashes. */
  at(rank: number): Omit<SealedShare, 'recipient'> {
    const end = HOLDER_BYTES * (rank + 1);
    return {
      selfMaskShareHash: this.hashAt(rank, 'self-mask'),
      maskKeyShareHash: this.hashAt(rank, 'mask-key'),
      box: this.#packed.subarray(end - SHARE_BOX_BYTES, end),
    };
  }
}
