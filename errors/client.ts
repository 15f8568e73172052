import { EXIT } from './entry.js';
import type { ErrorEntry } from './entry.js';

const local = (exit: ErrorEntry['exit'], help: string): ErrorEntry => ({ help, retryable: false, exit });
const later = (exit: ErrorEntry['exit'], help: string): ErrorEntry => ({ help, retryable: true, exit });

/** The merchant's process (client/). */
export const CLIENT_ERRORS = {
  COORDINATOR_UNREACHABLE: later(
    EXIT.network,
    'Check the address in client.toml and that the coordinator is running. The client keeps trying.',
  ),
  COORDINATOR_UNTRUSTED: local(
    EXIT.identity,
    'The server did not present a certificate of the authority that the invite named. Do not go on; compare the address and the invite with the platform.',
  ),
  COORDINATOR_FAILED: later(
    EXIT.network,
    'The coordinator met a fault of its own. The client tries again; tell the platform if it goes on.',
  ),
  COORDINATOR_ANSWER: local(
    EXIT.protocol,
    'The coordinator answered with something that this client does not understand. Check that both sides run compatible versions.',
  ),
  CLIENT_CONFIG_MALFORMED: local(
    EXIT.configuration,
    'Correct the field of client.toml that the message names; docs/client.md lists them all.',
  ),
  CLIENT_FILE_MISSING: local(
    EXIT.configuration,
    'Check the path in client.toml. Relative paths start at the state directory.',
  ),
  CLIENT_STOPPED: later(
    EXIT.ok,
    'The client was asked to stop. Run it again to go on with the same identity and ledger.',
  ),
  SERVING_PLACE_OUTSIDE: local(EXIT.usage, 'Name places of the list, from 1, or ask for a longer list with --count.'),
  SERVING_LOG_TOO_SHORT: local(
    EXIT.data,
    'Serve more lists with guildhall client recommend --explore, and let the shop record what is clicked in them.',
  ),
  INVITE_MALFORMED: local(
    EXIT.identity,
    'The invite file is incomplete or altered. Ask the platform to send it again, or for a new one.',
  ),
  STATE_EXISTS: local(
    EXIT.configuration,
    'This directory already holds a merchant. Run the client with it, or join with another directory.',
  ),
  STATE_MISSING: local(
    EXIT.configuration,
    'This directory holds no merchant. Join a federation first: guildhall client join.',
  ),
  STATE_DAMAGED: local(
    EXIT.storage,
    'A file of the state directory is missing or altered. Restore it from a backup, or join again with a new invite.',
  ),
  STATE_LOCKED: later(
    EXIT.configuration,
    'Another client runs on this directory. Stop it first: two clients on one ledger would spend a budget twice.',
  ),
  STATE_KEY_EXPOSED: local(
    EXIT.identity,
    'Others on this machine can read a secret key. Make it private again (chmod 600), and ask for a new invite if anyone may have copied it.',
  ),
  STATE_DISK_FULL: later(
    EXIT.storage,
    'Free some space on the disk that holds the state directory. Nothing was half-written.',
  ),
  STATE_READ_ONLY: local(
    EXIT.storage,
    'Make the state directory writable for the user that runs the client. Nothing was half-written.',
  ),
  STATE_IO: later(EXIT.storage, 'Check the disk that holds the state directory. Nothing was half-written.'),
  MEMBERS_MALFORMED: local(
    EXIT.identity,
    'Correct the entry of members.toml that the message names, or pin the merchant again.',
  ),
  MEMBER_UNKNOWN: local(
    EXIT.identity,
    'The platform knows no merchant of this name. List them: guildhall client members.',
  ),
  MEMBER_KEY_CHANGED: local(
    EXIT.identity,
    'The platform shows another key for this merchant than the one pinned here. Ask the merchant by another way; only if it really has a new key, remove its entry from members.toml and pin it again.',
  ),
  MEMBER_FINGERPRINT_DIFFERS: local(
    EXIT.identity,
    'The fingerprint you were given is not the one of the key that the platform shows. Do not pin it; ask the merchant again by another way.',
  ),
  LEDGER_MISSING: local(
    EXIT.privacy,
    'Without its ledger this client takes part in nothing. Restore ledger.sqlite, ledger.anchor and ledger.receipt from a backup made after the last round; if there is none, a responsible person decides: guildhall client ledger resolve --help.',
  ),
  LEDGER_UNREADABLE: local(
    EXIT.privacy,
    'The ledger cannot be read, so this client takes part in nothing. Restore ledger.sqlite, ledger.anchor and ledger.receipt from a backup made after the last round; if there is none, a responsible person decides: guildhall client ledger resolve --help.',
  ),
  ROUND_ALREADY_JOINED: local(
    EXIT.protocol,
    'This client has already taken part in this round, perhaps before a crash. It waits for the next one.',
  ),
  ROUND_ENDED: later(EXIT.protocol, 'The round ended before this client was through. The next one starts by itself.'),
  ROUND_DEADLINE: later(EXIT.network, 'The coordinator did not go on in time, so this client left the round.'),
  ROUND_COHORT_TOO_CLOSE: local(
    EXIT.privacy,
    'Without noise, two sums over nearly the same merchants on the same model would show their difference. This client did not unmask.',
  ),
  TRAINING_FAILED: later(
    EXIT.internal,
    'The training worker ended. It starts again with the next round; see the log lines before this one.',
  ),
} as const satisfies Record<string, ErrorEntry>;
