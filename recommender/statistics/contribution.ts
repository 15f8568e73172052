import { cellOf } from './support.js';
import type { PairSupport } from './support.js';

/** One shopper's units on cells of the support: non-negative integers whose sum is K, or nothing at all. */
export interface PairContribution {
  /** Distinct cells, at most K. */
  readonly cells: Int32Array;
  /** Units on each of them, ≥ 1. */
  readonly units: Int32Array;
}

/** Which pairs of a history count. */
export interface PairTerms {
  /** K: the L1 norm of a contribution, and so the statistic's sensitivity to one shopper. */
  readonly l1Bound: number;
  /** Pairs further apart than this many events do not count. @default 20 */
  readonly maximumLag?: number;
  /** Only the last so many events are read. @default 60 */
  readonly historyLength?: number;
}

/** The lag and length that {@link PairTerms} leaves open. */
export const PAIR_DEFAULTS = { maximumLag: 20, historyLength: 60 } as const;

const at = (array: ArrayLike<number>, index: number): number => array[index] ?? 0;

/** The cells that a history touches, each once: by their later event, latest first, then by the nearness of the earlier. */
function* latestCells(
  history: Int32Array,
  support: PairSupport,
  maximumLag: number,
): Generator<number, void, undefined> {
  const seen = new Set<number>();
  for (let later = history.length - 1; later > 0; later -= 1)
    for (let lag = 1; lag <= Math.min(maximumLag, later); lag += 1) {
      const [one, other] = [at(history, later - lag), at(history, later)];
      const cell = one === other ? -1 : cellOf(support, one, other);
      if (cell < 0 || seen.has(cell)) continue;
      seen.add(cell);
      yield cell;
    }
}

/**
 * One shopper's contribution: the K latest pairs of the support in the history, of those with the same later event the
 * nearest first, with K units shared among them as evenly as integers allow, later pairs first. Late pairs say most about
 * what comes next.
 * @throws RangeError unless K is a positive integer
 */
export function pairContribution(history: Int32Array, support: PairSupport, terms: PairTerms): PairContribution {
  const { l1Bound, maximumLag = PAIR_DEFAULTS.maximumLag, historyLength = PAIR_DEFAULTS.historyLength } = terms;
  if (!Number.isInteger(l1Bound) || l1Bound < 1) throw new RangeError('l1Bound must be a positive integer');
  const chosen: number[] = [];
  for (const cell of latestCells(history.slice(-historyLength), support, maximumLag)) {
    chosen.push(cell);
    if (chosen.length === l1Bound) break;
  }
  const share = Math.floor(l1Bound / chosen.length);
  const units = Int32Array.from(chosen, (_, rank) => share + (rank < l1Bound % chosen.length ? 1 : 0));
  return { cells: Int32Array.from(chosen), units };
}

/**
 * Adds a contribution to a vector over the support's cells, in place.
 * @param sums one entry a cell
 */
export function addContribution(sums: Int32Array | Float64Array, contribution: PairContribution): void {
  contribution.cells.forEach((cell, position) => {
    sums[cell] = (sums[cell] ?? 0) + (contribution.units[position] ?? 0);
  });
}
