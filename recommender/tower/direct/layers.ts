import type { Pointer } from '../../engine/index.js';
import { trainedParts } from '../shape.js';
import type { TowerForm } from '../shape.js';
import type { Chunk } from './chunk.js';
import { addNegatives, negativeSquares, scaleNegatives } from './negatives.js';
import { askingRows } from './pass.js';
import type { DirectPass } from './pass.js';
import { placeOf } from './weights.js';
import type { Places } from './weights.js';

/** What a layer's part in a gradient is formed from: of each shopper, or of all at once. */
export interface Layer {
  /** Adds each shopper's squared norm to `squares`. */
  readonly square: (squares: Pointer) => void;
  /** Multiplies each shopper's gradient by the shopper's share. */
  readonly scale: (shares: Pointer) => void;
  /** Adds all shoppers' gradients to the sum. */
  readonly add: () => void;
}

/** The layers that a form trains, as a chunk's pass has left them. @param sums where each trained tensor's gradient is added up */
export function layersOf(pass: DirectPass, chunk: Chunk, form: TowerForm, sums: Places): Layer[] {
  return trainedParts(pass.shape, form).flatMap(({ name }) => {
    const layer = name.slice(0, name.lastIndexOf('.'));
    if (name === 'adapter') return [adapter(pass, chunk, placeOf(sums, name))];
    if (name === 'positions') return [positions(pass, chunk, placeOf(sums, name))];
    if (name === 'residual') return [residual(pass, chunk, placeOf(sums, name))];
    if (name.endsWith('.correction') && form.kind === 'low-rank') {
      return [correction(pass, chunk, layer, form.rank, placeOf(sums, name))];
    }
    if (name.endsWith('.weights')) {
      const [weights, bias] = [placeOf(sums, name), placeOf(sums, `${layer}.bias`)];
      return [linear(pass, { ...recordOf(pass, chunk, layer), one: 1 }, weights, bias)];
    }
    if (!name.endsWith('.gain')) return [];
    return [gain(pass, chunk, layer, [placeOf(sums, name), placeOf(sums, `${layer}.bias`)])];
  });
}

/** What a pass has left of a product with a matrix. */
interface LayerRecord {
  readonly input: Pointer;
  readonly inputs: number;
  readonly gradient: Pointer;
  readonly outputs: number;
  readonly rows: number;
  /** The segments that its rows come in. */
  readonly segments: readonly [offsets: Pointer, shoppers: number];
}

function recordOf(pass: DirectPass, chunk: Chunk, layer: string): LayerRecord {
  const { space, shape } = pass;
  const { width, inner, blocks } = shape;
  const block = Number.parseInt(layer, 10);
  const at = (name: string): Pointer => space.at(`${block}.${name}`);
  const isLast = block === blocks - 1;
  const normal = at('before-attention.output');
  const [input, inputs, outputs] = {
    query: [isLast ? at('asking') : normal, width, width] as const,
    key: [normal, width, width] as const,
    value: [normal, width, width] as const,
    output: [at('mixed'), width, width] as const,
    up: [at('before-feed-forward.output'), width, inner] as const,
    down: [at('active'), inner, width] as const,
  }[layer.slice(layer.indexOf('.') + 1)] ?? [normal, width, width];
  const asksAll = layer.endsWith('.key') || layer.endsWith('.value');
  const rows = asksAll ? chunk.rows : askingRows(pass, chunk, block);
  const segments = [space.at(isLast && !asksAll ? 'newest.offsets' : 'offsets'), chunk.shoppers] as const;
  return { input, inputs, gradient: space.at(`${layer}.gradient`), outputs, rows, segments };
}

/** A product with a matrix, and a bias where `one` is 1: a weight of an input that is always 1. */
function linear(
  { space }: DirectPass,
  { input, inputs, gradient, outputs, rows, segments, one }: LayerRecord & { readonly one: number },
  weights: Pointer,
  bias?: Pointer,
): Layer {
  const { kernels, at } = space;
  return {
    square: (squares) => {
      kernels.gramProduct(input, inputs, gradient, outputs, ...segments, one, squares, at('scratch'));
    },
    scale: (shares) => {
      kernels.scaleSegments(gradient, outputs, ...segments, shares);
    },
    add: () => {
      space.addTransposedProduct(input, gradient, weights, [inputs, outputs, rows]);
      if (bias === undefined) return;
      kernels.sumColumns(gradient, at('scratch'), rows, outputs);
      space.add(at('scratch'), bias, outputs);
    },
  };
}

