import { refuse } from './refusal.js';
import type { ShareKind } from './transcript.js';

/** A share with the nonce that opens its hash. */
export interface OpenShare {
  /** 32 bytes. */
  readonly share: Uint8Array;
  /** 32 bytes. */
  readonly nonce: Uint8Array;
}

/** What one neighbour dealt to one holder. */
export type SharePair = Readonly<Record<ShareKind, OpenShare>>;

/**
 * The shares that a client holds of its neighbours' secrets. Of each neighbour it gives out one kind, ever: a self-mask
 * and a mask key together would uncover that neighbour's vector.
 */
export class HeldShares {
  readonly #pairs: ReadonlyMap<string, SharePair>;
  readonly #released = new Map<string, ShareKind>();

  /** @param pairs by owner; erased with this object */
  constructor(pairs: ReadonlyMap<string, SharePair>) {
    this.#pairs = pairs;
  }

  /**
   * A copy of the share of one kind; the other kind is destroyed with the first call.
   *
   * @returns undefined where no share of this owner is held
   * @throws GuildhallError SECAGG_BOTH_SHARES if the other kind was given out before
   */
  release(owner: string, kind: ShareKind): OpenShare | undefined {
    const before = this.#released.get(owner);
    if (before !== undefined && before !== kind) {
      refuse('SECAGG_BOTH_SHARES', `both kinds of share of ${owner} were asked for`, { owner });
    }
    this.#released.set(owner, kind);
    const pair = this.#pairs.get(owner);
    if (pair === undefined) return undefined;
    erasePart(pair[kind === 'self-mask' ? 'mask-key' : 'self-mask']);
    return { share: pair[kind].share.slice(), nonce: pair[kind].nonce.slice() };
  }

  erase(): void {
    for (const pair of this.#pairs.values()) {
      erasePart(pair['self-mask']);
      erasePart(pair['mask-key']);
    }
  }
}

function erasePart(part: OpenShare): void {
  part.share.fill(0);
  part.nonce.fill(0);
}
