import type { Pointer } from '../../engine/index.js';
import type { Chunk } from './chunk.js';
import type { DirectPass } from './pass.js';

/*
 * The negatives' part of the adapter's gradient. A negative's output z has e = z/‖z‖ and s = u·e, so its gradient is
 * h = d·u − w·e with d = slope/‖z‖ and w = d·s: whatever the shoppers, public rows n_k meet coefficients.
 */

/** Inner products among negatives, of texts alone and times those of their vectors: once a batch, where it is clipped. */
export function placeAmong({ space, shape, batch }: DirectPass): void {
  const { at } = space;
  const count = batch.negatives.length;
  const [texts, both] = [at('negative.texts among'), at('negative.among')];
  space.byTransposed(at('negative.text'), at('negative.text'), texts, [count, count, shape.features]);
  space.byTransposed(at('negative.vector'), at('negative.vector'), both, [count, count, shape.width]);
  space.kernels.multiplyRow(texts, both, both, 1, count * count);
}

/** Adds what negatives bring to each shopper's squared norm, products with the shopper's own rows included. */
export function negativeSquares({ space, shape, batch }: DirectPass, chunk: Chunk, squares: Pointer): void {
  const { kernels, at } = space;
  const { features, width } = shape;
  const { shoppers } = chunk;
  const count = batch.negatives.length;
  const all = chunk.rows + shoppers;
  const [texts, vectors] = [at('all.texts by negatives'), at('all.vectors by negatives')];
  space.byTransposed(at('all.text'), at('negative.text'), texts, [all, count, features]);
  space.byTransposed(at('all.gradient'), at('negative.vector'), vectors, [all, count, width]);
  space.product(at('negative.d'), at('negative.texts among'), at('negative.d among'), [shoppers, count, count]);
  space.product(at('negative.w'), at('negative.among'), at('negative.w among'), [shoppers, count, count]);
  const coefficients = [at('negative.d'), at('negative.w'), at('cosines')] as const;
  const among = [at('negative.d among'), at('negative.w among')] as const;
  const sizes = [width, count, at('all.offsets'), shoppers] as const;
  kernels.negativeSquares(
    at('all.gradient'),
    texts,
    vectors,
    at('state'),
    ...coefficients,
    ...among,
    ...sizes,
    squares,
  );
}

/** Multiplies each shopper's coefficients by the shopper's share. */
export function scaleNegatives({ space, batch }: DirectPass, { shoppers }: Chunk, shares: Pointer): void {
  const { kernels, at } = space;
  for (const name of ['negative.d', 'negative.w']) {
    kernels.scaleSegments(at(name), batch.negatives.length, at('newest.offsets'), shoppers, shares);
  }
}

/** Adds a chunk's Σ d·u and Σ w up. */
export function addNegatives({ space, shape, batch }: DirectPass, { shoppers }: Chunk): void {
  const { kernels, at } = space;
  const count = batch.negatives.length;
  const sizes = [count, shape.width, shoppers] as const;
  space.addTransposedProduct(at('negative.d'), at('state'), at('negative.sum'), sizes);
  kernels.sumColumns(at('negative.w'), at('scratch'), shoppers, count);
  space.add(at('scratch'), at('negative.weight'), count);
}

/** Starts the sums of {@link addNegatives}. */
export function clearNegatives({ space, shape, batch }: DirectPass): void {
  const count = batch.negatives.length;
  space.clear(space.at('negative.sum'), count * shape.width);
  space.clear(space.at('negative.weight'), count);
}

/** Adds Σ_k n_k h_kᵀ of all chunks to the adapter's gradient. */
export function finishNegatives({ space, shape, batch }: DirectPass, adapter: Pointer): void {
  const { kernels, at } = space;
  const { features, width } = shape;
  const count = batch.negatives.length;
  const [sum, weight, own] = [at('negative.sum'), at('negative.weight'), at('negative.raw')];
  kernels.multiplyColumn(weight, at('constants') + 4, weight, 1, count);
  kernels.multiplyColumn(at('negative.vector'), weight, own, count, width);
  space.add(own, sum, count * width);
  space.addTransposedProduct(at('negative.text'), sum, adapter, [features, width, count]);
}
