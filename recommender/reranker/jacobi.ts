/** A symmetric matrix as its eigenvalues and orthonormal eigenvectors: A = Σ values[k] · v_k v_kᵀ. */
export interface SymmetricEigen {
  /** d eigenvalues, in no particular order. */
  readonly values: Float64Array;
  /** d × d, row-major; column k is the eigenvector of `values[k]`. */
  readonly vectors: Float64Array;
}

const SWEEPS = 60;
const at = (array: Float64Array, index: number): number => array[index] ?? 0;

function offDiagonal(matrix: Float64Array, dimension: number): number {
  let sum = 0;
  for (let row = 0; row < dimension; row += 1)
    for (let column = row + 1; column < dimension; column += 1) sum += at(matrix, row * dimension + column) ** 2;
  return sum;
}

function rotateColumns(
  matrix: Float64Array,
  dimension: number,
  p: number,
  q: number,
  cosine: number,
  sine: number,
): void {
  for (let row = 0; row < dimension; row += 1) {
    const left = at(matrix, row * dimension + p);
    const right = at(matrix, row * dimension + q);
    matrix[row * dimension + p] = cosine * left - sine * right;
    matrix[row * dimension + q] = sine * left + cosine * right;
  }
}

function rotateRows(matrix: Float64Array, dimension: number, p: number, q: number, cosine: number, sine: number): void {
  for (let column = 0; column < dimension; column += 1) {
    const upper = at(matrix, p * dimension + column);
    const lower = at(matrix, q * dimension + column);
    matrix[p * dimension + column] = cosine * upper - sine * lower;
    matrix[q * dimension + column] = sine * upper + cosine * lower;
  }
}

/**
 * Eigen-decomposition of a real symmetric matrix by cyclic Jacobi rotations (Golub and Van Loan, Matrix
 * Computations, 4th ed., §8.5). Meant for tens of rows: a sweep costs O(d³).
 * @param symmetric d × d, row-major; only read; both triangles must agree
 * @throws RangeError when the length is not d² or an entry is not finite
 */
export function symmetricEigen(symmetric: Float64Array, dimension: number): SymmetricEigen {
  if (symmetric.length !== dimension * dimension) throw new RangeError('symmetric must have dimension² entries');
  if (!symmetric.every(Number.isFinite)) throw new RangeError('symmetric must be finite');
  const matrix = Float64Array.from(symmetric);
  const vectors = new Float64Array(dimension * dimension);
  for (let row = 0; row < dimension; row += 1) vectors[row * dimension + row] = 1;
  const norm = matrix.reduce((sum, entry) => sum + entry * entry, 0);
  for (let sweep = 0; sweep < SWEEPS && offDiagonal(matrix, dimension) > 1e-30 * norm; sweep += 1) {
    for (let p = 0; p < dimension - 1; p += 1) {
      for (let q = p + 1; q < dimension; q += 1) {
        const entry = at(matrix, p * dimension + q);
        if (entry === 0) continue;
        const theta = (at(matrix, q * dimension + q) - at(matrix, p * dimension + p)) / (2 * entry);
        const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
        const cosine = 1 / Math.hypot(tangent, 1);
        const sine = tangent * cosine;
        rotateColumns(matrix, dimension, p, q, cosine, sine);
        rotateRows(matrix, dimension, p, q, cosine, sine);
        rotateColumns(vectors, dimension, p, q, cosine, sine);
      }
    }
  }
  const values = new Float64Array(dimension);
  for (let row = 0; row < dimension; row += 1) values[row] = at(matrix, row * dimension + row);
  return { values, vectors };
}
