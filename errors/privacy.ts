import { EXIT } from './entry.js';
import type { ErrorEntry } from './entry.js';

/** Mechanisms, accounting and budgets (privacy/). */
export const PRIVACY_ERRORS = {
  BUDGET_EXHAUSTED: {
    help: 'Taking part would spend more than the policy allows. Wait for the next period, or raise the ceiling in policy.toml.',
    retryable: false,
    exit: EXIT.privacy,
  },
} as const satisfies Record<string, ErrorEntry>;
