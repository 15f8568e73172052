import type { Pointer } from '../../engine/index.js';
import type { TowerBatch } from '../batch.js';
import type { TowerShape } from '../shape.js';
import type { Chunk } from './chunk.js';
import { placeOf } from './weights.js';
import type { Places } from './weights.js';
import type { Workspace } from './workspace.js';

/** Dropout of a whole batch: bytes of coins for each place where units are dropped, in the order of the network. */
export interface DroppedPlaces {
  readonly threshold: number;
  readonly kept: number;
  readonly coins: ReadonlyMap<string, Uint8Array>;
}

/** What a batch goes through the network with. */
export interface DirectPass {
  readonly space: Workspace;
  readonly shape: TowerShape;
  readonly batch: TowerBatch;
  /** (items + 1) × features. */
  readonly table: Pointer;
  readonly weights: Places;
  readonly dropout: DroppedPlaces | undefined;
  /** What each shopper's loss is multiplied by before it is differentiated. */
  readonly weight: number;
}

/** The rows that a block's second half works on: all events, or each shopper's newest in the last block. */
export function askingRows({ shape }: DirectPass, chunk: Chunk, block: number): number {
  return block === shape.blocks - 1 ? chunk.shoppers : chunk.rows;
}

/** y = x · W + b. */
export function linear(pass: DirectPass, name: string, x: Pointer, y: Pointer, [rows, from, to]: LayerSizes): void {
  const { space, weights } = pass;
  space.clear(y, rows * to);
  space.kernels.addRow(y, placeOf(weights, `${name}.bias`), y, rows, to);
  space.product(x, placeOf(weights, `${name}.weights`), y, [rows, to, from], { onTop: true });
}

/** dx = dy · Wᵀ, or on top of dx. */
export function linearGradient(
  pass: DirectPass,
  name: string,
  dy: Pointer,
  dx: Pointer,
  [rows, from, to]: LayerSizes,
  options: { readonly onTop?: boolean } = {},
): void {
  pass.space.byTransposed(dy, placeOf(pass.weights, `${name}.weights`), dx, [rows, from, to], options);
}

/** Rows, inputs and outputs of a layer. */
export type LayerSizes = readonly [rows: number, from: number, to: number];

const EPSILON = 1e-5;

/** Layer normalisation with gain and bias; keeps what its gradient needs beside its output. */
export function normalisation(pass: DirectPass, name: string, x: Pointer, rows: number): Pointer {
  const { space, shape, weights } = pass;
  const { width } = shape;
  const [plain, output] = [space.at(`${name}.normalised`), space.at(`${name}.output`)];
  space.kernels.normalise(x, plain, space.at(`${name}.scales`), rows, width, EPSILON);
  space.kernels.multiplyRow(plain, placeOf(weights, `${name}.gain`), output, rows, width);
  space.kernels.addRow(output, placeOf(weights, `${name}.bias`), output, rows, width);
  return output;
}

/** dx = dx + the gradient through a normalisation whose output's is `<name>.gradient`. */
export function normalisationGradient(pass: DirectPass, name: string, dx: Pointer, rows: number): void {
  const { space, shape, weights } = pass;
  const { kernels, at } = space;
  const { width } = shape;
  const [inner, own] = [at('normalised'), at('scratch')];
  kernels.multiplyRow(at(`${name}.gradient`), placeOf(weights, `${name}.gain`), inner, rows, width);
  kernels.normaliseGradient(inner, at(`${name}.normalised`), at(`${name}.scales`), own, rows, width);
  space.add(own, dx, rows * width);
}

/** Drops units of x in place, or the gradients of dropped ones. @param name `event`, `<block>.attended` or `<block>.down` */
export function drop({ space, dropout }: DirectPass, name: string, x: Pointer, count: number): void {
  if (dropout === undefined) return;
  space.kernels.dropped(x, space.at(`${name}.coins`), x, count, dropout.threshold, dropout.kept);
}

/** Brings a chunk's coins to the workspace: those of places that hold an event, in the order of its rows. */
export function placeCoins({ space, shape, dropout }: DirectPass, chunk: Chunk): void {
  if (dropout === undefined) return;
  const { width, length, blocks } = shape;
  for (const [name, coins] of dropout.coins) {
    const isNewest = name.startsWith(`${blocks - 1}.`);
    const places = isNewest ? 1 : length;
    let to = space.at(`${name}.coins`);
    chunk.events.forEach((events, shopper) => {
      const end = (chunk.firstShopper + shopper + 1) * places * width;
      const count = (isNewest ? 1 : events) * width;
      space.bytes.set(coins.subarray(end - count, end), to);
      to += count;
    });
  }
}
