import { EXIT } from './entry.js';
import type { ErrorEntry } from './entry.js';

/** Mechanisms, accounting and budgets (privacy/). */
export const PRIVACY_ERRORS = {
  BUDGET_EXHAUSTED: {
    help: 'Taking part would spend more than the policy allows. Wait for the next period, or raise the ceiling in policy.toml.',
    retryable: false,
    exit: EXIT.privacy,
  },
  CALIBRATION_IMPOSSIBLE: {
    help: 'What was already spent leaves no room for the target. Raise epsilon, raise delta, or wait for the next period.',
    retryable: false,
    exit: EXIT.privacy,
  },
  NOISE_TERMS_INVALID: {
    help: 'The contract asks for noise that cannot protect: it needs more minimum survivors than colluders and positive noise terms. Decline it and tell the platform.',
    retryable: false,
    exit: EXIT.privacy,
  },
  NOISE_OUT_OF_RANGE: {
    help: 'One share of noise must have a standard deviation between 3 quanta and 2^22 quanta. The platform must change the scale of the contract.',
    retryable: false,
    exit: EXIT.privacy,
  },
  NOISE_REVEAL_REFUSED: {
    help: 'Somebody asked for excess noise of another roster, of an impossible number of survivors or for a second view. Nothing more is revealed in this round; if it happens again, ask the platform what it does.',
    retryable: false,
    exit: EXIT.privacy,
  },
  RING_TOO_SMALL: {
    help: 'The sum with its noise could wrap around the ring. The contract needs more ring bits, a smaller scale, fewer merchants or less noise.',
    retryable: false,
    exit: EXIT.privacy,
  },
  LEDGER_CORRUPT: {
    help: 'The privacy ledger was edited or damaged, so what was spent is unknown and this client takes part in nothing. Restore ledger.sqlite, ledger.anchor and ledger.receipt from a backup made after the last round; if there is none, a responsible person decides: guildhall client ledger resolve --help.',
    retryable: false,
    exit: EXIT.privacy,
  },
  LEDGER_SOUND: {
    help: 'Nothing needs to be decided: the ledger verifies. See guildhall client ledger verify and guildhall client budget.',
    retryable: false,
    exit: EXIT.privacy,
  },
  LEDGER_ROLLED_BACK: {
    help: 'The privacy ledger is older than what was recorded: it was cut, or an older copy was put back, so what was spent since is unknown and this client takes part in nothing. Restore a copy made after the last round; if there is none, a responsible person decides: guildhall client ledger resolve --help.',
    retryable: false,
    exit: EXIT.privacy,
  },
} as const satisfies Record<string, ErrorEntry>;