/** A correction of low rank: its input is the layer's, through the frozen factor. */
function correction(pass: DirectPass, chunk: Chunk, layer: string, rank: number, sum: Pointer): Layer {
  const { space } = pass;
  const record = recordOf(pass, chunk, layer);
  const input = space.at(`${layer}.inner`);
  space.product(record.input, space.at(`${layer}.frozen`), input, [record.rows, rank, record.inputs]);
  return linear(pass, { ...record, input, inputs: rank, one: 0 }, sum);
}

/** A gain and a bias of normalised rows: each shopper's gradient is as small as they are, and formed. */
function gain(
  { space, shape }: DirectPass,
  chunk: Chunk,
  layer: string,
  [gains, biases]: readonly [Pointer, Pointer],
): Layer {
  const { kernels, at } = space;
  const { width, blocks } = shape;
  const isNewest = layer === 'last' || layer === `${blocks - 1}.before-feed-forward`;
  const segments = [at(isNewest ? 'newest.offsets' : 'offsets'), chunk.shoppers] as const;
  const gradient = at(`${layer}.gradient`);
  const sum = (): void => {
    kernels.gainSums(at(`${layer}.normalised`), gradient, width, ...segments, at('gains'), at('biases'));
  };
  const own = [at('newest.offsets'), chunk.shoppers] as const;
  return {
    square: (squares) => {
      sum();
      kernels.segmentSquares(at('gains'), width, ...own, squares);
      kernels.segmentSquares(at('biases'), width, ...own, squares);
    },
    scale: (shares) => {
      kernels.scaleSegments(gradient, width, ...segments, shares);
    },
    add: () => {
      sum();
      for (const [rows, to] of [
        [at('gains'), gains],
        [at('biases'), biases],
      ] as const) {
        kernels.sumColumns(rows, at('scratch'), chunk.shoppers, width);
        space.add(at('scratch'), to, width);
      }
    },
  };
}

/** A position's vector is added to one row a shopper, so that row's gradient is its own. */
function positions({ space, shape }: DirectPass, { events, offsets, shoppers }: Chunk, sum: Pointer): Layer {
  const { kernels, at } = space;
  const { width, length } = shape;
  const gradient = at('event.gradient');
  return {
    square: (squares) => {
      kernels.segmentSquares(gradient, width, at('offsets'), shoppers, squares);
    },
    scale: (shares) => {
      kernels.scaleSegments(gradient, width, at('offsets'), shoppers, shares);
    },
    add: () => {
      events.forEach((count, shopper) => {
        const row = gradient + 4 * width * (offsets[shopper] ?? 0);
        space.add(row, sum + 4 * width * (length - count), count * width);
      });
    },
  };
}

/** The two weights of the raw texts' cosines. */
function residual({ space, batch }: DirectPass, { shoppers }: Chunk, sum: Pointer): Layer {
  const { kernels, at, floats } = space;
  const negatives = batch.negatives.length;
  const [own, ownSlopes, target] = [at('residual') / 4, at('own.slopes') / 4, at('own') / 4];
  for (const which of [0, 1]) {
    const cosines = at('text.cosines') + 4 * which * shoppers * negatives;
    kernels.innerRows(at('slopes'), cosines, at('residual') + 4 * which, 2, shoppers, negatives);
    for (let shopper = 0; shopper < shoppers; shopper += 1) {
      const ofTarget = (floats[ownSlopes + shopper] ?? 0) * (floats[target + 3 * shopper + 1 + which] ?? 0);
      floats[own + 2 * shopper + which] = (floats[own + 2 * shopper + which] ?? 0) + ofTarget;
    }
  }
  const segments = [at('newest.offsets'), shoppers] as const;
  return {
    square: (squares) => {
      kernels.segmentSquares(at('residual'), 2, ...segments, squares);
    },
    scale: (shares) => {
      kernels.scaleSegments(at('residual'), 2, ...segments, shares);
    },
    add: () => {
      kernels.sumColumns(at('residual'), at('scratch'), shoppers, 2);
      space.add(at('scratch'), sum, 2);
    },
  };
}

/** The adapter reads a shopper's events, the target and the negatives, which all share. */
function adapter(pass: DirectPass, chunk: Chunk, sum: Pointer): Layer {
  const { space, shape } = pass;
  const { features, width } = shape;
  const { at } = space;
  const own = linear(
    pass,
    {
      input: at('all.text'),
      inputs: features,
      gradient: at('all.gradient'),
      outputs: width,
      rows: chunk.rows + chunk.shoppers,
      segments: [at('all.offsets'), chunk.shoppers],
      one: 0,
    },
    sum,
  );
  return {
    square: (squares) => {
      own.square(squares);
      negativeSquares(pass, chunk, squares);
    },
    scale: (shares) => {
      own.scale(shares);
      scaleNegatives(pass, chunk, shares);
    },
    add: () => {
      own.add();
      addNegatives(pass, chunk);
    },
  };
}
