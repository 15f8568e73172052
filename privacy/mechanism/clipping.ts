/**
 * Bounding what one shopper can change: L2 for gradients and statistics, L1 in integers for counts.
 *
 * A contribution that is not finite contributes nothing and is counted, locally only: a refusal, an error or a delay
 * that depends on shoppers' data would itself be a release without noise. A norm of NaN fails every comparison, so the
 * test is 'is finite', not 'is larger'.
 */

/** Share of the clip norm given away so that float64 rounding in norms, products and sums cannot exceed it. */
const HEADROOM = 1 - 2 ** -10;

/** What clipping did to a contribution; for local diagnostics, never to be reported. */
export type ClipOutcome = 'kept' | 'clipped' | 'rejected';

/**
 * A running sum of one merchant's L2-clipped shopper contributions, in float64.
 *
 * Each is clipped as one whole vector to C(1 − 2^−10). The k-th addition rounds by at most 2^−53·kC in L2 norm, so two
 * neighbouring sums of N shoppers differ by at most C(1 − 2^−10) + 2^−53·N²C ≤ C as long as N ≤ {@link ClippedSum.maximumShoppers}.
 */
export class ClippedSum {
  /** The number of shoppers in one sum for which the sensitivity is proved. */
  static readonly maximumShoppers = 2 ** 21;

  readonly #sum: Float64Array;
  readonly #bound: number;
  readonly #outcomes: Record<ClipOutcome, number> = { kept: 0, clipped: 0, rejected: 0 };

  /**
   * @param dimension d ≥ 0
   * @param clipNorm C, in [1e-100, 1e100]
   */
  constructor(dimension: number, clipNorm: number) {
    if (!(clipNorm >= 1e-100 && clipNorm <= 1e100))
      throw new RangeError(`clipNorm must be in [1e-100, 1e100], got ${clipNorm}`);
    this.#sum = new Float64Array(dimension);
    this.#bound = clipNorm * HEADROOM;
  }

  /**
   * Adds one shopper, clipped. A contribution whose norm is not finite adds nothing.
   * @param contribution d numbers; not modified
   * @throws RangeError for a wrong length, which is the caller's mistake and not data
   */
  add(contribution: Float64Array | Float32Array): ClipOutcome {
    const sum = this.#sum;
    if (contribution.length !== sum.length)
      throw new RangeError(`a contribution must have ${sum.length} coordinates, got ${contribution.length}`);
    let squares = 0;
    for (const value of contribution) squares += value * value;
    const norm = Math.sqrt(squares);
    const outcome = !Number.isFinite(norm) ? 'rejected' : norm > this.#bound ? 'clipped' : 'kept';
    this.#outcomes[outcome]++;
    if (outcome === 'rejected') return outcome;
    const factor = outcome === 'clipped' ? this.#bound / norm : 1;
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (contribution[i] ?? 0) * factor;
    return outcome;
  }

  /** A copy of the sum so far; all zeros when no shopper was sampled, which must be sent like any other. */
  get sum(): Float64Array {
    return this.#sum.slice();
  }

  /** How many were kept, clipped and rejected. Stays with the merchant. */
  get outcomes(): Readonly<Record<ClipOutcome, number>> {
    return { ...this.#outcomes };
  }
}

/** One shopper's clipped counts. */
export interface ClippedCounts {
  /** Same length and order as given; Σ|counts| ≤ K. */
  readonly counts: Int32Array;
  readonly outcome: ClipOutcome;
}

/**
 * Clips one shopper's integer counts to L1 norm K by keeping whole units from the front, so the caller decides by order
 * which events matter (the newest first, say). Entries may repeat a cell.
 * @param counts integers; anything else rejects the whole contribution
 * @param bound K, a positive integer below 2^31
 */
export function clipCounts(counts: ArrayLike<number>, bound: number): ClippedCounts {
  if (!Number.isInteger(bound) || bound < 1 || bound >= 2 ** 31)
    throw new RangeError(`an L1 bound must be an integer in [1, 2^31), got ${bound}`);
  const clipped = new Int32Array(counts.length);
  const given = Array.from(counts);
  if (!given.every(Number.isSafeInteger)) return { counts: clipped, outcome: 'rejected' };
  let left = bound;
  let outcome: ClipOutcome = 'kept';
  for (const [i, count] of given.entries()) {
    const kept = Math.min(Math.abs(count), left);
    if (kept < Math.abs(count)) outcome = 'clipped';
    clipped[i] = Math.sign(count) * kept;
    left -= kept;
  }
  return { counts: clipped, outcome };
}
