/** A sparse matrix by rows (CSR): row r's columns, ascending and distinct, stand at starts[r] ≤ position < starts[r + 1]. */
export interface SparseMatrix {
  readonly rows: number;
  readonly columns: number;
  /** rows + 1 positions. */
  readonly starts: Int32Array;
  readonly indices: Int32Array;
  readonly values: Float32Array;
}

/** Collects entries of a sparse matrix in any order; entries of the same cell are summed. */
export class SparseBuilder {
  private rowOf: Int32Array;
  private columnOf: Int32Array;
  private valueOf: Float64Array;
  private length = 0;
  readonly rows: number;
  readonly columns: number;

  constructor(rows: number, columns: number, capacity = 1024) {
    this.rows = rows;
    this.columns = columns;
    this.rowOf = new Int32Array(capacity);
    this.columnOf = new Int32Array(capacity);
    this.valueOf = new Float64Array(capacity);
  }

  /** @throws RangeError for a cell outside the matrix */
  add(row: number, column: number, value: number): void {
    if (!(row >= 0 && row < this.rows && column >= 0 && column < this.columns)) {
      throw new RangeError(`Cell (${row}, ${column}) lies outside a matrix of ${this.rows} × ${this.columns}.`);
    }
    if (this.length === this.rowOf.length) this.grow();
    this.rowOf[this.length] = row;
    this.columnOf[this.length] = column;
    this.valueOf[this.length] = value;
    this.length++;
  }

  private grow(): void {
    const capacity = 2 * Math.max(this.length, 512);
    const grown = {
      row: new Int32Array(capacity),
      column: new Int32Array(capacity),
      value: new Float64Array(capacity),
    };
    grown.row.set(this.rowOf);
    grown.column.set(this.columnOf);
    grown.value.set(this.valueOf);
    this.rowOf = grown.row;
    this.columnOf = grown.column;
    this.valueOf = grown.value;
  }

  /** Sums entries of the same cell (in order of addition, in double precision) and drops the cells that end at 0. */
  build(): SparseMatrix {
    const byColumn = this.order(this.columnOf, this.columns);
    const byRow = this.order(this.rowOf, this.rows, byColumn);
    const starts = new Int32Array(this.rows + 1);
    const indices = new Int32Array(this.length);
    const values = new Float32Array(this.length);
    let size = 0;
    let at = 0;
    for (let row = 0; row < this.rows; row++) {
      while (at < this.length && this.rowOf[byRow[at] ?? 0] === row) {
        const column = this.columnOf[byRow[at] ?? 0] ?? 0;
        let sum = 0;
        for (; at < this.length && this.isCell(byRow[at] ?? 0, row, column); at++)
          sum += this.valueOf[byRow[at] ?? 0] ?? 0;
        if (sum === 0) continue;
        indices[size] = column;
        values[size] = sum;
        size++;
      }
      starts[row + 1] = size;
    }
    return {
      rows: this.rows,
      columns: this.columns,
      starts,
      indices: indices.slice(0, size),
      values: values.slice(0, size),
    };
  }

  private isCell(entry: number, row: number, column: number): boolean {
    return this.rowOf[entry] === row && this.columnOf[entry] === column;
  }

  /** A stable counting sort of the entries, or of a given order of them, by a key below `bound`. */
  private order(keys: Int32Array, bound: number, previous?: Int32Array): Int32Array {
    const next = new Int32Array(bound + 1);
    for (let entry = 0; entry < this.length; entry++) {
      const key = (keys[entry] ?? 0) + 1;
      next[key] = (next[key] ?? 0) + 1;
    }
    for (let key = 0; key < bound; key++) next[key + 1] = (next[key + 1] ?? 0) + (next[key] ?? 0);
    const result = new Int32Array(this.length);
    for (let position = 0; position < this.length; position++) {
      const entry = previous === undefined ? position : (previous[position] ?? 0);
      const key = keys[entry] ?? 0;
      const slot = next[key] ?? 0;
      next[key] = slot + 1;
      result[slot] = entry;
    }
    return result;
  }
}

/** The same cells with each value replaced. */
export function mapValues(matrix: SparseMatrix, change: (value: number) => number): SparseMatrix {
  return { ...matrix, values: Float32Array.from(matrix.values, change) };
}

/** The value of one cell; 0 where none is stored. */
export function valueAt(matrix: SparseMatrix, row: number, column: number): number {
  let low = matrix.starts[row] ?? 0;
  let high = matrix.starts[row + 1] ?? 0;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((matrix.indices[middle] ?? 0) < column) low = middle + 1;
    else high = middle;
  }
  const found = low < (matrix.starts[row + 1] ?? 0) && matrix.indices[low] === column;
  return found ? (matrix.values[low] ?? 0) : 0;
}

/** Adds `weight` × row `row` of the matrix to a dense vector of its columns. */
export function addScaledRow(target: Float32Array, matrix: SparseMatrix, row: number, weight: number): void {
  const end = matrix.starts[row + 1] ?? 0;
  for (let at = matrix.starts[row] ?? 0; at < end; at++) {
    const column = matrix.indices[at] ?? 0;
    target[column] = (target[column] ?? 0) + weight * (matrix.values[at] ?? 0);
  }
}

/** Sum of every row. */
export function rowSums(matrix: SparseMatrix): Float64Array {
  return Float64Array.from({ length: matrix.rows }, (_, row) => {
    let sum = 0;
    for (let at = matrix.starts[row] ?? 0; at < (matrix.starts[row + 1] ?? 0); at++) sum += matrix.values[at] ?? 0;
    return sum;
  });
}
