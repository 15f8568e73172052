/**
 * The tower's training pass written out for the kernels of the wasm engine: forward and backward over buffers that are
 * laid out once, a few shoppers at a time, without a tape and without tensors in between. The same mathematics as
 * ../network.ts, which every other engine runs, and which the tests compare it with. One pass serves plain and clipped
 * gradients: it leaves every layer's input and its output's gradient, and layers.ts makes sums of them.
 *
 * Imports engine/ and the tower's shapes and batches. Never knows catalogues, rounds or noise.
 */
import type { Rank, Tensor1D } from '@tensorflow/tfjs-core';
import { directAccess } from '../../engine/index.js';
import type { DirectAccess } from '../../engine/index.js';
import { dropoutOdds } from '../batch.js';
import type { Dropout, TowerBatch } from '../batch.js';
import { trainedCount } from '../shape.js';
import type { TowerShape } from '../shape.js';
import type { TowerTensors } from '../tensors.js';
import { backward } from './backward.js';
import { chunksOf, placeChunk } from './chunk.js';
import type { Chunk } from './chunk.js';
import { embedNegatives, forward } from './forward.js';
import { layersOf } from './layers.js';
import { clearNegatives, finishNegatives, placeAmong } from './negatives.js';
import { placeCoins } from './pass.js';
import type { DirectPass, DroppedPlaces } from './pass.js';
import { trainedPlaces, weightPlaces } from './weights.js';
import type { Places } from './weights.js';
import { sizesOf, Workspace } from './workspace.js';

/** What becomes of shoppers' gradients: each is multiplied by a weight, or clipped to a norm. */
export type DirectReduction =
  { readonly kind: 'weighted'; readonly weight: number } | { readonly kind: 'clipped'; readonly clipNorm: number };

/** A batch's gradient. */
export interface DirectGradient {
  /** Flat, by what the form trains; the caller disposes it. */
  readonly sum: Tensor1D;
  /** Of each shopper, as it is. */
  readonly losses: Float32Array;
  /** Of each shopper, before clipping; zeros where nothing is clipped. */
  readonly norms: Float32Array;
}

/** The kernels that a tower of this shape can be trained by directly, on the engine that runs. */
export function directTraining({ tf, shape }: TowerTensors): DirectAccess | undefined {
  return (shape.width / shape.heads) % 4 === 0 ? directAccess(tf) : undefined;
}

/**
 * One forward and one backward pass, and the gradients' sum.
 * @throws RangeError on an index outside the table, or a history that is empty or too long: kernels check nothing
 */
export function directGradient(
  access: DirectAccess,
  tensors: TowerTensors,
  batch: TowerBatch,
  reduction: DirectReduction,
  dropout?: Dropout,
): DirectGradient {
  const { tf, shape, form } = tensors;
  const { memory } = access;
  refuseStrayIndices(tensors, batch);
  const isClipped = reduction.kind === 'clipped';
  const sum = tf.zeros<Rank.R1>([trainedCount(shape, form)]);
  const chunks = chunksOf(batch);
  const extent = {
    rows: Math.max(...chunks.map(({ rows }) => rows)),
    shoppers: Math.max(...chunks.map(({ shoppers }) => shoppers)),
    negatives: batch.negatives.length,
    clipped: isClipped,
  };
  const space = new Workspace(access, sizesOf(shape, extent, form.kind === 'low-rank' ? form.rank : 0));
  const flat = { parameters: memory.at(tensors.parameters), trained: memory.at(tensors.trained) };
  const pass: DirectPass = {
    space,
    shape,
    batch,
    table: memory.at(tensors.table),
    weights: weightPlaces(space, shape, form, flat),
    dropout: drawn(dropout, shape, batch.size),
    weight: isClipped ? 1 : reduction.weight,
  };
  const sums = trainedPlaces(shape, form, memory.at(sum));
  const losses = new Float32Array(batch.size);
  const norms = new Float32Array(batch.size);
  embedNegatives(pass);
  clearNegatives(pass);
  if (isClipped && sums.has('adapter')) placeAmong(pass);
  for (const chunk of chunks) {
    placeChunk(space, { ...batch, length: shape.length }, chunk);
    placeCoins(pass, chunk);
    forward(pass, chunk);
    losses.set(lossesOf(space, chunk), chunk.firstShopper);
    backward(pass, chunk);
    const layers = layersOf(pass, chunk, form, sums);
    if (isClipped) norms.set(clip(space, chunk, layers, reduction.clipNorm), chunk.firstShopper);
    for (const layer of layers) layer.add();
  }
  finish(pass, sums);
  return { sum, losses, norms };
}

function refuseStrayIndices({ table, shape }: TowerTensors, { items, targets, negatives, events }: TowerBatch): void {
  const rows = table.shape[0];
  for (const indices of [items, targets, negatives]) {
    const stray = indices.find((index) => index < 0 || index >= rows);
    if (stray !== undefined) throw new RangeError(`gather: there is no row ${stray} among ${rows}`);
  }
  const wrong = events.find((count) => count < 1 || count > shape.length);
  if (wrong !== undefined) throw new RangeError(`a history of 1 to ${shape.length} events is read, not of ${wrong}`);
}

function finish(pass: DirectPass, sums: Places): void {
  const adapter = sums.get('adapter');
  if (adapter !== undefined) finishNegatives(pass, adapter);
}

/** Scales every shopper's gradient to norm C at most. @returns the norms before */
function clip(space: Workspace, { shoppers }: Chunk, layers: ReturnType<typeof layersOf>, clipNorm: number): number[] {
  const { floats, at } = space;
  const [squares, shares] = [at('squares'), at('shares')];
  space.clear(squares, shoppers);
  for (const layer of layers) layer.square(squares);
  const norms = Array.from(floats.subarray(squares / 4, squares / 4 + shoppers), (square) =>
    Math.sqrt(Math.max(0, square)),
  );
  floats.set(
    norms.map((norm) => Math.min(1, clipNorm / (norm + 1e-12))),
    shares / 4,
  );
  for (const layer of layers) layer.scale(shares);
  return norms;
}

function lossesOf({ floats, at }: Workspace, { shoppers }: Chunk): number[] {
  const first = at('losses') / 4;
  return Array.from({ length: shoppers }, (_, shopper) => {
    return (floats[first + 2 * shopper] ?? 0) + Math.log(floats[first + 2 * shopper + 1] ?? 0);
  });
}

/** A batch's coins, drawn in the order in which the network drops units. */
function drawn(dropout: Dropout | undefined, shape: TowerShape, size: number): DroppedPlaces | undefined {
  if (dropout === undefined || dropout.rate === 0) return undefined;
  const { width, blocks, length } = shape;
  const names = Array.from({ length: blocks }, (_, block) => [`${block}.attended`, `${block}.down`]).flat();
  const coins = new Map<string, Uint8Array>();
  for (const name of ['event', ...names]) {
    const places = name.startsWith(`${blocks - 1}.`) ? 1 : length;
    coins.set(name, dropout.random.bytes(size * places * width));
  }
  return { ...dropoutOdds(dropout.rate), coins };
}
