import { clipCounts, ClippedSum } from '../privacy/index.js';
import type { ClipOutcome } from '../privacy/index.js';
import type { RoundTerms } from './contract/terms.js';
import { isCount, unitsAShopper } from './tasks/counts-release.js';
import type { Contribution } from './tasks/task.js';

/** Adds up one merchant's contributions to one round, each held to the contract's bound. */
export interface Accumulator {
  /** @throws TypeError for a form that the contract's mechanism does not protect; RangeError for a wrong length or cell */
  add(contribution: Contribution): void;
  /** d numbers. */
  sum(): Float64Array;
  outcomes(): Readonly<Record<ClipOutcome, number>>;
}

/** What a contract's contributions are added up by. */
export function accumulatorOf(terms: RoundTerms): Accumulator {
  const { mechanism, dimension, task } = terms;
  switch (mechanism.kind) {
    case 'local':
      return new MovementAccumulator(dimension, mechanism.movementNorm);
    case 'laplace':
      return new CountAccumulator(dimension, mechanism.l1Bound);
    case 'none':
      if (isCount(task)) return new CountAccumulator(dimension, unitsAShopper(terms));
      return new DenseAccumulator(dimension, mechanism.clipNorm);
    case 'gaussian':
      return new DenseAccumulator(dimension, mechanism.clipNorm);
  }
}

/** L2-clipped dense contributions, and sums of such that a task has clipped in one pass. */
export class DenseAccumulator implements Accumulator {
  readonly #clipped: ClippedSum;
  readonly #clipNorm: number;
  readonly #before: Float64Array;
  readonly #outcomesBefore: Record<ClipOutcome, number> = { kept: 0, clipped: 0, rejected: 0 };

  constructor(dimension: number, clipNorm: number) {
    this.#clipped = new ClippedSum(dimension, clipNorm);
    this.#clipNorm = clipNorm;
    this.#before = new Float64Array(dimension);
  }

  add(contribution: Contribution): void {
    switch (contribution.form) {
      case 'dense':
        this.#clipped.add(contribution.values);
        break;
      case 'clipped':
        this.#addClipped(contribution);
        break;
      case 'sparse':
      case 'private':
        throw new TypeError(`dense contributions are added up here, not ${contribution.form} ones`);
    }
  }

  /** A sum that is longer than its shoppers' bounds allow was not clipped, whatever it says, and adds nothing. */
  #addClipped({ sum, outcomes }: Extract<Contribution, { readonly form: 'clipped' }>): void {
    if (sum.length !== this.#before.length) throw new RangeError(`a sum must have ${this.#before.length} coordinates`);
    const { kept, clipped, rejected } = outcomes;
    const norm = Math.sqrt(sum.reduce((squares, value) => squares + value * value, 0));
    const isBounded = norm <= (kept + clipped) * this.#clipNorm;
    this.#outcomesBefore.rejected += isBounded ? rejected : kept + clipped + rejected;
    if (!isBounded) return;
    this.#outcomesBefore.kept += kept;
    this.#outcomesBefore.clipped += clipped;
    sum.forEach((value, i) => (this.#before[i] = (this.#before[i] ?? 0) + value));
  }

  sum(): Float64Array {
    return this.#clipped.sum.map((value, i) => value + (this.#before[i] ?? 0));
  }

  outcomes(): Readonly<Record<ClipOutcome, number>> {
    const { kept, clipped, rejected } = this.#clipped.outcomes;
    const before = this.#outcomesBefore;
    return { kept: kept + before.kept, clipped: clipped + before.clipped, rejected: rejected + before.rejected };
  }
}

/** L1-clipped integer contributions to few cells each. */
class CountAccumulator implements Accumulator {
  readonly #sum: Float64Array;
  readonly #bound: number;
  readonly #outcomes: Record<ClipOutcome, number> = { kept: 0, clipped: 0, rejected: 0 };

  constructor(dimension: number, bound: number) {
    this.#sum = new Float64Array(dimension);
    this.#bound = bound;
  }

  add(contribution: Contribution): void {
    if (contribution.form !== 'sparse') throw new TypeError('the task gives sparse contributions');
    const { counts, outcome } = clipCounts(contribution.units, this.#bound);
    this.#outcomes[outcome] += 1;
    contribution.cells.forEach((cell, i) => {
      if (cell < 0 || cell >= this.#sum.length) throw new RangeError(`there is no cell ${cell}`);
      this.#sum[cell] = (this.#sum[cell] ?? 0) + (counts[i] ?? 0);
    });
  }

  sum(): Float64Array {
    return this.#sum;
  }

  outcomes(): Readonly<Record<ClipOutcome, number>> {
    return this.#outcomes;
  }
}

/**
 * A movement that local noise has made private, cut to its norm so that no merchant outweighs the others. It takes nothing
 * else: a task that forgot its noise must not pass for one that has it.
 */
class MovementAccumulator implements Accumulator {
  readonly #clipped: ClippedSum;
  #outcomes: Readonly<Record<ClipOutcome, number>> = { kept: 0, clipped: 0, rejected: 0 };

  constructor(dimension: number, movementNorm: number) {
    this.#clipped = new ClippedSum(dimension, movementNorm);
  }

  add(contribution: Contribution): void {
    if (contribution.form !== 'private') throw new TypeError('only a movement with its own noise may leave');
    this.#clipped.add(contribution.values);
    this.#outcomes = contribution.outcomes;
  }

  sum(): Float64Array {
    return this.#clipped.sum;
  }

  outcomes(): Readonly<Record<ClipOutcome, number>> {
    return this.#outcomes;
  }
}
