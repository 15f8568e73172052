import type { DirectAccess, Kernels, Pointer } from '../../engine/index.js';
import type { TowerShape } from '../shape.js';

/** The most that one chunk of a pass holds. */
export interface Extent {
  /** Events. */
  readonly rows: number;
  readonly shoppers: number;
  readonly negatives: number;
  /** Whether gradients are clipped, which needs inner products among negatives. */
  readonly clipped: boolean;
}

/** Every buffer of a pass, by name, in one piece of the engine's scratch memory; and the products that work on them. */
export class Workspace {
  readonly kernels: Kernels;
  /** All memory as float32, by pointer / 4. Nothing is allocated while a pass runs, so it stays valid. */
  readonly floats: Float32Array;
  readonly bytes: Uint8Array;
  readonly #access: DirectAccess;
  readonly #places = new Map<string, Pointer>();

  /** @param sizes in words of 4 bytes */
  constructor(access: DirectAccess, sizes: Readonly<Record<string, number>>) {
    const { kernels, memory } = access;
    const padded = Object.entries(sizes).map(([name, words]) => [name, Math.ceil(words / LINE) * LINE] as const);
    let at = memory.scratch(4 * (padded.reduce((sum, [, words]) => sum + words, 0) + LINE));
    at = Math.ceil(at / (4 * LINE)) * 4 * LINE;
    for (const [name, words] of padded) {
      this.#places.set(name, at);
      at += 4 * words;
    }
    this.kernels = kernels;
    this.floats = memory.floats();
    this.bytes = memory.bytes();
    this.#access = access;
  }

  /** Where a buffer starts. */
  readonly at = (name: string): Pointer => {
    const place = this.#places.get(name);
    if (place === undefined) throw new TypeError(`the workspace has no ${name}`);
    return place;
  };

  /** Writes int32 values to a buffer. */
  integers(name: string, values: ArrayLike<number>): void {
    this.#access.memory.write(this.at(name), values);
  }

  /** Sets values to zero. */
  clear(at: Pointer, count: number): void {
    this.floats.fill(0, at / 4, at / 4 + count);
  }

  /** Copies values. */
  copy(from: Pointer, to: Pointer, count: number): void {
    this.floats.copyWithin(to / 4, from / 4, from / 4 + count);
  }

  /** y = y + x. */
  add(x: Pointer, y: Pointer, count: number): void {
    this.kernels.addRow(x, y, y, 1, count);
  }

  /** C = A · B, or on top of C; A is m × k, B is k × n. */
  product(a: Pointer, b: Pointer, c: Pointer, [m, n, k]: Sizes, { onTop = false } = {}): void {
    this.kernels.gemm(a, b, c, 1, m, n, k, 0, 0, 0, 0, this.at('work'), Number(onTop));
  }

  /** C = A · Bᵀ, or on top of C; A is m × k, B is n × k. */
  byTransposed(a: Pointer, b: Pointer, c: Pointer, [m, n, k]: Sizes, { onTop = false } = {}): void {
    this.kernels.gemm(a, b, c, 1, m, n, k, 0, 1, 0, 0, this.at('work'), Number(onTop));
  }

  /** C = C + Aᵀ · B; A is k × m, B is k × n. */
  addTransposedProduct(a: Pointer, b: Pointer, c: Pointer, [m, n, k]: Sizes): void {
    this.kernels.gemm(a, b, c, 1, m, n, k, 1, 0, 0, 0, this.at('work'), 1);
  }
}

/** Rows and columns of a product, and how many terms are added for each. */
type Sizes = readonly [m: number, n: number, k: number];

/** Words of a cache line. */
const LINE = 16;
/** What a product needs besides panels of B (assembly/gemm.ts). */
const PACKED_ROWS = 64 * 256;

/** Values between the rows of attention's shares. */
export function shareStride({ length }: TowerShape): number {
  return Math.ceil(length / 4) * 4;
}

