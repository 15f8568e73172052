import { GuildhallError } from '../../errors/index.js';
import type { Baseline } from './scorer.js';

/** Ridge penalty of the published hurdles. */
export const EASE_PENALTY = 100;
/** A dense inverse of more items needs over 3.6 GB. */
export const EASE_MOST_ITEMS = 30_000;
/** Columns solved at once: eight sums fit the registers, and two blocks of vectors fit a processor's cache. */
const WIDTH = 8;
/** Residual, as a share of the right side's norm, below which a column is solved. */
const TOLERANCE = 1e-5;
const MOST_ITERATIONS = 200;

/**
 * EASE (Steck 2019): the item-to-item matrix B with zero diagonal that least squares with a ridge penalty fits to the
 * binary purchases X. With P = (XᵀX + λI)⁻¹ it is B = I − P·diag(1/diag P).
 *
 * XᵀX has some ten times the entries of X and its factorisation is dense, so the columns of P are found by conjugate
 * gradients with Jacobi's preconditioner on v → Xᵀ(Xv) + λv, which costs two passes over the purchases; the penalty
 * keeps the condition number small, and fewer than ten iterations leave a relative residual of 1e−5.
 */
export const ease: Baseline = {
  name: 'ease',
  description: `EASE (Steck 2019) with a ridge penalty of ${EASE_PENALTY}: linear regression of items on items, in closed form.`,
  fit(histories, items) {
    const { inverse, diagonal } = ridgeInverse(histories, items, EASE_PENALTY);
    return {
      kind: 'counts',
      score(history, scores) {
        const distinct = new Set(history);
        for (const item of distinct) {
          const row = inverse.subarray(item * items, (item + 1) * items);
          for (let other = 0; other < items; other++) scores[other] = (scores[other] ?? 0) - (row[other] ?? 0);
        }
        for (const item of distinct) scores[item] = (scores[item] ?? 0) + (diagonal[item] ?? 0);
        for (let other = 0; other < items; other++) scores[other] = (scores[other] ?? 0) / (diagonal[other] ?? 1);
      },
    };
  },
};

/**
 * (XᵀX + λI)⁻¹ for the binary shopper × item matrix X.
 *
 * @returns the inverse, items × items, symmetric up to the solver's tolerance, and its diagonal
 * @throws GuildhallError MODEL_TOO_LARGE above {@link EASE_MOST_ITEMS} items
 */
export function ridgeInverse(
  histories: readonly Int32Array[],
  items: number,
  penalty: number,
): { readonly inverse: Float32Array; readonly diagonal: Float32Array } {
  if (items > EASE_MOST_ITEMS) {
    throw new GuildhallError(
      'MODEL_TOO_LARGE',
      `EASE holds a dense matrix of items by items; ${items} items are more than the ${EASE_MOST_ITEMS} it is made for.`,
      { details: { items, most: EASE_MOST_ITEMS } },
    );
  }
  const solver = new ColumnSolver(incidence(histories, items), penalty);
  const inverse = new Float32Array(items * items);
  const diagonal = new Float32Array(items);
  for (let first = 0; first < items; first += WIDTH) {
    const columns = Math.min(WIDTH, items - first);
    const solution = solver.solve(first, columns);
    for (let column = 0; column < columns; column++) {
      const row = (first + column) * items;
      for (let item = 0; item < items; item++) inverse[row + item] = solution[item * WIDTH + column] ?? 0;
      diagonal[first + column] = inverse[row + first + column] ?? 1;
    }
  }
  return { inverse, diagonal };
}

/** For every row, the columns in which a binary matrix is 1. */
interface Lists {
  readonly starts: Int32Array;
  readonly members: Int32Array;
}

interface Incidence {
  readonly itemsOf: Lists;
  readonly shoppersOf: Lists;
}

/** Both directions of who bought what, each item once a shopper. */
function incidence(histories: readonly Int32Array[], items: number): Incidence {
  const baskets = histories.map((history) => new Set(history));
  const sizes = new Int32Array(items);
  for (const basket of baskets) for (const item of basket) sizes[item] = (sizes[item] ?? 0) + 1;
  const byShopper = emptyLists(Int32Array.from(baskets, ({ size }) => size));
  const byItem = emptyLists(sizes);
  const next = byItem.starts.slice();
  let at = 0;
  baskets.forEach((basket, shopper) => {
    for (const item of basket) {
      byShopper.members[at++] = item;
      const slot = next[item] ?? 0;
      byItem.members[slot] = shopper;
      next[item] = slot + 1;
    }
  });
  return { itemsOf: byShopper, shoppersOf: byItem };
}

function emptyLists(sizes: Int32Array): Lists {
  const starts = new Int32Array(sizes.length + 1);
  sizes.forEach((size, row) => (starts[row + 1] = (starts[row] ?? 0) + size));
  return { starts, members: new Int32Array(starts.at(-1) ?? 0) };
}

