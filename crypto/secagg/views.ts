import { equalBytes } from '../bytes.js';

/** The view of a round that R3 signs. */
export interface ViewHashes {
  /** H(U2). */
  readonly sharersHash: Uint8Array;
  /** H(U3). */
  readonly survivorsHash: Uint8Array;
  /** H(envelopes). */
  readonly inputsHash: Uint8Array;
}

/** Whether two views are one. */
export function sameView(a: ViewHashes, b: ViewHashes): boolean {
  return (
    equalBytes(a.sharersHash, b.sharersHash) &&
    equalBytes(a.survivorsHash, b.survivorsHash) &&
    equalBytes(a.inputsHash, b.inputsHash)
  );
}
