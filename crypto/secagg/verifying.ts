import { GuildhallError } from '../../errors/index.js';
import type { ReceivedEnvelope } from '../dsse.js';
import type { WorkInTurns } from '../turns.js';
import { openMessage } from './messages.js';
import type { MessageKind, VerifiedEnvelopes } from './messages.js';
import { memberKey } from './roster.js';
import type { MembersList } from './roster.js';

/**
 * Verifies the signatures of a message's envelopes ahead of the step that reads it, with a pause after each: hundreds in
 * one go would hold up everything else of the process.
 *
 * Refuses nothing. What is not signed by its sender's key is not added, so that the step itself finds it again and
 * refuses it under its own code.
 *
 * @param verified those that are found right are added
 */
export function* verifyAhead<T extends { merchant: string }>(
  envelopes: readonly ReceivedEnvelope[],
  kind: MessageKind<T>,
  members: MembersList,
  verified: VerifiedEnvelopes,
): WorkInTurns<void> {
  for (const envelope of envelopes) {
    try {
      openMessage(envelope, kind, (merchant) => memberKey(members, merchant), verified);
    } catch (error) {
      if (!(error instanceof GuildhallError)) throw error;
    }
    yield;
  }
}