/** Solves {@link WIDTH} columns of the inverse at a time; vectors stand interleaved, value c of row r at r · WIDTH + c. */
class ColumnSolver {
  private readonly items: number;
  private readonly baskets: Incidence;
  private readonly penalty: number;
  /** Inverse of the diagonal of XᵀX + λI. */
  private readonly preconditioner: Float64Array;
  private readonly solution: Float64Array;
  private readonly residual: Float64Array;
  private readonly direction: Float64Array;
  private readonly product: Float64Array;
  private readonly ofShoppers: Float64Array;

  constructor(baskets: Incidence, penalty: number) {
    const { starts } = baskets.shoppersOf;
    this.baskets = baskets;
    this.penalty = penalty;
    this.items = starts.length - 1;
    this.preconditioner = Float64Array.from(
      { length: this.items },
      (_, item) => 1 / (penalty + (starts[item + 1] ?? 0) - (starts[item] ?? 0)),
    );
    const vectors = (): Float64Array => new Float64Array(this.items * WIDTH);
    this.solution = vectors();
    this.residual = vectors();
    this.direction = vectors();
    this.product = vectors();
    this.ofShoppers = new Float64Array((baskets.itemsOf.starts.length - 1) * WIDTH);
  }

  /**
   * Columns `first` … `first + columns − 1` of the inverse (Hestenes and Stiefel 1952, each column its own step
   * sizes); valid until the next call.
   */
  solve(first: number, columns: number): Float64Array {
    const { solution, residual, direction, product, preconditioner } = this;
    solution.fill(0);
    residual.fill(0);
    direction.fill(0);
    for (let column = 0; column < columns; column++) {
      const at = (first + column) * WIDTH + column;
      residual[at] = 1;
      direction[at] = preconditioner[first + column] ?? 1;
    }
    let energy = this.inner(residual, residual, preconditioner);
    for (let iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
      this.multiply();
      const curvature = this.inner(direction, product);
      const steps = energy.map((value, column) => (value > 0 ? value / (curvature[column] ?? 1) : 0));
      for (let at = 0; at < solution.length; at++) {
        const step = steps[at % WIDTH] ?? 0;
        solution[at] = (solution[at] ?? 0) + step * (direction[at] ?? 0);
        residual[at] = (residual[at] ?? 0) - step * (product[at] ?? 0);
      }
      if (Math.sqrt(Math.max(...this.inner(residual, residual))) <= TOLERANCE) break;
      const next = this.inner(residual, residual, preconditioner);
      for (let at = 0; at < direction.length; at++) {
        const column = at % WIDTH;
        const before = energy[column] ?? 0;
        const keep = before > 0 ? (next[column] ?? 0) / before : 0;
        const own = (preconditioner[(at - column) / WIDTH] ?? 0) * (residual[at] ?? 0);
        direction[at] = own + keep * (direction[at] ?? 0);
      }
      energy = next;
    }
    return solution;
  }

  /** product = XᵀX · direction + λ · direction. */
  private multiply(): void {
    sumMembers(this.baskets.itemsOf, this.direction, this.ofShoppers);
    sumMembers(this.baskets.shoppersOf, this.ofShoppers, this.product);
    for (let at = 0; at < this.product.length; at++) {
      this.product[at] = (this.product[at] ?? 0) + this.penalty * (this.direction[at] ?? 0);
    }
  }

  /** Inner product of every column of two blocks, weighted by row where weights are given. */
  private inner(left: Float64Array, right: Float64Array, weights?: Float64Array): Float64Array {
    const sums = new Float64Array(WIDTH);
    for (let row = 0; row < this.items; row++) {
      const weight = weights === undefined ? 1 : (weights[row] ?? 0);
      for (let column = 0; column < WIDTH; column++) {
        const at = row * WIDTH + column;
        sums[column] = (sums[column] ?? 0) + weight * (left[at] ?? 0) * (right[at] ?? 0);
      }
    }
    return sums;
  }
}

/** target[row] = Σ source[member] over the row's members; eight named sums, for an array of them would live in memory. */
function sumMembers({ starts, members }: Lists, source: Float64Array, target: Float64Array): void {
  for (let row = 0; row < starts.length - 1; row++) {
    let [s0, s1, s2, s3, s4, s5, s6, s7] = [0, 0, 0, 0, 0, 0, 0, 0];
    const end = starts[row + 1] ?? 0;
    for (let at = starts[row] ?? 0; at < end; at++) {
      const from = (members[at] ?? 0) * WIDTH;
      s0 += source[from] ?? 0;
      s1 += source[from + 1] ?? 0;
      s2 += source[from + 2] ?? 0;
      s3 += source[from + 3] ?? 0;
      s4 += source[from + 4] ?? 0;
      s5 += source[from + 5] ?? 0;
      s6 += source[from + 6] ?? 0;
      s7 += source[from + 7] ?? 0;
    }
    const to = row * WIDTH;
    target[to] = s0;
    target[to + 1] = s1;
    target[to + 2] = s2;
    target[to + 3] = s3;
    target[to + 4] = s4;
    target[to + 5] = s5;
    target[to + 6] = s6;
    target[to + 7] = s7;
  }
}
