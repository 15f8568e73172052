import type { RoundName } from '../../../client/ledger/ledger.js';
import type { EpsilonBudget, LedgerEntry } from '../../../privacy/index.js';

/** What the child of the kill tests records. */
export const NOW = Date.UTC(2026, 0, 15);
export const BUDGET: EpsilonBudget = { epsilonTotal: 3, epsilonPerPeriod: 2, period: 'year', delta: 1e-6 };
export const NAME: RoundName = { job: 'counts', round: 1, contractSha256: new Uint8Array(32).fill(1) };
export const SPENDING: LedgerEntry = {
  contractSha256: '01'.repeat(32),
  job: 'counts',
  round: 1,
  steps: 1,
  release: { kind: 'pure', epsilon: 0.5, sensitivity: 1 },
  spentAt: NOW,
};
