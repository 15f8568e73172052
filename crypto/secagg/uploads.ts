import { equalBytes } from '../bytes.js';
import type { ReceivedEnvelope } from '../dsse.js';
import { MASKED_INPUT, decodeUnverified } from './messages.js';
import { refuse } from './refusal.js';

/**
 * Compares an uploaded vector with the R2 envelope that came before it, which the server machine checks by itself.
 *
 * @param digest SHA-256 of the vector's bytes as they arrived
 * @throws GuildhallError SECAGG_VECTOR_MISMATCH if the envelope signs another digest; SECAGG_MESSAGE_MALFORMED
 */
export function requireSignedDigest(input: ReceivedEnvelope, digest: Uint8Array): void {
  const { merchant, vectorSha256 } = decodeUnverified(input, MASKED_INPUT);
  if (!equalBytes(vectorSha256, digest)) {
    refuse('SECAGG_VECTOR_MISMATCH', `the vector of ${merchant} is not the one that it signed`, { merchant });
  }
}
