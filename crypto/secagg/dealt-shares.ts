import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { SealedShare } from '../../proto/index.js';
import { SHARE_BOX_BYTES } from './dealing.js';
import { SHARING } from './messages.js';
import type { MessageReader } from './messages.js';
import { requireLength } from './refusal.js';
import type { ShareKind } from './transcript.js';

const HASH_BYTES = 32;
/** Of one holder: both hashes, then the box. */
const HOLDER_BYTES = 2 * HASH_BYTES + SHARE_BOX_BYTES;

/** R1 as the coordinator reads it. */
export interface ReadSharing {
  readonly transcript: Uint8Array;
  readonly merchant: string;
  /** SHA-256(label ‖ τ ‖ i ‖ b). */
  readonly selfMaskCommitment: Uint8Array;
  /** Whom the boxes are for, in the message's order. */
  readonly recipients: readonly string[];
  readonly dealt: DealtShares;
}

/** Boxes and their hashes, in one piece of memory. */
export class DealtShares {
  readonly #packed: Buffer;

  /** @param packed for each holder {@link HOLDER_BYTES}; copied */
  constructor(packed: Uint8Array) {
    this.#packed = Buffer.allocUnsafeSlow(packed.length);
    this.#packed.set(packed);
  }

  /** The published hash of one share of a holder's, who goes by its rank in the message. */
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

/**
 * R1 read straight into the memory that it is kept in: 500 merchants deal some 64,000 boxes, and the generated decoder
 * makes nine buffers for each. Takes what that one takes, but for boxes and hashes of a wrong length or none.
 */
export const DEALT_SHARES: MessageReader<ReadSharing> = { payloadType: SHARING.payloadType, codec: { decode } };

/** @throws GuildhallError SECAGG_MESSAGE_MALFORMED on a wrong length; Error if this is no such message */
function decode(payload: Uint8Array): ReadSharing {
  const reader = new BinaryReader(payload);
  const message = { transcript: new Uint8Array(), merchant: '', selfMaskCommitment: new Uint8Array() };
  const recipients: string[] = [];
  // Every holder takes more than that on the wire.
  const packed = Buffer.allocUnsafe(HOLDER_BYTES * Math.floor(payload.length / HOLDER_BYTES));
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (type !== WireType.LengthDelimited) reader.skip(type, field);
    else if (field === 1) message.transcript = Uint8Array.from(reader.bytes());
    else if (field === 2) message.merchant = reader.string();
    else if (field === 3) message.selfMaskCommitment = Uint8Array.from(reader.bytes());
    else if (field === 4) recipients.push(readHolder(reader, packed, HOLDER_BYTES * recipients.length));
    else reader.skip(type, field);
  }
  return { ...message, recipients, dealt: new DealtShares(packed.subarray(0, HOLDER_BYTES * recipients.length)) };
}

/** Reads one holder's part into `packed` from `start` on. @returns the holder */
function readHolder(reader: BinaryReader, packed: Buffer, start: number): string {
  const end = reader.uint32() + reader.pos;
  if (end > reader.len) throw new RangeError('a part of the message is longer than the message');
  let recipient = '';
  let [selfMaskHash, maskKeyHash, box] = [NOTHING, NOTHING, NOTHING];
  while (reader.pos < end) {
    const [field, type] = reader.tag();
    if (type !== WireType.LengthDelimited) reader.skip(type, field);
    else if (field === 1) recipient = reader.string();
    else if (field === 2) selfMaskHash = reader.bytes();
    else if (field === 3) maskKeyHash = reader.bytes();
    else if (field === 4) box = reader.bytes();
    else reader.skip(type, field);
  }
  requireLength(selfMaskHash, HASH_BYTES, `a share hash for ${recipient}`);
  requireLength(maskKeyHash, HASH_BYTES, `a share hash for ${recipient}`);
  requireLength(box, SHARE_BOX_BYTES, `a box for ${recipient}`);
  packed.set(selfMaskHash, start);
  packed.set(maskKeyHash, start + HASH_BYTES);
  packed.set(box, start + 2 * HASH_BYTES);
  return recipient;
}

const NOTHING: Uint8Array = new Uint8Array();
