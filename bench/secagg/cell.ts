import { thresholds } from '../../crypto/index.js';
import type { SecAggTerms } from '../../crypto/index.js';

/** One cell of the table: a round of so many merchants, of whom some vanish after they have shared. */
export interface Cell {
  /** n. */
  readonly merchants: number;
  /** d. */
  readonly dimension: number;
  /** How many vanish between R1 and R2. */
  readonly dropped: number;
  /** c. */
  readonly colluders: number;
  /** w. */
  readonly ringBits: number;
}

/** The round's terms as both processes take them; the contract is of no interest here. */
export function termsOf({ merchants, dimension, colluders, ringBits }: Cell): SecAggTerms {
  return {
    contractSha256: new Uint8Array(32).fill(1),
    colluders,
    minimumMerchants: merchants,
    maximumMerchants: merchants,
    minimumSurvivors: 0,
    dimension,
    ringBits,
  };
}

/** Names in merchant order. */
export function namesOf({ merchants }: Cell): string[] {
  return Array.from({ length: merchants }, (_, index) => `merchant-${String(index).padStart(5, '0')}`);
}

/** @throws RangeError if so many losses would end the round without a sum */
export function requirePossible(cell: Cell): void {
  const { agreement, lossesSurvived } = thresholds({ ...cell, minimumSurvivors: 0 });
  if (agreement - cell.colluders < 2) throw new RangeError(`${cell.merchants} merchants are too few for this c`);
  if (cell.dropped > lossesSurvived) {
    throw new RangeError(`a round of ${cell.merchants} survives ${lossesSurvived} losses, not ${cell.dropped}`);
  }
}
