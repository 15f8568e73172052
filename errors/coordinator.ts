import { EXIT } from './entry.js';
import type { ErrorEntry } from './entry.js';

/** The platform's process (coordinator/). */
export const COORDINATOR_ERRORS = {
  PORT_IN_USE: {
    help: 'Another process listens on this port. Stop it, or choose another address in coordinator.toml.',
    retryable: false,
    exit: EXIT.network,
  },
} as const satisfies Record<string, ErrorEntry>;
