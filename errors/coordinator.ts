import { EXIT } from './entry.js';
import type { ErrorEntry } from './entry.js';

const quorum = (step: string): ErrorEntry => ({
  help: `Too few merchants ${step} before the deadline. The step is tried again in a new round; see the refusals in \`guildhall coordinator status\`.`,
  retryable: true,
  exit: EXIT.protocol,
});
const configuration = (help: string): ErrorEntry => ({ help, retryable: false, exit: EXIT.configuration });
const identity = (help: string): ErrorEntry => ({ help, retryable: false, exit: EXIT.identity });
const protocol = (help: string): ErrorEntry => ({ help, retryable: false, exit: EXIT.protocol });
const later = (help: string): ErrorEntry => ({ help, retryable: true, exit: EXIT.protocol });

/** The platform's process (coordinator/). */
export const COORDINATOR_ERRORS = {
  PORT_IN_USE: {
    help: 'Another process listens on this port. Stop it, or choose another address in coordinator.toml.',
    retryable: false,
    exit: EXIT.network,
  },
  LISTEN_FAILED: {
    help: 'The address cannot be listened on. Check [listen] in coordinator.toml: it must belong to this machine.',
    retryable: false,
    exit: EXIT.network,
  },
  COORDINATOR_SHUTTING_DOWN: {
    help: 'The coordinator is stopping. Connect again in a moment; an open round goes on where it stood.',
    retryable: true,
    exit: EXIT.network,
  },
  COORDINATOR_RUNNING: configuration(
    'Another coordinator works on this state directory. Stop it first, or give this one a directory of its own.',
  ),
  COORDINATOR_NOT_RUNNING: {
    help: 'Start it with `guildhall coordinator run` on the same state directory, then try again.',
    retryable: true,
    exit: EXIT.network,
  },
  COORDINATOR_CONFIG_INVALID: configuration('Correct the field of coordinator.toml that the message names.'),
  STATE_DIRECTORY_EXISTS: configuration('Choose a directory that does not exist yet. Nothing was changed.'),
  STATE_DIRECTORY_INVALID: configuration(
    'Create the state directory with `guildhall coordinator init`, or restore the missing file from a backup.',
  ),
  STORAGE_UNAVAILABLE: {
    help: 'Free disk space, or make the state directory writable. Nothing was half-written; the work goes on by itself once writing succeeds.',
    retryable: true,
    exit: EXIT.storage,
  },
  UNMASKING_FAILED: later(
    'A thread that took masks out of the sum ended, most likely for want of memory. The round goes on without threads, more slowly. Give the coordinator more memory.',
  ),
  LEASE_LOST: {
    help: 'Another coordinator took over this state directory. This one stops; run only one of them.',
    retryable: false,
    exit: EXIT.storage,
  },
  INVITE_INVALID: identity('Ask the platform for a new invite, and use the file exactly as received.'),
  INVITE_EXPIRED: identity('Ask the platform for a new invite.'),
  INVITE_USED: identity(
    'The invite has already enrolled another identity. If that was not you, tell the platform at once; then ask for a new invite.',
  ),
  CERTIFICATE_REQUEST_INVALID: identity('The request must be PKCS#10, self-signed, with an ECDSA P-256 key.'),
  IDENTITY_PROOF_INVALID: identity(
    'The identity key and the signature over the request do not belong together. Join again.',
  ),
  CERTIFICATE_REFUSED: identity(
    'The certificate is not one that this coordinator has on record. Join with an invite of this coordinator.',
  ),
  CERTIFICATE_EXPIRED: identity(
    "First see whether this machine's clock is right. The platform renews its own with `guildhall coordinator renew`, and a merchant's with `guildhall merchants renew`; the merchant takes the file up with `guildhall client renew --certificate`.",
  ),
  CERTIFICATE_REVOKED: identity('The platform has revoked this merchant. Ask the platform why.'),
  ROLE_REQUIRED: identity(
    'The certificate has another role. Use the administrator certificate of the state directory.',
  ),
  MERCHANT_EXISTS: identity('Names are never given twice, also after a revocation. Choose another name.'),
  IDENTITY_IN_USE: identity(
    'The identity key is on record under another name. Join from a state directory of its own.',
  ),
  MERCHANT_NAME_INVALID: identity(
    'A name is 1 to 64 of a-z, 0-9, dot, hyphen, underscore, and starts with a letter or digit.',
  ),
  MERCHANT_UNKNOWN: identity('See `guildhall merchants list` for the names.'),
  MERCHANT_REVOKED: protocol('The platform revoked the merchant while the round was open.'),
  REQUEST_MALFORMED: protocol('A field is missing or out of range. Check that both sides run compatible versions.'),
  RATE_LIMITED: later('Too many calls. Wait a moment; the client does so by itself.'),
  JOB_EXISTS: configuration('Give the job another name: names of jobs are never used twice.'),
  JOB_MALFORMED: configuration('Correct the field of the job that the message names.'),
  MODEL_UNKNOWN: protocol('No such model version is stored. Watch for the newest one.'),
  ROUND_UNKNOWN: protocol('No such round is open. Watch for the present one.'),
  PHASE_NOT_REACHED: later('The round has not come to this step. Watch for its phase.'),
  PHASE_PASSED: protocol('The round is past this step. Wait for the next round.'),
  NOT_IN_ROUND: protocol('The merchant is not among those who came through the step before. Wait for the next round.'),
  ROSTER_FULL: protocol('The round has as many merchants as its contract allows. Wait for the next round.'),
  MESSAGE_CONFLICT: protocol(
    'Other bytes were accepted for this step already. Only those same bytes may be sent again.',
  ),
  REVEAL_CONFLICT: protocol(
    'One share kind is already on record for this merchant; the other kind is never taken in addition.',
  ),
  UPLOAD_TOO_LARGE: protocol('The upload is longer than the contract says. Nothing of it was kept.'),
  UPLOAD_LENGTH: protocol('The upload is shorter than the contract says. Send all of it again.'),
  UPLOAD_SUPERSEDED: later('The same merchant began the upload again on another connection.'),
  UPLOAD_STALLED: later('No bytes came for too long. Send the stored bytes again.'),
  ROUND_KEY_LOST: protocol(
    'The key of the open round is gone, so what was stored of it cannot be read. The step is tried again in a new round.',
  ),
  QUORUM_MISSED_ADVERTISING: quorum('advertised'),
  QUORUM_MISSED_OPENING: quorum('opened their coins'),
  QUORUM_MISSED_SHARING: quorum('shared their keys'),
  QUORUM_MISSED_COLLECTING: quorum('sent their input'),
  QUORUM_MISSED_AGREEING: quorum('agreed on the survivors'),
  QUORUM_MISSED_UNMASKING: quorum('revealed their shares'),
} as const satisfies Record<string, ErrorEntry>;
