import { labelledHash } from '../hash.js';

declare const transcriptBrand: unique symbol;

/** τ: 32 bytes that name one contract and one roster. Everything after R0 is bound to it. */
export type Transcript = Buffer & { readonly [transcriptBrand]: true };

/** The two secrets that every merchant shares among its neighbours. */
export type ShareKind = 'self-mask' | 'mask-key';

/** τ = SHA-256(label ‖ contract hash ‖ roster root), the root over the signed payloads of U1 in merchant order. */
export function transcriptOf(contractSha256: Uint8Array, advertisements: readonly Uint8Array[]): Transcript {
  const root = labelledHash('guildhall/v1/roster', ...advertisements);
  return labelledHash('guildhall/v1/transcript', contractSha256, root) as Transcript;
}

/** R0: the commitment to a merchant's coin ρ, which the sparse graph opens. */
export function coinCommitment(merchant: string, coin: Uint8Array): Buffer {
  return labelledHash('guildhall/v1/coin', merchant, coin);
}

/** R1: what a reconstructed self-mask seed b must open. */
export function selfMaskCommitment(transcript: Transcript, merchant: string, seed: Uint8Array): Buffer {
  return labelledHash('guildhall/v1/self-mask', transcript, merchant, seed);
}

/** R1: what a revealed share must open. The nonce keeps the hash from confirming a guess at the share. */
export function shareHash(share: {
  readonly kind: ShareKind;
  readonly transcript: Transcript;
  readonly owner: string;
  readonly holder: string;
  readonly share: Uint8Array;
  readonly nonce: Uint8Array;
}): Buffer {
  const { kind, transcript, owner, holder } = share;
  return labelledHash('guildhall/v1/share', kind, transcript, owner, holder, share.share, share.nonce);
}

/** H(U2), names in merchant order. */
export function sharersHash(transcript: Transcript, sharers: readonly string[]): Buffer {
  return labelledHash('guildhall/v1/sharers', transcript, ...sharers);
}

/** H(U3), names in merchant order. */
export function survivorsHash(transcript: Transcript, survivors: readonly string[]): Buffer {
  return labelledHash('guildhall/v1/survivors', transcript, ...survivors);
}

/** H(envelopes): over the signed payloads of U3's R2 envelopes in merchant order. */
export function inputsHash(transcript: Transcript, inputs: readonly Uint8Array[]): Buffer {
  return labelledHash('guildhall/v1/inputs', transcript, ...inputs);
}
