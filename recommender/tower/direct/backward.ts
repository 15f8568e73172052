import type { Pointer } from '../../engine/index.js';
import type { Chunk } from './chunk.js';
import { askingRows, drop, linearGradient, normalisationGradient } from './pass.js';
import type { DirectPass } from './pass.js';
import { shareStride } from './workspace.js';

/**
 * The gradients by every layer's output, from the logits' back to the adapter's. None by a weight: those are formed from
 * layers' inputs and these, after clipping has had its look at them (layers.ts).
 */
export function backward(pass: DirectPass, chunk: Chunk): void {
  const { space, shape } = pass;
  const { width } = shape;
  stateGradient(pass, chunk);
  const newest = space.at(`${shape.blocks - 1}.result.gradient`);
  space.clear(newest, chunk.shoppers * width);
  normalisationGradient(pass, 'last', newest, chunk.shoppers);
  for (let block = shape.blocks - 1; block >= 0; block -= 1) {
    const dx = space.at(block === 0 ? 'event.gradient' : `${block - 1}.result.gradient`);
    blockGradient(pass, chunk, block, dx);
  }
  const { at } = space;
  drop(pass, 'event', at('event.gradient'), chunk.rows * width);
  chunk.events.forEach((events, shopper) => {
    const start = chunk.offsets[shopper] ?? 0;
    const [from, to] = [at('event.gradient') + 4 * width * start, at('all.gradient') + 4 * width * (start + shopper)];
    space.copy(from, to, events * width);
  });
}

/** By the last normalisation's output, by the targets' adapter outputs, and the coefficients of the negatives'. */
function stateGradient({ space, shape, batch }: DirectPass, { shoppers, offsets }: Chunk): void {
  const { kernels, at } = space;
  const { width } = shape;
  const count = batch.negatives.length;
  const [d, w, scratch] = [at('negative.d'), at('negative.w'), at('scratch')];
  kernels.multiplyRow(at('slopes'), at('negative.slope'), d, shoppers, count);
  kernels.multiplyRow(d, at('cosines'), w, 1, shoppers * count);
  const ownSlopes = at('residual');
  kernels.multiplyColumn(at('own.slopes'), at('constants'), ownSlopes, 1, shoppers);
  kernels.multiplyColumn(at('target.vector'), ownSlopes, at('state.gradient'), shoppers, width);
  // d_k is the slope by cos(u, z_k) over the length of z_k, so that Σ d_k z_k needs no unit vectors.
  space.product(d, at('negative.raw'), at('state.gradient'), [shoppers, width, count], { onTop: true });
  kernels.unitGradient(at('state.gradient'), at('state'), at('state.inverse'), at('last.gradient'), shoppers, width);
  kernels.multiplyColumn(at('state'), ownSlopes, scratch, shoppers, width);
  kernels.unitGradient(scratch, at('target.vector'), at('target.inverse'), scratch, shoppers, width);
  for (let shopper = 0; shopper < shoppers; shopper += 1) {
    const row = (offsets[shopper + 1] ?? 0) + shopper;
    space.copy(scratch + 4 * width * shopper, at('all.gradient') + 4 * width * row, width);
  }
}

/** Through one block, from the gradient by its result to the one by its input, which is written to dx. */
function blockGradient(pass: DirectPass, chunk: Chunk, block: number, dx: Pointer): void {
  const { space, shape } = pass;
  const { kernels } = space;
  const { width, inner, heads, blocks } = shape;
  const at = (name: string): Pointer => space.at(`${block}.${name}`);
  const isLast = block === blocks - 1;
  const rows = askingRows(pass, chunk, block);
  const events = chunk.rows;
  // Layers' gradients are scaled where they are when clipping is done, so each has a copy of its own.
  const kept = (from: Pointer, to: Pointer, place: string): Pointer => {
    space.copy(from, to, rows * width);
    drop(pass, place, to, rows * width);
    return to;
  };
  const down = kept(at('result.gradient'), at('down.gradient'), `${block}.down`);
  linearGradient(pass, `${block}.down`, down, at('up.gradient'), [rows, inner, width]);
  kernels.multiplyRow(at('up.gradient'), at('up'), at('up.gradient'), 1, rows * inner);
  const normal = at('before-feed-forward.gradient');
  linearGradient(pass, `${block}.up`, at('up.gradient'), normal, [rows, width, inner]);
  space.copy(at('result.gradient'), at('middle.gradient'), rows * width);
  normalisationGradient(pass, `${block}.before-feed-forward`, at('middle.gradient'), rows);
  const attended = kept(at('middle.gradient'), at('output.gradient'), `${block}.attended`);
  const mixed = space.at('normalised');
  linearGradient(pass, `${block}.output`, attended, mixed, [rows, width, width]);
  const inputs = [at('query'), at('key'), at('value'), at('shares'), mixed] as const;
  const outputs = [at('query.gradient'), at('key.gradient'), at('value.gradient')] as const;
  const scope = [space.at('offsets'), chunk.shoppers, Number(isLast), heads, width / heads] as const;
  kernels.attentionGradient(...inputs, ...outputs, ...scope, shareStride(shape), space.at('scratch'));
  const input = at('before-attention.gradient');
  linearGradient(pass, `${block}.key`, at('key.gradient'), input, [events, width, width]);
  linearGradient(pass, `${block}.value`, at('value.gradient'), input, [events, width, width], { onTop: true });
  if (isLast) {
    const asking = space.at('scratch');
    linearGradient(pass, `${block}.query`, at('query.gradient'), asking, [rows, width, width]);
    addToNewest(pass, chunk, asking, input);
    space.clear(dx, events * width);
    addToNewest(pass, chunk, at('middle.gradient'), dx);
  } else {
    linearGradient(pass, `${block}.query`, at('query.gradient'), input, [events, width, width], { onTop: true });
    space.copy(at('middle.gradient'), dx, events * width);
  }
  normalisationGradient(pass, `${block}.before-attention`, dx, events);
}

/** Adds a row of each shopper to the row of the shopper's newest event. */
function addToNewest({ space, shape }: DirectPass, { offsets, shoppers }: Chunk, from: Pointer, to: Pointer): void {
  const row = 4 * shape.width;
  for (let shopper = 0; shopper < shoppers; shopper += 1) {
    const newest = (offsets[shopper + 1] ?? 0) - 1;
    space.add(from + shopper * row, to + newest * row, shape.width);
  }
}
