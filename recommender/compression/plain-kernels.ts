import { fromFloat16 } from './float16.js';

/** What assembly/index.ts exports: byte offsets into the memory, rows whose `columns` are a multiple of 16. */
export interface ScoringKernels {
  readonly scoreFloat32: (rows: number, query: number, count: number, columns: number, out: number) => void;
  readonly scoreFloat16: ScoringKernels['scoreFloat32'];
  readonly scoreInt8: (
    rows: number,
    scales: number,
    query: number,
    unit: number,
    count: number,
    columns: number,
    out: number,
  ) => void;
}

/** The kernels in plain JavaScript: what remains where WebAssembly is refused, and what tests hold it against. */
export function plainKernels(buffer: ArrayBuffer): ScoringKernels {
  const float32 = (at: number, length: number): Float32Array => new Float32Array(buffer, at, length);
  const product = (row: ArrayLike<number>, query: ArrayLike<number>): number => {
    let sum = 0;
    for (let at = 0; at < row.length; at += 1) sum += (row[at] ?? 0) * (query[at] ?? 0);
    return sum;
  };
  return {
    scoreFloat32(rows, query, count, columns, out) {
      for (let i = 0; i < count; i += 1) {
        float32(out, count)[i] = product(float32(rows + 4 * i * columns, columns), float32(query, columns));
      }
    },
    scoreFloat16(rows, query, count, columns, out) {
      for (let i = 0; i < count; i += 1) {
        const row = fromFloat16(new Uint16Array(buffer, rows + 2 * i * columns, columns));
        float32(out, count)[i] = product(row, float32(query, columns));
      }
    },
    scoreInt8(rows, scales, query, unit, count, columns, out) {
      const asked = new Int16Array(buffer, query, columns);
      for (let i = 0; i < count; i += 1) {
        const sum = product(new Int8Array(buffer, rows + i * columns, columns), asked);
        const scale = float32(scales, count)[i] ?? 0;
        float32(out, count)[i] = Math.fround(Math.fround(scale * Math.fround(unit)) * Math.fround(sum));
      }
    },
  };
}
