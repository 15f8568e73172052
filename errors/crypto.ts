import { EXIT } from './entry.js';
import type { ErrorEntry } from './entry.js';

/** Refusals of the secure-aggregation machines and failures of primitives (crypto/). */
export const CRYPTO_ERRORS = {
  SIGNATURE_INVALID: {
    help: 'A message was altered or signed with another key. Nothing was sent in answer; compare fingerprints with the sender.',
    retryable: false,
    exit: EXIT.protocol,
  },
} as const satisfies Record<string, ErrorEntry>;
