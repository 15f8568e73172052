import type { Agreement, Agreements, Coins, Delivery, Roster, Survivors } from '../../proto/index.js';
import type { Envelope } from '../dsse.js';
import type { SigningKey } from '../ed25519.js';
import type { RandomSource } from '../random.js';
import type { AgreementKey } from '../x25519.js';
import type { NeighbourGraph } from './graph.js';
import type { HeldShares } from './held-shares.js';
import type { VerifiedEnvelopes } from './messages.js';
import type { ThresholdRule } from './parameters.js';
import type { MembersList, RosterView } from './roster.js';
import type { SecAggTerms } from './terms.js';

/** What a client brings to a round. */
export interface ClientOptions {
  readonly terms: SecAggTerms;
  /** This merchant's name, as in the members list. */
  readonly merchant: string;
  readonly identity: SigningKey;
  /** Names and identity keys pinned by this merchant's own operator, itself included. */
  readonly members: MembersList;
  /** The merchant's own floor for U_min; 0 for none. */
  readonly survivorsFloor: number;
  /** The merchant's own floor for c; 0 for none. */
  readonly colludersFloor: number;
  /** Coins for keys, shares and nonces. */
  readonly random: RandomSource;
  /**
   * What gives the round its numbers and its graph. Never the coordinator's choice.
   * @default thresholds
   */
  readonly thresholdRule?: ThresholdRule;
}

/** What reaches a client: the coordinator's answers, and once the merchant's own vector. */
export type ClientInput =
  | { readonly step: 'roster'; readonly roster: Roster }
  | { readonly step: 'coins'; readonly coins: Coins }
  | { readonly step: 'delivery'; readonly delivery: Delivery }
  /** d words below 2^w, noise inside; masked and packed in place. */
  | { readonly step: 'input'; readonly vector: Uint32Array }
  | { readonly step: 'survivors'; readonly survivors: Survivors }
  /** With what goes out under the same signed view as R4, of at most {@link ATTACHMENT_BYTES} bytes; default: nothing. */
  | { readonly step: 'agreements'; readonly agreements: Agreements; readonly attachment?: Uint8Array };

/** R0b, to be sent: the answer to the roster of a sparse round. */
export interface OpeningOutput {
  readonly kind: 'opening';
  readonly opening: Envelope;
}

/** R1, to be sent: the answer to the coins, and on the complete graph to the roster. */
export interface SharingOutput {
  readonly kind: 'sharing';
  readonly sharing: Envelope;
}

/** The delivery was accepted: U2 in merchant order. Now is the time to draw noise and hand in the vector. */
export interface SharersOutput {
  readonly kind: 'sharers';
  /** n = |U1|. */
  readonly rosterSize: number;
  readonly sharers: readonly string[];
}

/** R2, to be sent. */
export interface MaskedOutput {
  readonly kind: 'masked';
  readonly input: Envelope;
  /** The caller's own vector, now masked, and packed in its own memory: the bytes that `input` signs. */
  readonly packed: Uint8Array;
}

/** R3, to be sent: the view that it signs is final, so that what is to be attached to R4 can be decided now. */
export interface AgreementOutput {
  readonly kind: 'agreement';
  readonly agreement: Envelope;
  /** n = |U1|. */
  readonly rosterSize: number;
  /** U2 in merchant order. */
  readonly sharers: readonly string[];
  /** U3 in merchant order. */
  readonly survivors: readonly string[];
}

/** R4, to be sent; every secret has been erased. */
export interface UnmaskingOutput {
  readonly kind: 'unmasking';
  readonly unmasking: Envelope;
}

/** What a client answers. Each message is to be stored durably before it is sent. */
export type ClientOutput =
  OpeningOutput | SharingOutput | SharersOutput | MaskedOutput | AgreementOutput | UnmaskingOutput;

/** A client's secrets and what never changes in a round. */
export interface Session extends ClientOptions {
  /** c: for boxes. */
  readonly boxKey: AgreementKey;
  /** s: for masks. */
  readonly maskKey: AgreementKey;
  /** ρ, 32 bytes; zeroed once it has served. */
  readonly coin: Uint8Array;
  readonly advertisement: Envelope;
  /** Envelopes whose signatures were verified under this merchant's members list. */
  readonly verified: VerifiedEnvelopes;
}

/** R0 has been sent. */
export interface Advertised {
  readonly phase: 'advertised';
}

/** R0b has been sent. */
export interface Opened {
  readonly phase: 'opened';
  readonly view: RosterView;
}

/** R1 has been sent. */
export interface Shared {
  readonly phase: 'shared';
  readonly view: RosterView;
  readonly graph: NeighbourGraph;
  /** Who may be in U2: those whose coins this client has opened. */
  readonly opened: ReadonlySet<string>;
  /** b. */
  readonly selfMask: Uint8Array;
}

/** U2 is known. */
export interface Delivered extends Omit<Shared, 'phase'> {
  readonly phase: 'delivered';
  readonly sharers: readonly string[];
  readonly sharersHash: Buffer;
  readonly held: HeldShares;
}

/** R2 has been sent. */
export interface Masked extends Omit<Delivered, 'phase' | 'selfMask' | 'opened'> {
  readonly phase: 'masked';
  readonly input: Envelope;
}

/** R3 has been sent. */
export interface Agreed extends Omit<Masked, 'phase' | 'input'> {
  readonly phase: 'agreed';
  readonly survivors: readonly string[];
  readonly agreement: Agreement;
}

/** R4 has been sent and nothing secret is left. */
export interface Done {
  readonly phase: 'done';
}

/** A client's state between two messages of a round that goes well. */
export type ClientState = Advertised | Opened | Shared | Delivered | Masked | Agreed | Done;

/** One step's result. */
export interface Transition<S extends ClientState, O extends ClientOutput> {
  readonly state: S;
  readonly output: O;
}
