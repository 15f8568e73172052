import type { Advertisement } from '../../proto/index.js';
import { equalBytes } from '../bytes.js';
import type { ReceivedEnvelope } from '../dsse.js';
import { X25519_KEY_BYTES, isLowOrderPoint } from '../x25519.js';
import { ADVERTISEMENT, openMessage } from './messages.js';
import type { VerifiedEnvelopes } from './messages.js';
import { FEWEST_MERCHANTS, thresholds } from './parameters.js';
import type { ThresholdRule, Thresholds } from './parameters.js';
import { refuse, requireLength, requireMerchantOrder } from './refusal.js';
import type { SecAggTerms } from './terms.js';
import { transcriptOf } from './transcript.js';
import type { Transcript } from './transcript.js';

/** One merchant of U1. */
export interface RosterEntry {
  readonly merchant: string;
  /** 1-based position in merchant order: the point x of this merchant's Shamir shares. */
  readonly point: number;
  /** Ed25519. */
  readonly identityKey: Uint8Array;
  /** cPK, X25519: for boxes. */
  readonly boxKey: Uint8Array;
  /** sPK, X25519: for masks. */
  readonly maskKey: Uint8Array;
  /** SHA-256 that the merchant's coin must open. */
  readonly coinCommitment: Uint8Array;
}

/** A checked roster, the same at every honest party. */
export interface RosterView {
  /** In merchant order. */
  readonly entries: readonly RosterEntry[];
  readonly byMerchant: ReadonlyMap<string, RosterEntry>;
  readonly transcript: Transcript;
  readonly thresholds: Thresholds;
}

/** Merchants' names and Ed25519 identity keys. */
export type MembersList = ReadonlyMap<string, Uint8Array>;

/**
 * The identity key of a merchant in the members list.
 *
 * @throws GuildhallError SECAGG_NOT_A_MEMBER
 */
export function memberKey(members: MembersList, merchant: string): Uint8Array {
  const key = members.get(merchant);
  return key ?? refuse('SECAGG_NOT_A_MEMBER', `${merchant} is not in the members list`, { merchant });
}

/**
 * What must hold of one advertisement by itself.
 *
 * @throws GuildhallError SECAGG_CONTRACT_MISMATCH, SECAGG_MESSAGE_MALFORMED, SECAGG_LOW_ORDER_POINT
 */
export function checkAdvertisement(advertisement: Advertisement, terms: SecAggTerms): void {
  const { merchant } = advertisement;
  if (!equalBytes(advertisement.contractSha256, terms.contractSha256)) {
    refuse('SECAGG_CONTRACT_MISMATCH', `the advertisement of ${merchant} is for another contract`, { merchant });
  }
  requireLength(advertisement.coinCommitment, 32, `the coin commitment of ${merchant}`);
  for (const key of [advertisement.boxPublicKey, advertisement.maskPublicKey]) {
    requireLength(key, X25519_KEY_BYTES, `a public key of ${merchant}`);
    if (isLowOrderPoint(key)) {
      refuse('SECAGG_LOW_ORDER_POINT', `a public key of ${merchant} is a point of low order`, { merchant });
    }
  }
}

/**
 * A merchant's keys as text, for telling duplicates: each may appear once only in a roster, also as another kind.
 */
export function keysOf(entry: Pick<RosterEntry, 'identityKey' | 'boxKey' | 'maskKey'>): string[] {
  return [entry.identityKey, entry.boxKey, entry.maskKey].map((key) => Buffer.from(key).toString('hex'));
}

/**
 * Checks a whole roster, as the client that received it and the coordinator that made it do alike.
 *
 * @param options.verified envelopes that the coordinator verified when they came
 * @throws GuildhallError SECAGG_NOT_A_MEMBER, SIGNATURE_INVALID, SECAGG_DUPLICATE, SECAGG_ROSTER_TOO_SMALL,
 * SECAGG_ROSTER_TOO_LARGE and the codes of {@link checkAdvertisement}
 */
export function readRoster(
  advertisements: readonly ReceivedEnvelope[],
  options: {
    readonly terms: SecAggTerms;
    readonly members: MembersList;
    readonly verified?: VerifiedEnvelopes;
    /** @default thresholds */
    readonly thresholdRule?: ThresholdRule;
  },
): RosterView {
  const { terms, members, verified, thresholdRule = thresholds } = options;
  const entries = advertisements.map((envelope, index): RosterEntry => {
    const message = openMessage(envelope, ADVERTISEMENT, (merchant) => memberKey(members, merchant), verified);
    checkAdvertisement(message, terms);
    const { merchant } = message;
    const identityKey = memberKey(members, merchant);
    return {
      merchant,
      point: index + 1,
      identityKey,
      boxKey: message.boxPublicKey,
      maskKey: message.maskPublicKey,
      coinCommitment: message.coinCommitment,
    };
  });
  requireMerchantOrder(
    entries.map(({ merchant }) => merchant),
    'the roster',
  );
  const keys = new Set<string>();
  for (const entry of entries) {
    const { merchant } = entry;
    for (const key of keysOf(entry)) {
      if (keys.has(key)) refuse('SECAGG_DUPLICATE', `a key of ${merchant} appears twice in the roster`, { merchant });
      keys.add(key);
    }
  }
  const parameters = thresholdRule({ ...terms, merchants: entries.length });
  const fewest = Math.max(FEWEST_MERCHANTS, terms.minimumMerchants, parameters.minimumSurvivors);
  if (entries.length < fewest) {
    refuse('SECAGG_ROSTER_TOO_SMALL', `${entries.length} merchants in the roster; at least ${fewest} are needed`);
  }
  if (entries.length > terms.maximumMerchants) {
    refuse(
      'SECAGG_ROSTER_TOO_LARGE',
      `${entries.length} merchants in the roster; the sum holds ${terms.maximumMerchants} at most`,
    );
  }
  return {
    entries,
    byMerchant: new Map(entries.map((entry) => [entry.merchant, entry])),
    transcript: transcriptOf(
      terms.contractSha256,
      advertisements.map(({ payload }) => payload),
    ),
    thresholds: parameters,
  };
}
