import type { Pointer } from '../../engine/index.js';
import { TEMPERATURE } from '../model.js';
import type { Chunk } from './chunk.js';
import { askingRows, drop, linear, normalisation } from './pass.js';
import type { DirectPass } from './pass.js';
import { placeOf } from './weights.js';
import { shareStride } from './workspace.js';

/** A chunk through the network to its losses and their derivatives by the logits; every buffer keeps what it was given. */
export function forward(pass: DirectPass, chunk: Chunk): void {
  const { space, shape } = pass;
  let x = embedEvents(pass, chunk);
  for (let block = 0; block < shape.blocks; block += 1) x = blockOf(pass, chunk, block, x);
  normalisation(pass, 'last', x, chunk.shoppers);
  const { kernels, at } = space;
  kernels.unitRows(at('last.output'), at('state'), at('state.inverse'), chunk.shoppers, shape.width);
  chooseTargets(pass, chunk);
}

/** Negatives through the adapter, once a batch. */
export function embedNegatives({ space, shape, batch, table, weights }: DirectPass): void {
  const { kernels, at } = space;
  const { features, width } = shape;
  const count = batch.negatives.length;
  space.floats.set([1 / TEMPERATURE, -1], at('constants') / 4);
  space.integers('negative.ids', batch.negatives);
  kernels.gather(table, at('negative.ids'), at('negative.text'), count, features);
  space.product(at('negative.text'), placeOf(weights, 'adapter'), at('negative.raw'), [count, width, features]);
  kernels.unitRows(at('negative.raw'), at('negative.vector'), at('negative.inverse'), count, width);
  kernels.multiplyColumn(at('negative.inverse'), at('constants'), at('negative.slope'), 1, count);
}

/** All texts through the adapter, and of the events what enters the first block. */
function embedEvents({ space, shape, table, weights, ...rest }: DirectPass, chunk: Chunk): Pointer {
  const { kernels, at } = space;
  const { features, width, length } = shape;
  const all = chunk.rows + chunk.shoppers;
  kernels.gather(table, at('all.items'), at('all.text'), all, features);
  space.product(at('all.text'), placeOf(weights, 'adapter'), at('all.embedded'), [all, width, features]);
  const positions = placeOf(weights, 'positions');
  chunk.events.forEach((events, shopper) => {
    const start = chunk.offsets[shopper] ?? 0;
    const from = at('all.embedded') + 4 * width * (start + shopper);
    const first = positions + 4 * width * (length - events);
    kernels.addRow(from, first, at('event.embedded') + 4 * width * start, 1, events * width);
  });
  drop({ space, shape, table, weights, ...rest }, 'event', at('event.embedded'), chunk.rows * width);
  return at('event.embedded');
}

/** One block. The last one computes its queries and all that follows for each shopper's newest event alone. */
function blockOf(pass: DirectPass, chunk: Chunk, block: number, x: Pointer): Pointer {
  const { space, shape } = pass;
  const { kernels } = space;
  const { width, inner, heads, blocks } = shape;
  const at = (name: string): Pointer => space.at(`${block}.${name}`);
  const isLast = block === blocks - 1;
  const rows = askingRows(pass, chunk, block);
  const input = normalisation(pass, `${block}.before-attention`, x, chunk.rows);
  const newest = (from: Pointer, to: Pointer): Pointer => {
    if (!isLast) return from;
    kernels.gather(from, space.at('newest'), to, rows, width);
    return to;
  };
  linear(pass, `${block}.query`, newest(input, at('asking')), at('query'), [rows, width, width]);
  linear(pass, `${block}.key`, input, at('key'), [chunk.rows, width, width]);
  linear(pass, `${block}.value`, input, at('value'), [chunk.rows, width, width]);
  const [scope, sizes] = [
    [space.at('offsets'), chunk.shoppers, Number(isLast)],
    [heads, width / heads],
  ] as const;
  kernels.attention(
    at('query'),
    at('key'),
    at('value'),
    at('shares'),
    at('mixed'),
    ...scope,
    ...sizes,
    shareStride(shape),
  );
  linear(pass, `${block}.output`, at('mixed'), at('middle'), [rows, width, width]);
  drop(pass, `${block}.attended`, at('middle'), rows * width);
  space.add(newest(x, at('from')), at('middle'), rows * width);
  const normal = normalisation(pass, `${block}.before-feed-forward`, at('middle'), rows);
  linear(pass, `${block}.up`, normal, at('up'), [rows, width, inner]);
  kernels.geluWithSlope(at('up'), at('active'), at('up'), rows * inner);
  linear(pass, `${block}.down`, at('active'), at('result'), [rows, inner, width]);
  drop(pass, `${block}.down`, at('result'), rows * width);
  space.add(at('middle'), at('result'), rows * width);
  return at('result');
}

/** Cosines of states and of raw texts with the target and all negatives; the softmax over them, and its slopes. */
function chooseTargets(
  { space, shape, batch, weights, weight }: DirectPass,
  { events, offsets, shoppers }: Chunk,
): void {
  const { kernels, at } = space;
  const { features, width } = shape;
  const count = batch.negatives.length;
  kernels.gather(at('all.embedded'), at('all.target'), at('target.raw'), shoppers, width);
  kernels.unitRows(at('target.raw'), at('target.vector'), at('target.inverse'), shoppers, width);
  kernels.gather(at('all.text'), at('all.target'), at('target.text'), shoppers, features);
  const last = at('text.queries');
  const mean = last + 4 * shoppers * features;
  kernels.gather(at('all.text'), at('all.newest'), last, shoppers, features);
  events.forEach((count, shopper) => {
    const from = at('all.text') + 4 * features * ((offsets[shopper] ?? 0) + shopper);
    kernels.sumColumns(from, mean + 4 * features * shopper, count, features);
  });
  kernels.unitRows(mean, mean, at('scratch'), shoppers, features);
  space.byTransposed(last, at('negative.text'), at('text.cosines'), [2 * shoppers, count, features]);
  space.byTransposed(at('state'), at('negative.vector'), at('cosines'), [shoppers, count, width]);
  kernels.innerRows(at('state'), at('target.vector'), at('own'), 3, shoppers, width);
  kernels.innerRows(last, at('target.text'), at('own') + 4, 3, shoppers, features);
  kernels.innerRows(mean, at('target.text'), at('own') + 8, 3, shoppers, features);
  const residual = placeOf(weights, 'residual') / 4;
  const factors = [1 / TEMPERATURE, space.floats[residual] ?? 0, space.floats[residual + 1] ?? 0] as const;
  const texts = [at('text.cosines'), at('text.cosines') + 4 * shoppers * count] as const;
  const places = [at('cosines'), ...texts, at('own'), at('target.ids'), at('negative.ids')] as const;
  kernels.choice(...places, shoppers, count, ...factors, weight, at('slopes'), at('own.slopes'), at('losses'));
}
