import { expect } from 'chai';
import fc from 'fast-check';
import { symmetricEigen } from '../../../recommender/reranker/index.js';

const at = (array: ArrayLike<number>, index: number): number => array[index] ?? Number.NaN;

/** The largest entry of |A − V diag(e) Vᵀ|, and of |VᵀV − I|. */
function residuals(matrix: Float64Array, d: number): { decomposition: number; orthonormality: number } {
  const { values, vectors } = symmetricEigen(matrix, d);
  let decomposition = 0;
  let orthonormality = 0;
  for (let row = 0; row < d; row += 1)
    for (let column = 0; column < d; column += 1) {
      let rebuilt = 0;
      let product = 0;
      for (let k = 0; k < d; k += 1) {
        rebuilt += at(values, k) * at(vectors, row * d + k) * at(vectors, column * d + k);
        product += at(vectors, k * d + row) * at(vectors, k * d + column);
      }
      decomposition = Math.max(decomposition, Math.abs(rebuilt - at(matrix, row * d + column)));
      orthonormality = Math.max(orthonormality, Math.abs(product - (row === column ? 1 : 0)));
    }
  return { decomposition, orthonormality };
}

describe('the symmetric eigen-decomposition', () => {
  it('finds the known eigenvalues of a small matrix', () => {
    const { values } = symmetricEigen(Float64Array.of(2, -1, 0, -1, 2, -1, 0, -1, 2), 3);
    const sorted = Array.from(values).sort((one, other) => one - other);
    [2 - Math.SQRT2, 2, 2 + Math.SQRT2].forEach((value, index) =>
      expect(at(sorted, index)).to.be.closeTo(value, 1e-14),
    );
  });

  it('rebuilds any symmetric matrix from orthonormal vectors', () => {
    const entry = fc.double({ min: -100, max: 100, noNaN: true });
    const symmetric = fc.integer({ min: 1, max: 12 }).chain((d) =>
      fc.array(entry, { minLength: d * d, maxLength: d * d }).map((entries) => {
        const matrix = new Float64Array(d * d);
        for (let row = 0; row < d; row += 1)
          for (let column = 0; column <= row; column += 1) {
            matrix[row * d + column] = entries[row * d + column] ?? 0;
            matrix[column * d + row] = entries[row * d + column] ?? 0;
          }
        return { matrix, d };
      }),
    );
    fc.assert(
      fc.property(symmetric, ({ matrix, d }) => {
        const { decomposition, orthonormality } = residuals(matrix, d);
        expect(decomposition).to.be.below(1e-9);
        expect(orthonormality).to.be.below(1e-11);
      }),
      { numRuns: 60 },
    );
  });

  it('copes with repeated eigenvalues and with zero', () => {
    expect(residuals(new Float64Array(16), 4).orthonormality).to.equal(0);
    const ones = new Float64Array(400).fill(1);
    expect(residuals(ones, 20).decomposition).to.be.below(1e-11);
  });

  it('refuses a wrong length and values that are not finite', () => {
    expect(() => symmetricEigen(new Float64Array(5), 2)).to.throw(RangeError);
    expect(() => symmetricEigen(Float64Array.of(1, Number.NaN, Number.NaN, 1), 2)).to.throw(RangeError);
  });
});
