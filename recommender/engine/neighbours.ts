import type { Engine } from './types.js';
import { transpose } from './similarity.js';

/** The nearest items of every item, nearest first, ties by the lower index; an item is not its own neighbour. */
export interface Neighbours {
  /** Neighbours an item: M, or items − 1 where the catalogue is smaller. */
  readonly count: number;
  /** items × count item indices. */
  readonly indices: Int32Array;
  /** items × count inner products, falling along a row. */
  readonly similarities: Float32Array;
}

/** Side of a tile of the similarity matrix: two tiles of vectors and one of products fit a processor's cache. */
const TILE = 512;

/**
 * The `count` nearest neighbours of every item by inner product. Each pair of items is multiplied once, so the result
 * is exactly symmetric in its similarities, and memory is that of the result and one tile.
 *
 * @param vectors items × dimensions, normally of unit length
 */
export function neighbours(engine: Engine, vectors: Float32Array, dimensions: number, count: number): Neighbours {
  const { tf } = engine;
  const items = vectors.length / dimensions;
  const best = new NearestLists(items, Math.max(0, Math.min(count, items - 1)));
  for (let top = 0; top < items; top += TILE) {
    const rows = Math.min(TILE, items - top);
    const left = tf.tensor2d(vectors.subarray(top * dimensions, (top + rows) * dimensions), [rows, dimensions]);
    for (let start = top; start < items; start += TILE) {
      const columns = Math.min(TILE, items - start);
      const across = transpose(vectors.subarray(start * dimensions, (start + columns) * dimensions), dimensions);
      const product = tf.tidy(() => tf.matMul(left, tf.tensor2d(across, [dimensions, columns])));
      best.offerTile(product.dataSync<'float32'>(), { top, rows, start, columns });
      product.dispose();
    }
    left.dispose();
  }
  return best.sorted();
}

/** Mean similarity of every item to its `nearest` nearest items: high for items that are near to everything. */
export function hubness(of: Neighbours, nearest: number): Float32Array {
  const items = of.count === 0 ? 0 : of.indices.length / of.count;
  const used = Math.min(nearest, of.count);
  const result = new Float32Array(items);
  for (let item = 0; item < items; item++) {
    let sum = 0;
    for (let rank = 0; rank < used; rank++) sum += of.similarities[item * of.count + rank] ?? 0;
    result[item] = sum / used;
  }
  return result;
}

interface Tile {
  readonly top: number;
  readonly rows: number;
  readonly start: number;
  readonly columns: number;
}

/** One bounded list an item, kept as a binary heap whose root is the worst of the list. */
class NearestLists {
  private readonly similarities: Float32Array;
  private readonly indices: Int32Array;
  private readonly sizes: Int32Array;
  private readonly count: number;

  constructor(items: number, count: number) {
    this.count = count;
    this.similarities = new Float32Array(items * count);
    this.indices = new Int32Array(items * count);
    this.sizes = new Int32Array(items);
  }

  offerTile(products: Float32Array, tile: Tile): void {
    for (let row = 0; row < tile.rows; row++) {
      const item = tile.top + row;
      const first = tile.top === tile.start ? row + 1 : 0;
      for (let column = first; column < tile.columns; column++) {
        const similarity = products[row * tile.columns + column] ?? 0;
        this.offer(item, tile.start + column, similarity);
        this.offer(tile.start + column, item, similarity);
      }
    }
  }

  private offer(item: number, other: number, similarity: number): void {
    const base = item * this.count;
    const size = this.sizes[item] ?? 0;
    if (size < this.count) {
      this.sizes[item] = size + 1;
      this.siftUp(base, size, other, similarity);
    } else if (size > 0 && this.isWorse(base, other, similarity)) {
      this.siftDown(base, other, similarity);
    }
  }

  /** Whether the root of the heap is worse than the offered pair. */
  private isWorse(position: number, other: number, similarity: number): boolean {
    const held = this.similarities[position] ?? 0;
    return held < similarity || (held === similarity && (this.indices[position] ?? 0) > other);
  }

  private siftUp(base: number, hole: number, other: number, similarity: number): void {
    let at = hole;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.isWorse(base + parent, other, similarity)) break;
      this.move(base + parent, base + at);
      at = parent;
    }
    this.place(base + at, other, similarity);
  }

  private siftDown(base: number, other: number, similarity: number): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.count) break;
      const right = child + 1;
      if (right < this.count && this.isWorse(base + right, this.indexAt(base + child), this.valueAt(base + child))) {
        child = right;
      }
      if (!this.isWorse(base + child, other, similarity)) break;
      this.move(base + child, base + at);
      at = child;
    }
    this.place(base + at, other, similarity);
  }

  private indexAt(position: number): number {
    return this.indices[position] ?? 0;
  }

  private valueAt(position: number): number {
    return this.similarities[position] ?? 0;
  }

  private move(from: number, to: number): void {
    this.place(to, this.indexAt(from), this.valueAt(from));
  }

  private place(position: number, other: number, similarity: number): void {
    this.similarities[position] = similarity;
    this.indices[position] = other;
  }

  sorted(): Neighbours {
    const { count } = this;
    const order = Array.from({ length: count }, (_, rank) => rank);
    for (let item = 0; item < this.sizes.length; item++) {
      const base = item * count;
      const similarities = this.similarities.slice(base, base + count);
      const indices = this.indices.slice(base, base + count);
      order.sort((a, b) => (similarities[b] ?? 0) - (similarities[a] ?? 0) || (indices[a] ?? 0) - (indices[b] ?? 0));
      order.forEach((from, rank) => this.place(base + rank, indices[from] ?? 0, similarities[from] ?? 0));
    }
    return { count, indices: this.indices, similarities: this.similarities };
  }
}
