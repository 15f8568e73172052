/**
 * Exact values of a law given by weights w(k) that fall away from a mode, as fast for wide laws as for narrow ones:
 * rejection (Devroye 1986, Non-Uniform Random Variate Generation, II.3) under a staircase that is cut into 4096 tiles of
 * equal area, so that ONE random word chooses a tile and a value under it.
 *
 * The values away from the mode are cut into blocks of 2^b neighbours over which w falls little. With a scale n, block B of
 * first weight w₁ gets ⌈n·2^b·w₁⌉ tiles, one on the other. The pair (value k of B, height v = tile + uniform) is uniform
 * under the staircase, and under the law where v < n·2^b·w(k): every value is then returned with probability n·w(k)/4096.
 * Tiles below the block's last weight need no comparison; they are most of all. Tiles of no block are drawn again.
 *
 * Beyond the last block w halves, at least, every 2^h values. A tail of steps of 2^h, the i-th chosen by fair coins with
 * probability 2^−(i+1), is a block of 2^(h+i+1) values for the comparison, and none is cut off.
 *
 * The comparison is of a uniform number, bit by bit, with the weight. Doubles decide where they surely can: where the first
 * 53 bits differ from the weight by more than its error. Otherwise (for less than one value in 2^38) it is made in
 * integers, to as many bits as it takes. The law is exact either way: rounding decides how fast a value comes, never which.
 */
import { exponentOf, twoTo } from './powers.js';
import type { Coins } from './random.js';

/** Values from `start` away from the mode: start + direction·d for d ≥ 0. */
export interface Ray {
  readonly start: number;
  readonly direction: 1 | -1;
  /** The distance d at which the tail begins: a positive integer. */
  readonly reach: number;
  /** h: at any d ≥ reach the weight at d + 2^h is at most half of that at d. In 0..31. */
  readonly halving: number;
}

/** A law on the integers, known up to a factor. */
export interface TiledLaw {
  /** Along each ray the weight never rises. */
  readonly rays: readonly Ray[];
  /** w(k) ≤ 1 within a relative 2^−40, or 0 for less than 2^−90; the same double on every host. */
  weight(k: number): number;
  /** Integers with low ≤ 2^precision·w(k) ≤ high. They close in on one number as the precision grows. */
  weightBounds(k: number, precision: number): WeightBounds;
}

export interface WeightBounds {
  readonly low: bigint;
  readonly high: bigint;
}

/** A law cut into tiles, ready to be sampled. */
export interface Tiling {
  readonly law: TiledLaw;
  /** n, a number of 11 bits times a power of two. */
  readonly scale: number;
  /** For each tile 2·block, plus 1 where heights must be compared; 0xffff for the rest. */
  readonly tiles: Uint16Array;
  /** For each block: its first tile, … */
  readonly first: Uint16Array;
  /** … the value nearest to the mode, … */
  readonly start: Int32Array;
  /** … ±1, … */
  readonly direction: Int8Array;
  /** … b; for a tail h, … */
  readonly width: Uint8Array;
  /** … 1 for a tail. */
  readonly isTail: Uint8Array;
}

interface Block {
  readonly start: number;
  readonly direction: 1 | -1;
  readonly width: number;
  readonly isTail: boolean;
  /** 2^b times bounds on the first and the last weight; for a tail 2^(h+1) times the first, and 0. */
  readonly highest: number;
  readonly lowest: number;
}

const TILE_BITS = 12;
const TILES = 2 ** TILE_BITS;
/** What a word has left for the place in a block. */
const PLACE_BITS = 32 - TILE_BITS;
const NO_BLOCK = 0xffff;
/** A block ends before its weight falls below this share of its first. */
const EVEN = 7 / 8;
/** More than the relative error of a weight above {@link NEGLIGIBLE}, … */
const WEIGHT_ERROR = 2 ** -40;
/** … and than any weight that is given as 0. */
const NEGLIGIBLE = 2 ** -90;

/** An upper bound on what a double stands for. */
export const weightAtMost = (weight: number): number => weight * (1 + WEIGHT_ERROR) + NEGLIGIBLE;
/** A lower bound, below 0 for a weight that is given as 0. */
export const weightAtLeast = (weight: number): number => weight * (1 - WEIGHT_ERROR) - NEGLIGIBLE;

/** Cuts a law into tiles: in about a millisecond. */
export function tile(law: TiledLaw): Tiling {
  const blocks = law.rays.flatMap((ray) => blocksOf(law, ray));
  const scale = fittingScale(blocks);
  const tiling: Tiling = {
    law,
    scale,
    tiles: new Uint16Array(TILES).fill(NO_BLOCK),
    first: new Uint16Array(blocks.length),
    start: Int32Array.from(blocks, ({ start }) => start),
    direction: Int8Array.from(blocks, ({ direction }) => direction),
    width: Uint8Array.from(blocks, ({ width }) => width),
    isTail: Uint8Array.from(blocks, ({ isTail }) => Number(isTail)),
  };
  let next = 0;
  for (const [i, { highest, lowest }] of blocks.entries()) {
    const end = next + Math.ceil(scale * highest);
    const certain = next + Math.floor(scale * lowest);
    tiling.first[i] = next;
    for (; next < end; next++) tiling.tiles[next] = 2 * i + (next < certain ? 0 : 1);
  }
  return tiling;
}

