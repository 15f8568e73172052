import { FEWEST_MERCHANTS, RING_BITS, thresholds } from '../../crypto/index.js';
import type { SecAggTerms } from '../../crypto/index.js';
import { GuildhallError } from '../../errors/index.js';

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

/** Who deals shares to whom. */
export function graphOf(cell: Cell): 'complete' | 'sparse' {
  return thresholds({ ...cell, minimumSurvivors: 0 }).edgeProbability === 1 ? 'complete' : 'sparse';
}

/** @throws GuildhallError USAGE if a round of these numbers would end without a sum */
export function requirePossible(cell: Cell): void {
  const { merchants, colluders, dropped, ringBits } = cell;
  const refuse = (reason: string): never => {
    throw new GuildhallError('USAGE', `No such round: ${reason}.`);
  };
  if (merchants < FEWEST_MERCHANTS) refuse(`it takes ${FEWEST_MERCHANTS} merchants at least, not ${merchants}`);
  if (ringBits < RING_BITS.minimum || ringBits > RING_BITS.maximum) {
    refuse(`a word has ${RING_BITS.minimum} to ${RING_BITS.maximum} bits, not ${ringBits}`);
  }
  const { agreement, lossesSurvived } = thresholds({ ...cell, minimumSurvivors: 0 });
  if (colluders >= merchants || agreement - colluders < 2) {
    refuse(`of ${merchants} merchants ${colluders} cannot be tolerated as colluders`);
  }
  if (dropped > lossesSurvived) refuse(`${merchants} merchants survive ${lossesSurvived} losses, not ${dropped}`);
}
