import { Advertisement, Agreement, MaskedInput, Opening, Sharing, Unmasking } from '../../proto/index.js';
import { GuildhallError } from '../../errors/index.js';
import { signEnvelope, verifyEnvelope } from '../dsse.js';
import type { Envelope, ReceivedEnvelope } from '../dsse.js';
import type { SigningKey } from '../ed25519.js';
import { refuse } from './refusal.js';

/** How one of a merchant's own messages is read: its DSSE payload type and its decoder. */
export interface MessageReader<T extends { readonly merchant: string }> {
  readonly payloadType: string;
  readonly codec: { decode(bytes: Uint8Array): T };
}

/** How one of a merchant's own messages travels: its DSSE payload type and its codec. */
export interface MessageKind<T extends { merchant: string }> extends MessageReader<T> {
  readonly codec: {
    encode(message: T): { finish(): Uint8Array };
    decode(bytes: Uint8Array): T;
  };
}

function kind<T extends { merchant: string }>(name: string, codec: MessageKind<T>['codec']): MessageKind<T> {
  return { payloadType: `application/vnd.guildhall.${name}.v1+protobuf`, codec };
}

/** R0. */
export const ADVERTISEMENT = kind<Advertisement>('advertisement', Advertisement);
/** R0b. */
export const OPENING = kind<Opening>('opening', Opening);
/** R1. */
export const SHARING = kind<Sharing>('sharing', Sharing);
/** R2. */
export const MASKED_INPUT = kind<MaskedInput>('masked-input', MaskedInput);
/** R3. */
export const AGREEMENT = kind<Agreement>('agreement', Agreement);
/** R4. */
export const UNMASKING = kind<Unmasking>('unmasking', Unmasking);

/** Most bytes that an R4 message may carry beside its shares. */
export const ATTACHMENT_BYTES = 4096;

/**
 * Envelopes, as objects, whose signatures were verified under one members list. Whoever holds one passes it on unchanged.
 */
export type VerifiedEnvelopes = WeakSet<ReceivedEnvelope>;

/** Signs one of a merchant's own messages. */
export function sealMessage<T extends { merchant: string }>(
  kind: MessageKind<T>,
  message: T,
  identity: SigningKey,
): Envelope {
  const payload = kind.codec.encode(message).finish();
  return signEnvelope({ payloadType: kind.payloadType, payload, key: identity });
}

/**
 * Reads a signed message: the payload says who sent it, `keyOf` gives that sender's identity key, and the very bytes
 * that were read must be signed with it.
 *
 * @param keyOf the identity key of the sender that the message names; refuses a sender that may not be one
 * @param verified envelopes whose signature has been found right under these keys: it is not computed again, and this
 * one is added
 * @throws GuildhallError SECAGG_MESSAGE_MALFORMED if the payload does not decode; SIGNATURE_INVALID; what keyOf throws
 */
export function openMessage<T extends { readonly merchant: string }>(
  envelope: ReceivedEnvelope,
  kind: MessageReader<T>,
  keyOf: (merchant: string) => Uint8Array,
  verified?: VerifiedEnvelopes,
): T {
  const message = decodeUnverified(envelope, kind);
  const publicKey = keyOf(message.merchant);
  if (verified?.has(envelope) === true && envelope.payloadType === kind.payloadType) return message;
  verifyEnvelope(envelope, { payloadType: kind.payloadType, publicKey });
  verified?.add(envelope);
  return message;
}

/**
 * Reads a message without looking at its signature.
 *
 * @throws GuildhallError SECAGG_MESSAGE_MALFORMED if the payload does not decode
 */
export function decodeUnverified<T extends { readonly merchant: string }>(
  envelope: ReceivedEnvelope,
  kind: MessageReader<T>,
): T {
  try {
    return kind.codec.decode(envelope.payload);
  } catch (error) {
    if (error instanceof GuildhallError) throw error;
    return refuse('SECAGG_MESSAGE_MALFORMED', `a payload does not decode as ${kind.payloadType}`);
  }
}