/** The buffers of a pass. */
export function sizesOf(shape: TowerShape, extent: Extent, lowRank: number): Record<string, number> {
  const { features, width, blocks, heads, inner } = shape;
  const { rows, shoppers, negatives, clipped } = extent;
  const all = rows + shoppers;
  const widest = Math.max(width, inner, negatives, lowRank);
  const longest = Math.max(features, negatives, inner, width, all);
  const sizes: Record<string, number> = {
    work: longest * (widest + 8) + PACKED_ROWS,
    constants: 2,
    scratch: Math.max(2 * shareStride(shape), widest, all * width, 2 * shoppers),
    normalised: rows * width,
    'negative.ids': negatives,
    'negative.text': negatives * features,
    'negative.raw': negatives * width,
    'negative.vector': negatives * width,
    'negative.inverse': negatives,
    'negative.slope': negatives,
    'negative.sum': negatives * width,
    'negative.weight': negatives,
    offsets: shoppers + 1,
    'all.offsets': shoppers + 1,
    'newest.offsets': shoppers + 1,
    newest: shoppers,
    'all.newest': shoppers,
    'all.target': shoppers,
    'all.items': all,
    'target.ids': shoppers,
    'all.text': all * features,
    'all.embedded': all * width,
    'all.gradient': all * width,
    'event.embedded': rows * width,
    'event.gradient': rows * width,
    'last.normalised': shoppers * width,
    'last.scales': shoppers,
    'last.output': shoppers * width,
    'last.gradient': shoppers * width,
    state: shoppers * width,
    'state.inverse': shoppers,
    'state.gradient': shoppers * width,
    'target.raw': shoppers * width,
    'target.vector': shoppers * width,
    'target.inverse': shoppers,
    'target.text': shoppers * features,
    'text.queries': 2 * shoppers * features,
    'text.cosines': 2 * shoppers * negatives,
    cosines: shoppers * negatives,
    own: 3 * shoppers,
    slopes: shoppers * negatives,
    'own.slopes': shoppers,
    losses: 2 * shoppers,
    'negative.d': shoppers * negatives,
    'negative.w': shoppers * negatives,
    residual: 2 * shoppers,
    gains: shoppers * width,
    biases: shoppers * width,
    squares: shoppers,
    shares: shoppers,
  };
  if (clipped) {
    sizes['negative.texts among'] = negatives * negatives;
    sizes['negative.among'] = negatives * negatives;
    sizes['all.texts by negatives'] = all * negatives;
    sizes['all.vectors by negatives'] = all * negatives;
    sizes['negative.d among'] = shoppers * negatives;
    sizes['negative.w among'] = shoppers * negatives;
  }
  for (let block = 0; block < blocks; block += 1) {
    const asking = block === blocks - 1 ? shoppers : rows;
    const add = (name: string, words: number): void => void (sizes[`${block}.${name}`] = words);
    for (const [name, count] of [
      ['before-attention', rows],
      ['before-feed-forward', asking],
    ] as const) {
      add(`${name}.normalised`, count * width);
      add(`${name}.scales`, count);
      add(`${name}.output`, count * width);
      add(`${name}.gradient`, count * width);
    }
    for (const name of ['key', 'value']) for (const kind of ['', '.gradient']) add(name + kind, rows * width);
    for (const name of ['asking', 'query', 'query.gradient', 'mixed', 'from', 'middle', 'result']) {
      add(name, asking * width);
    }
    for (const name of ['result.gradient', 'down.gradient', 'middle.gradient', 'output.gradient']) {
      add(name, asking * width);
    }
    add('shares', asking * heads * shareStride(shape));
    for (const name of ['up', 'up.gradient', 'active']) add(name, asking * inner);
    for (const name of ['attended', 'down']) add(`${name}.coins`, Math.ceil((asking * width) / 4));
    for (const name of ['query', 'value']) {
      if (lowRank === 0) continue;
      add(`${name}.weights`, width * width);
      add(`${name}.frozen`, width * lowRank);
      add(`${name}.inner`, rows * lowRank);
    }
  }
  sizes['event.coins'] = Math.ceil((rows * width) / 4);
  return sizes;
}
