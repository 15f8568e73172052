/**
 * Primitives and the secure-aggregation protocol (SECAGG in docs/protocol.md), as pure functions and sans-IO machines.
 *
 * Imports errors, and proto in secagg/ only. Never knows contracts, noise, models, sockets, files or clocks:
 * randomness is an argument. The protocol's own exports stand in secagg/index.ts.
 */
export { BOX_KEY_BYTES, BOX_OVERHEAD_BYTES, openBox, sealBox } from './box.js';
export { equalBytes, lengthPrefixed, utf8 } from './bytes.js';
export { preAuthenticationEncoding, sameEnvelope, signEnvelope, verifyEnvelope } from './dsse.js';
export type { Envelope, ReceivedEnvelope } from './dsse.js';
export { ED25519_KEY_BYTES, ED25519_SIGNATURE_BYTES, SigningKey, verifyEd25519 } from './ed25519.js';
export { fingerprint, matchesFingerprint } from './fingerprint.js';
export { labelledHash, sha256 } from './hash.js';
export { hkdfSha256 } from './hkdf.js';
export { MASK_KEY_BYTES, applyMasks, splitCoordinates } from './mask.js';
export type { CoordinateRange, Mask, MaskedPart } from './mask.js';
export { addPacked, packInPlace, packWords, packedBytes, packedCut, requireZeroPadding } from './packing.js';
export { osRandom, streamRandom } from './random.js';
export type { RandomSource } from './random.js';
export { RING_BITS, addWords, lowBits, reduceWords, subtractWords } from './ring.js';
export { MAXIMUM_POINT, combineShares, lagrangeAtZero, splitSecret } from './shamir.js';
export { finish, inTurns } from './turns.js';
export type { EventLoop, WorkInTurns } from './turns.js';
export { HOST_BYTE_ORDER, bytesToWords, wordsToBytes } from './words.js';
export type { ByteOrder } from './words.js';
export { AgreementKey, X25519_KEY_BYTES, isLowOrderPoint } from './x25519.js';
export * from './secagg/index.js';
