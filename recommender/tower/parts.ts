import type { Tensor1D } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/index.js';
import type { TowerBatch } from './batch.js';
import { clippedGradient } from './clipped.js';
import { drawnBefore } from './coins.js';
import type { TowerTexts } from './scoring.js';
import { plainGradient } from './gradients.js';
import type { TowerForm, TowerShape } from './shape.js';

/**
 * Shoppers whose gradients one pass adds up. A larger batch is cut into parts of so many, wherever they are computed, and
 * the parts' sums are added in the order of the shoppers: so the result's bits do not depend on the number of threads.
 * Half of it would cost a tenth more.
 */
export const PART = 64;

/** Other threads that compute parts of a step; whoever made them ends them. */
export interface TowerThreads {
  /** How many compute at once. */
  readonly count: number;
  /** {@link computePart} on one of them, bit for bit. @throws what the thread or its end threw; never waits for a dead one */
  compute(request: PartRequest): Promise<PartSum>;
}

/** Everything that a thread needs to compute one part: plain arrays, which can be sent. */
export interface PartRequest {
  readonly shape: TowerShape;
  readonly form: TowerForm;
  /** All parameters, flat. */
  readonly parameters: Float32Array;
  /** What the form trains, flat. */
  readonly trained: Float32Array;
  /** Text features of the items that the batch names, and no others. */
  readonly rows: Float32Array;
  /** Its items are positions in `rows`. */
  readonly batch: TowerBatch;
  readonly dropout?: DrawnDropout;
  readonly reduction: Reduction;
}

/** Dropout whose coins are drawn already. */
export interface DrawnDropout {
  readonly rate: number;
  readonly coins: Uint8Array;
}

/** What becomes of a part's gradients: its share of the mean over so many shoppers, or the sum of each, clipped. */
export type Reduction =
  { readonly kind: 'mean'; readonly shoppers: number } | { readonly kind: 'clipped'; readonly clipNorm: number };

/** A part's result. */
export interface PartSum {
  /** By what the form trains, flat. */
  readonly gradient: Float32Array;
  /** The part's share of the mean loss; 0 for clipped gradients. */
  readonly loss: number;
  /** Of every shopper, before clipping; none for a mean. */
  readonly norms: Float32Array;
}

/** Computes one part. What a thread of {@link TowerThreads} runs. */
export function computePart({ tf }: Engine, request: PartRequest): PartSum {
  const { shape, form, batch, dropout, reduction } = request;
  const kept = dropout === undefined ? undefined : { rate: dropout.rate, random: drawnBefore(dropout.coins) };
  const table = tf.tensor2d(request.rows, [request.rows.length / shape.features, shape.features]);
  const [parameters, trained] = [tf.tensor1d(request.parameters), tf.tensor1d(request.trained)];
  const tensors = { tf, shape, form, table, parameters, trained };
  const taken = (tensor: Tensor1D): Float32Array => {
    const values = Float32Array.from(tensor.dataSync<'float32'>());
    tensor.dispose();
    return values;
  };
  try {
    if (reduction.kind === 'clipped') {
      const { sum, norms, losses } = clippedGradient(tensors, batch, reduction.clipNorm, kept);
      losses.dispose();
      return { gradient: taken(sum), loss: 0, norms: taken(norms) };
    }
    const { loss, gradient } = plainGradient(tensors, batch, kept, reduction.shoppers);
    return { gradient: taken(gradient), loss: taken(loss)[0] ?? Number.NaN, norms: new Float32Array(0) };
  } finally {
    tf.dispose([table, parameters, trained]);
  }
}

/** A batch with only those rows of the catalogue that it names, instead of the catalogue. The padding's row is zero. */
export function withOwnRows(batch: TowerBatch, texts: TowerTexts): Pick<PartRequest, 'rows' | 'batch'> {
  const { items, dimensions, vectors } = texts;
  const places = new Map<number, number>();
  const place = (item: number): number => {
    const known = places.get(item);
    if (known !== undefined) return known;
    places.set(item, places.size);
    return places.size - 1;
  };
  const placed = {
    ...batch,
    items: batch.items.map(place),
    targets: batch.targets.map(place),
    negatives: batch.negatives.map(place),
  };
  const rows = new Float32Array(places.size * dimensions);
  for (const [item, at] of places) {
    if (item < items) rows.set(vectors.subarray(item * dimensions, (item + 1) * dimensions), at * dimensions);
  }
  return { rows, batch: placed };
}

/** Runs of at most `size`, in order. */
export function inRuns<T>(values: readonly T[], size: number): T[][] {
  const count = Math.ceil(values.length / size);
  return Array.from({ length: count }, (_, run) => values.slice(run * size, (run + 1) * size));
}
