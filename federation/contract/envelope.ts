import { sha256, signEnvelope, verifyEnvelope } from '../../crypto/index.js';
import type { Envelope, ReceivedEnvelope, SigningKey } from '../../crypto/index.js';
import { GuildhallError } from '../../errors/index.js';
import { Contract } from '../../proto/index.js';
import { compileTerms } from './terms.js';
import type { RoundTerms } from './terms.js';

/** DSSE payload type of a contract. */
export const CONTRACT_PAYLOAD_TYPE = 'application/vnd.guildhall.contract.v1+protobuf';

/** A contract with the hash that names it everywhere. */
export interface SignedContract {
  readonly envelope: Envelope;
  /** SHA-256 of the payload bytes, 32 bytes. */
  readonly sha256: Uint8Array;
  readonly terms: RoundTerms;
}

/**
 * Signs a contract; only the coordinator does.
 * @throws GuildhallError CONTRACT_MALFORMED before anything is signed
 */
export function signContract(contract: Contract, key: SigningKey): SignedContract {
  const terms = compileTerms(contract);
  const payload = Contract.encode(contract).finish();
  const envelope = signEnvelope({ payloadType: CONTRACT_PAYLOAD_TYPE, payload, key });
  return { envelope, sha256: sha256(payload), terms };
}

/**
 * Verifies a contract that came from elsewhere, then decodes the very bytes that were verified.
 * @param contractKey the coordinator's Ed25519 key, pinned when the client joined
 * @throws GuildhallError CONTRACT_SIGNATURE_INVALID, CONTRACT_MALFORMED
 */
export function openContract(
  envelope: ReceivedEnvelope,
  contractKey: Uint8Array,
): { readonly terms: RoundTerms; readonly sha256: Uint8Array } {
  const payload = verified(envelope, contractKey);
  return { terms: compileTerms(decoded(payload)), sha256: sha256(payload) };
}

function verified(envelope: ReceivedEnvelope, publicKey: Uint8Array): Uint8Array {
  try {
    return verifyEnvelope(envelope, { payloadType: CONTRACT_PAYLOAD_TYPE, publicKey });
  } catch (cause) {
    throw new GuildhallError('CONTRACT_SIGNATURE_INVALID', 'The contract is not signed by the pinned contract key.', {
      cause,
    });
  }
}

function decoded(payload: Uint8Array): Contract {
  try {
    return Contract.decode(payload);
  } catch (cause) {
    throw new GuildhallError('CONTRACT_MALFORMED', 'The contract is not a protobuf message of its type.', { cause });
  }
}
