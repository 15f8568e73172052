/**
 * A mechanism's dominating pair of distributions on a grid of privacy losses: for each loss l = k·h the mass that the
 * output has with the shopper's data (P) and without (Q), P = e^l·Q.
 *
 * Rounding is by connecting the dots (Doroshenko, Ghazi, Kamath, Kumar and Manurangsi 2022, arXiv 2207.04380): an outcome
 * with loss between two grid points is divided between them so that its mass under P and under Q both stay. The hockey
 * stick δ(ε), convex in e^ε, keeps its value at every grid point and is a chord between them, so it is never too low, and
 * too high by O(h²) only. The same division serves both directions, so one pair accounts for adding and for removing.
 */
/** A dominating pair on the grid. */
export interface LossPair {
  /** h: distance of grid points. */
  readonly interval: number;
  /** Loss of entry 0, in intervals. */
  readonly first: number;
  /** Mass under P at loss (first + i)·h. */
  readonly withShopper: Float64Array;
  /** Mass under Q at the same losses. */
  readonly without: Float64Array;
  /** Mass of P at loss ∞: outcomes taken as impossible under Q. */
  readonly onlyWith: number;
  /** Mass of Q at loss −∞. */
  readonly onlyWithout: number;
}

/** Losses this near to a grid point lie on it: their distance is rounding, and a grain of mass beside an atom is none. */
const ON_GRID = 2 ** -42;

/** Collects outcomes of a pair and divides them between grid points. */
export class LossPairBuilder {
  readonly #interval: number;
  readonly #first: number;
  readonly #withShopper: Float64Array;
  readonly #without: Float64Array;
  readonly #shareOfP: number;
  readonly #shareOfQ: number;
  #onlyWith = 0;
  #onlyWithout = 0;

  /**
   * @param interval h > 0
   * @param from least loss of any outcome
   * @param to greatest loss of any outcome
   */
  constructor(interval: number, from: number, to: number) {
    this.#interval = interval;
    this.#first = Math.floor(from / interval) - 1;
    const length = Math.floor(to / interval) + 3 - this.#first;
    this.#withShopper = new Float64Array(length);
    this.#without = new Float64Array(length);
    this.#shareOfP = -1 / Math.expm1(-interval);
    this.#shareOfQ = 1 / Math.expm1(interval);
  }

  /**
   * Adds an outcome.
   * @param p its mass under P
   * @param q its mass under Q
   * @param loss ln(p/q)
   */
  add(p: number, q: number, loss: number): void {
    this.addWithin(Math.floor(loss / this.#interval), p, q, loss);
  }

  /** As {@link add}, for a loss known to lie in cell k, [k·h, (k + 1)·h]. */
  addWithin(k: number, p: number, q: number, loss: number): void {
    const i = k - this.#first;
    const distance = loss - k * this.#interval;
    if (distance < ON_GRID) this.#addAt(i, p, q);
    else if (distance > this.#interval - ON_GRID) this.#addAt(i + 1, p, q);
    else {
      const upP = -Math.expm1(-distance) * this.#shareOfP * p;
      const upQ = Math.expm1(distance) * this.#shareOfQ * q;
      this.#addAt(i, p - upP, q - upQ);
      this.#addAt(i + 1, upP, upQ);
    }
  }

  /**
   * Adds all outcomes of cell k at once, by their masses alone. Exact however wide the cell is; narrow ones lose digits of
   * p − q·e^(k·h), for which {@link addWithin} knows the losses.
   */
  addCell(k: number, p: number, q: number): void {
    const i = k - this.#first;
    const excess = p - Math.exp(Math.log(q) + k * this.#interval);
    const upP = Math.max(0, Math.min(p, excess * this.#shareOfP));
    const upQ = p > 0 ? Math.min(q, Math.exp(Math.log(upP) - (k + 1) * this.#interval)) : 0;
    this.#addAt(i, p - upP, q - upQ);
    this.#addAt(i + 1, upP, upQ);
  }

  #addAt(i: number, p: number, q: number): void {
    this.#withShopper[i] = (this.#withShopper[i] ?? 0) + p;
    this.#without[i] = (this.#without[i] ?? 0) + q;
  }

  /** Adds outcomes that are cut off: taken as telling the two apart for sure. */
  addTruncated(p: number, q: number): void {
    this.#onlyWith += p;
    this.#onlyWithout += q;
  }

  build(): LossPair {
    return {
      interval: this.#interval,
      first: this.#first,
      withShopper: this.#withShopper,
      without: this.#without,
      onlyWith: this.#onlyWith,
      onlyWithout: this.#onlyWithout,
    };
  }
}
