import { expect } from 'chai';
import fc from 'fast-check';
import {
  fromFloat16,
  fromInt8,
  ItemVectors,
  PRECISIONS,
  toFloat16,
  toInt8,
} from '../../../recommender/compression/index.js';
import type { Precision } from '../../../recommender/compression/index.js';
import { scoringMemory } from '../../../recommender/compression/kernels.js';
import { plainKernels } from '../../../recommender/compression/plain-kernels.js';
import { standardNormal } from '../../../recommender/random.js';
import { seeded } from '../support/coins.js';

function normals(length: number, seed: string): Float32Array {
  const random = seeded(seed);
  return Float32Array.from({ length }, () => standardNormal(random));
}

/** The values that a precision keeps. */
function kept(values: Float32Array, columns: number, precision: Precision): Float32Array {
  if (precision === 'float16') return fromFloat16(toFloat16(values));
  return precision === 'int8' ? fromInt8(toInt8(values, columns)) : values;
}

const sumOf = (length: number, term: (at: number) => number): number => {
  let sum = 0;
  for (let at = 0; at < length; at += 1) sum += term(at);
  return sum;
};

describe('item vectors', () => {
  it('score within the documented bound in every precision, whatever the dimensions', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 9 }), fc.nat(), (columns, items, seed) => {
        const values = normals(items * columns, `values ${seed}`);
        const query = normals(columns, `query ${seed}`);
        for (const precision of PRECISIONS) {
          const stored = kept(values, columns, precision);
          const scores = new ItemVectors(values, columns, precision).scores(query);
          const levels = Math.min(32_767, Math.floor((2 ** 31 - 1) / (127 * Math.ceil(columns / 16) * 16)));
          const half = precision === 'int8' ? Math.max(...query.map(Math.abs)) / levels / 2 : 0;
          scores.forEach((score, item) => {
            const at = (column: number): number => item * columns + column;
            const exact = sumOf(columns, (column) => (query[column] ?? 0) * (values[at(column)] ?? 0));
            const bound = sumOf(columns, (column) => {
              const moved = Math.abs((values[at(column)] ?? 0) - (stored[at(column)] ?? 0));
              return Math.abs(query[column] ?? 0) * moved + half * Math.abs(stored[at(column)] ?? 0);
            });
            const size = sumOf(columns, (column) => Math.abs((query[column] ?? 0) * (values[at(column)] ?? 0)));
            expect(Math.abs(score - exact), precision).to.be.at.most(1.001 * bound + size * columns * 2 ** -23);
          });
        }
      }),
      { numRuns: 60 },
    );
  });

  it('never overflow: greatest values and a greatest query of 512 dimensions', () => {
    const vectors = new ItemVectors(new Float32Array(512).fill(1), 512, 'int8');
    expect(vectors.scores(new Float32Array(512).fill(1))[0]).to.be.closeTo(512, 1e-3);
    expect(vectors.scores(new Float32Array(512).fill(-1))[0]).to.be.closeTo(-512, 1e-3);
  });

  it('score some items as they score all', () => {
    const values = normals(50 * 33, 'some');
    const query = normals(33, 'query');
    for (const precision of PRECISIONS) {
      const vectors = new ItemVectors(values, 33, precision);
      const all = vectors.scores(query);
      expect([...vectors.scoresOf(query, Int32Array.of(49, 0, 7))]).to.deep.equal([all[49], all[0], all[7]]);
    }
  });

  it('take 4, 2 and 1 bytes a value, int8 a scale a row more', () => {
    const bytes = PRECISIONS.map((precision) => new ItemVectors(new Float32Array(640), 64, precision).bytes);
    expect(bytes).to.deep.equal([2560, 1280, 680]);
  });

  it('score alike in WebAssembly and in plain JavaScript', () => {
    const [columns, count] = [32, 5];
    const { buffer, kernels } = scoringMemory(8192);
    const plain = plainKernels(buffer);
    const out = (): number[] => [...new Float32Array(buffer, 4096, count)];
    new Float32Array(buffer, 2048, columns).set(normals(columns, 'query'));
    new Float32Array(buffer, 0, count * columns).set(normals(count * columns, 'rows'));
    const compare = (run: (kernels: typeof plain) => void, within: number): void => {
      run(kernels);
      const own = out();
      run(plain);
      out().forEach((score, at) => expect(own[at]).to.be.closeTo(score, within));
    };
    compare((one) => one.scoreFloat32(0, 2048, count, columns, 4096), 1e-4);
    // Every finite float16, subnormal ones too, in rows.
    new Uint16Array(buffer, 0, count * columns).set(
      Uint16Array.from({ length: count * columns }, (_, at) => (at * 397) & 0x83ff),
    );
    compare((one) => one.scoreFloat16(0, 2048, count, columns, 4096), 1e-9);
    new Int8Array(buffer, 0, count * columns).forEach((_, at, bytes) => (bytes[at] = ((at * 89) % 255) - 127));
    new Int16Array(buffer, 2048, columns).forEach((_, at, words) => (words[at] = at * 1999 - 32_000));
    new Float32Array(buffer, 3072, count).fill(0.01);
    compare((one) => one.scoreInt8(0, 3072, 2048, 0.5, count, columns, 4096), 0);
  });

  it('refuse vectors and queries of other lengths', () => {
    expect(() => new ItemVectors(new Float32Array(7), 2, 'int8')).to.throw(RangeError);
    expect(() => new ItemVectors(new Float32Array(8), 2, 'float32').scores(new Float32Array(3))).to.throw(RangeError);
  });
});
