import { EXIT } from './entry.js';
import type { ErrorEntry } from './entry.js';

/** Conditions of any layer. */
export const GENERAL_ERRORS = {
  INTERNAL: {
    help: 'This is a fault of guildhall itself. Please report it with the log lines around it.',
    retryable: false,
    exit: EXIT.internal,
  },
  USAGE: {
    help: 'Run the command with --help to see its options and their ranges.',
    retryable: false,
    exit: EXIT.usage,
  },
} as const satisfies Record<string, ErrorEntry>;
