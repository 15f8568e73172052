import { toFloat16 } from './float16.js';
import { INT8_LEVELS, scaleOf, toInt8 } from './int8.js';
import { scoringMemory } from './kernels.js';
import type { ScoringMemory } from './kernels.js';

/** How numbers are kept. */
export type Precision = 'float32' | 'float16' | 'int8';

/** All precisions, largest first. */
export const PRECISIONS: readonly Precision[] = ['float32', 'float16', 'int8'];

const BYTES: Readonly<Record<Precision, number>> = { float32: 4, float16: 2, int8: 1 };
/** Rows end on a multiple of so many columns, for the kernels. */
const ROW_MULTIPLE = 16;
const INT16_LEVELS = 32_767;
const INT32_MOST = 2 ** 31 - 1;

/** Where what lies in the memory, as byte offsets. */
interface Layout {
  readonly rows: number;
  readonly scales: number;
  readonly query: number;
  readonly out: number;
  readonly end: number;
}

/**
 * A catalogue's vectors, kept and compared in one of the precisions: nothing is widened to float32 in memory. Not to be
 * shared between threads, for the place of the query and of the scores is one.
 *
 * With v̂ the kept vector of an item, its score differs from q·v by at most Σ |q|·|v − v̂| (see `toFloat16` and `toInt8`)
 * and the rounding of float32 sums. Of int8 the query is quantised too, to t·k with whole |k| ≤ min(32767,
 * (2³¹ − 1) / (127 · columns)), so that sums of whole numbers are exact in int32; that adds at most t/2 · Σ |v̂|.
 */
export class ItemVectors {
  readonly items: number;
  readonly dimensions: number;
  readonly precision: Precision;
  /** What the vectors take: values and, of int8, scales. */
  readonly bytes: number;
  readonly #columns: number;
  readonly #layout: Layout;
  readonly #memory: ScoringMemory;

  /**
   * @param values items × dimensions
   * @throws RangeError for a value that the precision cannot hold
   */
  constructor(values: Float32Array, dimensions: number, precision: Precision) {
    const items = values.length / dimensions;
    if (!Number.isInteger(items)) throw new RangeError(`${values.length} values are no vectors of ${dimensions}.`);
    this.items = items;
    this.dimensions = dimensions;
    this.precision = precision;
    this.bytes = items * dimensions * BYTES[precision] + (precision === 'int8' ? 4 * items : 0);
    this.#columns = Math.ceil(dimensions / ROW_MULTIPLE) * ROW_MULTIPLE;
    this.#layout = layoutOf(items, this.#columns, precision);
    this.#memory = scoringMemory(this.#layout.end);
    this.#fill(values);
  }

  /** Scores of every item for a query of `dimensions` values. */
  scores(query: Float32Array): Float32Array {
    this.#score(this.#ask(query), 0, this.items);
    return new Float32Array(this.#memory.buffer, this.#layout.out, this.items).slice();
  }

  /** Scores of some items, in their order. */
  scoresOf(query: Float32Array, items: Int32Array): Float32Array {
    const unit = this.#ask(query);
    const scores = new Float32Array(items.length);
    const out = new Float32Array(this.#memory.buffer, this.#layout.out, 1);
    items.forEach((item, at) => {
      this.#score(unit, item, 1);
      scores[at] = out[0] ?? 0;
    });
    return scores;
  }

  #fill(values: Float32Array): void {
    const { rows, scales } = this.#layout;
    const { buffer } = this.#memory;
    const padded = (from: ArrayLike<number>, to: Float32Array | Uint16Array | Int8Array): void => {
      for (let item = 0; item < this.items; item += 1)
        for (let column = 0; column < this.dimensions; column += 1)
          to[item * this.#columns + column] = from[item * this.dimensions + column] ?? 0;
    };
    const length = this.items * this.#columns;
    if (this.precision === 'float32') padded(values, new Float32Array(buffer, rows, length));
    else if (this.precision === 'float16') padded(toFloat16(values), new Uint16Array(buffer, rows, length));
    else {
      const quantised = toInt8(values, this.dimensions);
      padded(quantised.values, new Int8Array(buffer, rows, length));
      new Float32Array(buffer, scales, this.items).set(quantised.scales);
    }
  }

  /** Puts the query where the kernels read it. @returns its scale; 1 unless it is quantised */
  #ask(query: Float32Array): number {
    if (query.length !== this.dimensions) {
      throw new RangeError(`A query has ${this.dimensions} values, not ${query.length}.`);
    }
    const { buffer } = this.#memory;
    if (this.precision !== 'int8') {
      new Float32Array(buffer, this.#layout.query, this.dimensions).set(query);
      return 1;
    }
    const levels = Math.min(INT16_LEVELS, Math.floor(INT32_MOST / (INT8_LEVELS * this.#columns)));
    const unit = scaleOf(query, levels);
    const asked = new Int16Array(buffer, this.#layout.query, this.dimensions);
    query.forEach(
      (value, at) => (asked[at] = unit === 0 ? 0 : Math.max(-levels, Math.min(levels, Math.round(value / unit)))),
    );
    return unit;
  }

  /** Of `count` items from `first` on, to the place of the scores. */
  #score(unit: number, first: number, count: number): void {
    const { rows, scales, query, out } = this.#layout;
    const { kernels } = this.#memory;
    const columns = this.#columns;
    const row = rows + first * columns * BYTES[this.precision];
    if (this.precision === 'float32') kernels.scoreFloat32(row, query, count, columns, out);
    else if (this.precision === 'float16') kernels.scoreFloat16(row, query, count, columns, out);
    else kernels.scoreInt8(row, scales + 4 * first, query, unit, count, columns, out);
  }
}

/** Rows first; every part starts on a multiple of 16 bytes. */
function layoutOf(items: number, columns: number, precision: Precision): Layout {
  const aligned = (bytes: number): number => Math.ceil(bytes / 16) * 16;
  const scales = aligned(items * columns * BYTES[precision]);
  const query = scales + aligned(precision === 'int8' ? 4 * items : 0);
  const out = query + aligned(4 * columns);
  return { rows: 0, scales, query, out, end: out + aligned(4 * Math.max(1, items)) };
}
