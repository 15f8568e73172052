import { EXIT } from './entry.js';
import type { ErrorEntry } from './entry.js';

/** The demo, the benchmarks and the planning of jobs (simulations/, cli/). */
export const SIMULATION_ERRORS = {
  ROSTER_IMPOSSIBLE: {
    help: 'Take more merchants, or fewer colluders or survivors: n ≥ 4, survivors ≤ n and survivors − colluders ≥ 2.',
    retryable: false,
    exit: EXIT.configuration,
  },
  PROCESS_FAILED: {
    help: 'A process of the demo ended by itself. Run again with --keep DIR and look into DIR/logs.',
    retryable: true,
    exit: EXIT.internal,
  },
  JOB_FAILED: {
    help: 'A job ended without its result. Look at the codes of its rounds with guildhall coordinator status.',
    retryable: true,
    exit: EXIT.protocol,
  },
  FILE_UNREADABLE: {
    help: 'Check that the path is right and that this user may read it.',
    retryable: false,
    exit: EXIT.storage,
  },
  FILE_UNWRITABLE: {
    help: 'Choose a path that is free, where this user may write, on a disk that has room. Nothing was half-written.',
    retryable: false,
    exit: EXIT.storage,
  },
} as const satisfies Record<string, ErrorEntry>;
