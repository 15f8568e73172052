import { EXIT } from './entry.js';
import type { ErrorEntry } from './entry.js';

/** The merchant's process (client/). */
export const CLIENT_ERRORS = {
  COORDINATOR_UNREACHABLE: {
    help: 'Check the address in client.toml and that the coordinator is running. The client keeps trying.',
    retryable: true,
    exit: EXIT.network,
  },
} as const satisfies Record<string, ErrorEntry>;
