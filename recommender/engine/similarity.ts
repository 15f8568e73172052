import type { Engine } from './types.js';

/** A matrix of item vectors stored by column, which is the only layout that the engine multiplies by at full speed. */
export interface TransposedItems {
  /** dimensions × items: value of item i in dimension d at d · items + i. */
  readonly values: Float32Array;
  readonly items: number;
  readonly dimensions: number;
}

/** Similarities of some queries to every item. */
export interface SimilarityBlock {
  /** Index of the first query of the block. */
  readonly start: number;
  readonly rows: number;
  /** rows × items: similarity of query start + r to item i at r · items + i. */
  readonly scores: Float32Array;
}

const DEFAULT_BLOCK_ROWS = 256;

/**
 * Turns item vectors by row into vectors by column, in tiles that stay in cache.
 *
 * @param vectors items × dimensions
 */
export function transposeItems(vectors: Float32Array, dimensions: number): TransposedItems {
  return { values: transpose(vectors, dimensions), items: vectors.length / dimensions, dimensions };
}

/**
 * Inner products of queries with all items, in blocks: memory is that of one block, whatever the number of queries.
 *
 * @param queries rows × dimensions
 * @param options.blockRows queries a block, default 256
 * @throws RangeError when the queries' length is no multiple of the dimensions
 */
export function* similarityBlocks(
  engine: Engine,
  queries: Float32Array,
  items: TransposedItems,
  options: { readonly blockRows?: number } = {},
): Generator<SimilarityBlock, void, undefined> {
  const { tf } = engine;
  const { dimensions } = items;
  if (queries.length % dimensions !== 0) {
    throw new RangeError(`Queries of ${queries.length} values do not divide into vectors of ${dimensions}.`);
  }
  const total = queries.length / dimensions;
  const blockRows = options.blockRows ?? DEFAULT_BLOCK_ROWS;
  if (total === 0 || items.items === 0) return;
  const right = tf.tensor2d(items.values, [dimensions, items.items]);
  try {
    for (let start = 0; start < total; start += blockRows) {
      const rows = Math.min(blockRows, total - start);
      const left = tf.tensor2d(queries.subarray(start * dimensions, (start + rows) * dimensions), [rows, dimensions]);
      const product = tf.matMul(left, right);
      const scores = Float32Array.from(product.dataSync<'float32'>());
      left.dispose();
      product.dispose();
      yield { start, rows, scores };
    }
  } finally {
    right.dispose();
  }
}

/** Transposes a matrix of `width` columns stored by row. */
export function transpose(matrix: Float32Array, width: number): Float32Array {
  const height = matrix.length / width;
  const result = new Float32Array(matrix.length);
  const TILE = 32;
  for (let top = 0; top < height; top += TILE) {
    const bottom = Math.min(top + TILE, height);
    for (let left = 0; left < width; left += TILE) {
      const right = Math.min(left + TILE, width);
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          result[column * height + row] = matrix[row * width + column] ?? 0;
        }
      }
    }
  }
  return result;
}
