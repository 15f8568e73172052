import { expect } from 'chai';
import fc from 'fast-check';
import { gelu, normalise, startEngine } from '../../../../recommender/engine/index.js';
import type { TensorOperations } from '../../../../recommender/engine/index.js';
import { KERNELS_BASE64 } from '../../../../recommender/engine/wasm/binary.js';

type Tensor = ReturnType<TensorOperations['tensor']>;

/** Values with exact small sums, so that the order of additions cannot hide a wrong index. */
function values(length: number, salt: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => ((i * 7919 + salt * 104729) % 17) - 8);
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, extent) => size * extent, 1);
const extent = (max: number) => fc.integer({ min: 1, max });

describe('the kernels of the wasm engine', () => {
  let tf: TensorOperations;

  before(async () => {
    ({ tf } = await startEngine({ only: 'wasm' }));
  });

  /** Runs on given data and reads the result; nothing stays behind. */
  const on = (f: () => Tensor): Float32Array => tf.tidy(() => Float32Array.from(f().dataSync<'float32'>()));
  const tensor = (shape: number[], salt: number): Tensor => tf.tensor(values(sizeOf(shape), salt), shape);

  it('are a module without memory, data, globals or tables of its own, for all of that belongs to TF.js', () => {
    const bytes = Buffer.from(KERNELS_BASE64, 'base64');
    expect(sections(bytes)).to.deep.equal([1, 2, 3, 7, 10]);
  });

  it('multiply batches with any transposes as three nested loops do', () => {
    fc.assert(
      fc.property(
        fc.record({ batch: extent(3), m: extent(70), n: extent(19), k: fc.oneof(extent(20), fc.constant(259)) }),
        fc.record({ a: fc.boolean(), b: fc.boolean(), share: fc.constantFrom('neither', 'a', 'b') }),
        ({ batch, m, n, k }, { a: transposeA, b: transposeB, share }) => {
          const shapeA = [share === 'a' ? 1 : batch, ...(transposeA ? [k, m] : [m, k])];
          const shapeB = [share === 'b' ? 1 : batch, ...(transposeB ? [n, k] : [k, n])];
          const [a, b] = [values(sizeOf(shapeA), 1), values(sizeOf(shapeB), 2)];
          const expected = new Float32Array(batch * m * n);
          for (let i = 0; i < batch; i += 1) {
            const [offsetA, offsetB] = [share === 'a' ? 0 : i * m * k, share === 'b' ? 0 : i * k * n];
            for (let row = 0; row < m; row += 1)
              for (let column = 0; column < n; column += 1) {
                let sum = 0;
                for (let inner = 0; inner < k; inner += 1) {
                  const left = a[offsetA + (transposeA ? inner * m + row : row * k + inner)] ?? 0;
                  sum += left * (b[offsetB + (transposeB ? column * k + inner : inner * n + column)] ?? 0);
                }
                expected[(i * m + row) * n + column] = sum;
              }
          }
          const product = on(() => tf.matMul(tf.tensor(a, shapeA), tf.tensor(b, shapeB), transposeA, transposeB));
          expect(product).to.deep.equal(expected);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('permute axes of any rank', () => {
    const shapeAndOrder = fc
      .array(extent(4), { minLength: 1, maxLength: 6 })
      .chain((shape) =>
        fc.tuple(fc.constant(shape), fc.shuffledSubarray([...shape.keys()], { minLength: shape.length })),
      );
    fc.assert(
      fc.property(shapeAndOrder, ([shape, order]) => {
        const from = values(sizeOf(shape), 3);
        const stride = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
        const shapeAfter = order.map((axis) => shape[axis] ?? 1);
        const expected = Float32Array.from(from, (_, at) => {
          let [rest, source] = [at, 0];
          for (let axis = order.length - 1; axis >= 0; axis -= 1) {
            const size = shapeAfter[axis] ?? 1;
            source += (rest % size) * (stride[order[axis] ?? 0] ?? 0);
            rest = Math.floor(rest / size);
          }
          return from[source] ?? Number.NaN;
        });
        expect(on(() => tf.transpose(tf.tensor(from, shape), order))).to.deep.equal(expected);
      }),
    );
  });

  it('gather rows, refusing an index out of range, and add them up again by segments', () => {
    fc.assert(
      fc.property(
        extent(9),
        extent(7),
        fc.array(fc.nat(100), { minLength: 1, maxLength: 30 }),
        (rows, width, drawn) => {
          const indices = Int32Array.from(drawn, (value) => value % rows);
          const table = values(rows * width, 4);
          const gathered = on(() => tf.gather(tf.tensor(table, [rows, width]), tf.tensor1d(indices, 'int32')));
          const expected = Array.from(indices, (row) => Array.from(table.subarray(row * width, (row + 1) * width)));
          expect(Array.from(gathered)).to.deep.equal(expected.flat());
          const sums = new Float32Array(rows * width);
          indices.forEach((row, at) => {
            for (let j = 0; j < width; j += 1)
              sums[row * width + j] = (sums[row * width + j] ?? 0) + (gathered[at * width + j] ?? 0);
          });
          const summed = on(() => {
            const updates = tf.tensor(gathered, [indices.length, width]);
            return tf.unsortedSegmentSum(updates, tf.tensor1d(indices, 'int32'), rows);
          });
          expect(summed).to.deep.equal(sums);
        },
      ),
    );
    const table = tf.zeros([3, 2]);
    expect(() => tf.gather(table, tf.tensor1d([3], 'int32'))).to.throw(RangeError, 'there is no row 3 among 3');
    expect(() => tf.gather(table, tf.tensor1d([-1], 'int32'))).to.throw(RangeError);
    expect(() => tf.unsortedSegmentSum(table as never, tf.tensor1d([0, 1, 2], 'int32'), 2)).to.throw(RangeError);
    table.dispose();
  });

  it('slice any box out of a tensor', () => {
    const boxes = fc
      .array(extent(5), { minLength: 1, maxLength: 4 })
      .chain((shape) =>
        fc.tuple(
          fc.constant(shape),
          fc.tuple(
            ...shape.map((size) =>
              fc.nat(size - 1).chain((start) => fc.tuple(fc.constant(start), extent(size - start))),
            ),
          ),
        ),
      );
    fc.assert(
      fc.property(boxes, ([shape, ranges]) => {
        const x = values(sizeOf(shape), 12);
        const [begin, size] = [ranges.map(([start]) => start), ranges.map(([, length]) => length)];
        const expected = x.filter((_, at) => {
          let rest = at;
          for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
            const place = rest % (shape[axis] ?? 1);
            rest = Math.floor(rest / (shape[axis] ?? 1));
            const [start, length] = ranges[axis] ?? [0, 0];
            if (place < start || place >= start + length) return false;
          }
          return true;
        });
        expect(on(() => tf.slice(tf.tensor(x, shape), begin, size))).to.deep.equal(expected);
      }),
    );
  });

  it('add and multiply with rows, columns, scalars and every other broadcast', () => {
    const shapes = fc
      .array(extent(6), { minLength: 1, maxLength: 4 })
      .chain((shape) =>
        fc.tuple(
          fc.constant(shape),
          fc.tuple(...shape.map((size) => fc.constantFrom(1, size))),
          fc.nat(shape.length),
          fc.boolean(),
        ),
      );
    fc.assert(
      fc.property(shapes, ([large, reduced, dropped, swap]) => {
        const small = reduced.slice(dropped);
        const [x, y] = [values(sizeOf(large), 5), values(sizeOf(small), 6)];
        const padded = [...large.slice(0, dropped).map(() => 1), ...small];
        const other = (at: number): number => {
          let [rest, source, stride] = [at, 0, 1];
          for (let axis = large.length - 1; axis >= 0; axis -= 1) {
            const size = large[axis] ?? 1;
            if (padded[axis] !== 1) source += (rest % size) * stride;
            stride *= padded[axis] ?? 1;
            rest = Math.floor(rest / size);
          }
          return y[source] ?? Number.NaN;
        };
        const pair = (): [Tensor, Tensor] => {
          const [a, b] = [tf.tensor(x, large), tf.tensor(y, small)];
          return swap ? [b, a] : [a, b];
        };
        expect(on(() => tf.add(...pair()))).to.deep.equal(x.map((value, at) => value + other(at)));
        expect(on(() => tf.mul(...pair()))).to.deep.equal(x.map((value, at) => value * other(at)));
      }),
      { numRuns: 200 },
    );
  });

  it('sum over any axes', () => {
    const cases = fc
      .array(extent(6), { minLength: 1, maxLength: 4 })
      .chain((shape) => fc.tuple(fc.constant(shape), fc.subarray([...shape.keys()], { minLength: 1 }), fc.boolean()));
    fc.assert(
      fc.property(cases, ([shape, axes, keep]) => {
        const x = values(sizeOf(shape), 7);
        const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
        const expected = new Float32Array(sizeOf(kept));
        x.forEach((value, at) => {
          let [rest, target, stride] = [at, 0, 1];
          for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
            const size = shape[axis] ?? 1;
            if (kept[axis] !== 1) target += (rest % size) * stride;
            stride *= kept[axis] ?? 1;
            rest = Math.floor(rest / size);
          }
          expected[target] = (expected[target] ?? 0) + value;
        });
        const sum = tf.tidy(() => tf.sum(tf.tensor(x, shape), axes, keep));
        expect(sum.shape).to.deep.equal(keep ? kept : shape.filter((_, axis) => !axes.includes(axis)));
        expect(Float32Array.from(sum.dataSync<'float32'>())).to.deep.equal(expected);
        sum.dispose();
      }),
    );
  });

  it('hand on the same values in Identity, and keep them for as long as one of both lives', () => {
    const x = tensor([3, 5], 8);
    const same = tf.clone(x);
    x.dispose();
    const other = tensor([3, 5], 9);
    expect(Array.from(same.dataSync<'float32'>())).to.deep.equal(Array.from(values(15, 8)));
    tf.dispose([same, other]);
  });

  it('give GELU within a few units in the last place of double precision, at any length and far out', () => {
    const x = Float32Array.from({ length: 1003 }, (_, i) => (i - 501) / 40);
    const y = on(() => gelu(tf, tf.tensor(x)));
    x.forEach((value, at) => {
      const expected = (value / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (value + 0.044715 * value ** 3)));
      expect(y[at], `gelu(${value})`).to.be.closeTo(expected, 4e-7 * Math.max(1, Math.abs(value)));
    });
  });

  it('normalise rows of any width to mean 0 and variance 1', () => {
    fc.assert(
      fc.property(extent(5), fc.integer({ min: 2, max: 41 }), (rows, width) => {
        const x = values(rows * width, 10);
        const y = on(() => normalise(tf, tf.tensor(x, [rows, width])));
        for (let row = 0; row < rows; row += 1) {
          const original = Array.from(x.subarray(row * width, (row + 1) * width));
          const mean = original.reduce((sum, value) => sum + value, 0) / width;
          const variance = original.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
          original.forEach((value, column) => {
            const expected = (value - mean) / Math.sqrt(variance + 1e-5);
            expect(y[row * width + column]).to.be.closeTo(expected, 1e-5);
          });
        }
      }),
    );
  });

  it('sum millions of values without losing them in rounding', () => {
    const sum = on(() => tf.sum(tf.fill([3_000_001], 1.1)));
    expect(sum[0]).to.be.closeTo(3_000_001 * Math.fround(1.1), 3);
  });

  it('leave nothing behind, and survive the memory growing under them', () => {
    const before = tf.memory().numTensors;
    const large = tf.tidy(
      () => tf.sum(tf.matMul(tf.ones([1500, 3000]), tf.ones([3000, 1500]))).dataSync<'float32'>()[0],
    );
    expect(large).to.be.closeTo(3000 * 1500 * 1500, 1000);
    expect(tf.memory().numTensors).to.equal(before);
  });
});

/** Ids of the sections of a WebAssembly module, custom ones left out. */
function sections(bytes: Uint8Array): number[] {
  const found: number[] = [];
  for (let at = 8; at < bytes.length;) {
    const id = bytes[at] ?? 0;
    let [size, shift] = [0, 0];
    for (at += 1; ; at += 1) {
      const byte = bytes[at] ?? 0;
      size |= (byte & 127) << shift;
      shift += 7;
      if (byte < 128) break;
    }
    at += 1 + size;
    if (id !== 0) found.push(id);
  }
  return found;
}
