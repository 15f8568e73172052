import { EXIT } from './entry.js';
import type { ErrorEntry } from './entry.js';

/** Contracts, policy and the vector codec (federation/). */
export const CONTRACT_ERRORS = {
  CONTRACT_MALFORMED: {
    help: 'The coordinator sent a contract that does not decode. Check that both sides run compatible versions.',
    retryable: false,
    exit: EXIT.protocol,
  },
} as const satisfies Record<string, ErrorEntry>;