function blocksOf(law: TiledLaw, { start, direction, reach, halving }: Ray): Block[] {
  const weight = (distance: number): number => law.weight(start + direction * distance);
  const blocks: Block[] = [];
  let width = 0;
  for (let distance = 0; distance < reach; distance += twoTo(width)) {
    const highest = weight(distance);
    const isEven = (bits: number): boolean =>
      distance + twoTo(bits) <= reach && weight(distance + twoTo(bits) - 1) >= EVEN * highest;
    while (width > 0 && !isEven(width)) width--;
    while (width < PLACE_BITS && isEven(width + 1)) width++;
    const length = twoTo(width);
    blocks.push({
      start: start + direction * distance,
      direction,
      width,
      isTail: false,
      highest: length * weightAtMost(highest),
      lowest: length * Math.max(0, weightAtLeast(weight(distance + length - 1))),
    });
  }
  blocks.push({
    start: start + direction * reach,
    direction,
    width: halving,
    isTail: true,
    highest: twoTo(halving + 1) * weightAtMost(weight(reach)),
    lowest: 0,
  });
  return blocks;
}

/** The largest n of 11 bits with which no more tiles are needed than there are. Any n keeps the law. */
function fittingScale(blocks: readonly Block[]): number {
  const needed = (scale: number): number => blocks.reduce((sum, { highest }) => sum + Math.ceil(scale * highest), 0);
  const area = blocks.reduce((sum, { highest }) => sum + highest, 0);
  const unit = twoTo(exponentOf(TILES / area) - 10);
  // Each block wastes less than one tile.
  let low = Math.floor((TILES - blocks.length) / area / unit);
  let high = Math.ceil(TILES / area / unit) + 1;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (needed(middle * unit) <= TILES) low = middle;
    else high = middle;
  }
  return low * unit;
}

/** One value of the law. */
export function sampleTiled(coins: Coins, tiling: Tiling): number {
  for (;;) {
    const word = coins.word();
    const index = word >>> PLACE_BITS;
    const entry = tiling.tiles[index] ?? NO_BLOCK;
    if (entry === NO_BLOCK) continue;
    const block = entry >>> 1;
    // Every block has an entry in each array; `?? 0` only satisfies the type.
    const start = tiling.start[block] ?? 0;
    const direction = tiling.direction[block] ?? 0;
    let width = tiling.width[block] ?? 0;
    let place: number;
    if (tiling.isTail[block] === 1) {
      let steps = 0;
      while (coins.bit() === 0) steps++;
      place = steps * twoTo(width) + coins.bits(width);
      width += steps + 1;
    } else {
      place = word & ((1 << width) - 1);
    }
    const value = start + direction * place;
    if ((entry & 1) === 0) return value;
    if (isUnder(coins, tiling, { value, width, level: index - (tiling.first[block] ?? 0) })) return value;
  }
}

/** A point of the plane: a value, and a height of which only the whole part is drawn yet. */
export interface Point {
  readonly value: number;
  /** b: heights are compared with n·2^b·w. */
  readonly width: number;
  readonly level: number;
}

/** Whether the height, its fraction now drawn, is below n·2^b·w(k). */
function isUnder(coins: Coins, tiling: Tiling, point: Point): boolean {
  const draw = coins.bits(53);
  const weight = tiling.law.weight(point.value);
  const factor = tiling.scale * twoTo(point.width);
  if (point.level + (draw + 1) * 2 ** -53 < factor * weightAtLeast(weight)) return true;
  if (point.level + draw * 2 ** -53 > factor * weightAtMost(weight)) return false;
  return isUnderExactly(coins, tiling, point, draw);
}

/**
 * The same in integers, begun with 53 bits of the fraction: the weight's bounds are narrowed until they lie to one side of
 * all heights that begin so, and where they lie among those, more bits are drawn.
 */
export function isUnderExactly(coins: Coins, tiling: Tiling, { value, width, level }: Point, begun: number): boolean {
  const { scale, law } = tiling;
  const shift = exponentOf(scale) - 10;
  const factor = BigInt(scale / twoTo(shift));
  let height = (BigInt(level) << 53n) | BigInt(begun);
  for (let bits = 53; ; bits += 32) {
    // 2^bits·n·2^b·w = factor·2^(bits + b + shift)·w, bounded with 64 bits to spare.
    const precision = Math.max(64, bits + width + shift + 64);
    const spare = BigInt(precision - (bits + width + shift));
    const { low, high } = law.weightBounds(value, precision);
    if ((height + 1n) << spare <= factor * low) return true;
    if (height << spare >= factor * high) return false;
    height = (height << 32n) | BigInt(coins.word());
  }
}
