import { signEnvelope, verifyEnvelope } from '../crypto/index.js';
import type { Envelope, ReceivedEnvelope, SigningKey } from '../crypto/index.js';
import { GuildhallError } from '../errors/index.js';
import { Receipt } from '../proto/index.js';

/** DSSE payload type of a receipt. */
export const RECEIPT_PAYLOAD_TYPE = 'application/vnd.guildhall.receipt.v1+protobuf';

/** Bytes of a ledger head: a SHA-256. */
export const LEDGER_HEAD_BYTES = 32;

/**
 * Countersigns an upload, after its commit: which merchant sent which vector under which contract, and the head of the
 * merchant's ledger at that moment. Ed25519 is deterministic, so the same upload gets the same receipt.
 */
export function signReceipt(receipt: Receipt, key: SigningKey): Envelope {
  return signEnvelope({ payloadType: RECEIPT_PAYLOAD_TYPE, payload: Receipt.encode(receipt).finish(), key });
}

/**
 * Verifies a receipt, then decodes the very bytes that were verified.
 * @param expected.contractKey the coordinator's Ed25519 key, pinned when the client joined
 * @param expected.merchant whose receipt it must be
 * @throws GuildhallError RECEIPT_INVALID
 */
export function openReceipt(
  envelope: ReceivedEnvelope,
  expected: { readonly contractKey: Uint8Array; readonly merchant: string },
): Receipt {
  try {
    const receipt = Receipt.decode(
      verifyEnvelope(envelope, { payloadType: RECEIPT_PAYLOAD_TYPE, publicKey: expected.contractKey }),
    );
    if (receipt.merchant !== expected.merchant) throw invalid(`is ${receipt.merchant}'s`);
    if (receipt.ledgerHead.length !== LEDGER_HEAD_BYTES) throw invalid('holds no ledger head');
    return receipt;
  } catch (cause) {
    if (cause instanceof GuildhallError && cause.code === 'RECEIPT_INVALID') throw cause;
    throw invalid('does not carry the signature of the pinned contract key', cause);
  }
}

function invalid(what: string, cause?: unknown): GuildhallError {
  return new GuildhallError('RECEIPT_INVALID', `The coordinator's receipt ${what}.`, { cause });
}
