import { EXIT } from './entry.js';
import type { ErrorEntry } from './entry.js';

/** Catalogues, events and models (recommender/). */
export const DATA_ERRORS = {
  DATA_COLUMN_MISSING: {
    help: 'Add the column to the file, or map another one to it in client.toml.',
    retryable: false,
    exit: EXIT.data,
  },
} as const satisfies Record<string, ErrorEntry>;
