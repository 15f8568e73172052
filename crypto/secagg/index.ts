/**
 * Secure aggregation: Bell et al. 2020 (ePrint 2020/704), on the complete graph and above 200 merchants on a sparse one,
 * with the consistency step of Bonawitz et al. 2017 made global, as two sans-IO machines. A rule of the protocol stands in
 * one file: thresholds in parameters.ts, neighbours in graph.ts, coins in coins.ts, hashes in transcript.ts, the roster in
 * roster.ts, a client's steps in client-opening.ts (R0, R0b), client-masking.ts (R1, R2) and client-unmasking.ts (R3, R4),
 * the coordinator's checks in server-checks.ts, decoding in unmasking.ts.
 *
 * Imports the primitives of crypto/, errors, and proto for the wire types. Knows nothing of contracts, noise or models:
 * it takes a contract's hash and numbers, and ring vectors that already hold their noise.
 */
export { SecAggClient } from './client.js';
export type { ClientPhase } from './client.js';
export type {
  AgreementOutput,
  ClientInput,
  ClientOptions,
  ClientOutput,
  MaskedOutput,
  OpeningOutput,
  SharersOutput,
  SharingOutput,
  UnmaskingOutput,
} from './client-state.js';
export { sparseThresholds } from './sparse-parameters.js';
export type { SparseRound, SparseThresholds } from './sparse-parameters.js';
export { COMPLETE_UP_TO, FEWEST_MERCHANTS, quorums, thresholds } from './parameters.js';
export type { Quorums, RosterNumbers, ThresholdRule, Thresholds } from './parameters.js';
export type { MembersList } from './roster.js';
export { ATTACHMENT_BYTES } from './messages.js';
export { SecAggServer } from './server.js';
export type { ServerOptions } from './server.js';
export { SERVER_STEPS } from './server-steps.js';
export type { Acceptance, Closing, RoundEnd, ServerStep } from './server-steps.js';
export type { Fault } from './server-checks.js';
export { checkTerms } from './terms.js';
export type { SecAggTerms } from './terms.js';
export { eraseUnmasking, masksOfVanished, selfMasksOf } from './unmasking.js';
export type { UnmaskingPlan, VanishedMerchant } from './unmasking.js';
export { requireSignedDigest } from './uploads.js';
