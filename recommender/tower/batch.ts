import { uniformBelow } from '../random.js';
import type { RandomSource } from '../random.js';

/** A history and the item that comes next: one shopper's whole part in a training step. */
export interface TowerExample {
  /** Item indices, oldest first; at least one. Only the last `length` are read. */
  readonly history: Int32Array;
  readonly target: number;
}

/** Examples as the network reads them. */
export interface TowerBatch {
  readonly size: number;
  /** size × length item indices, the newest last; places before the first event hold `padding`. */
  readonly items: Int32Array;
  /** Events of each example, at most `length`. */
  readonly events: Int32Array;
  readonly targets: Int32Array;
  /** Items that every example's target is told from, uniform over the catalogue. */
  readonly negatives: Int32Array;
  /** size × negatives: a very negative number where a negative is the example's own target; absent where none is. */
  readonly hits?: Float32Array;
}

const HIDDEN = -1e9;

/**
 * Packs examples; histories are right-aligned.
 * @param padding the index of the all-zero row of the features
 * @throws RangeError on an example without history
 */
export function packTower(
  examples: readonly TowerExample[],
  negatives: Int32Array,
  { length, padding }: { readonly length: number; readonly padding: number },
): TowerBatch {
  const size = examples.length;
  const items = new Int32Array(size * length).fill(padding);
  const events = new Int32Array(size);
  const targets = new Int32Array(size);
  examples.forEach(({ history, target }, row) => {
    const read = history.subarray(-length);
    if (read.length === 0) throw new RangeError('an example needs at least one event');
    items.set(read, (row + 1) * length - read.length);
    events[row] = read.length;
    targets[row] = target;
  });
  const hits = hitsOf(targets, negatives);
  return { size, items, events, targets, negatives, ...(hits === undefined ? {} : { hits }) };
}

/**
 * What is added to the scores of attention, size × length × length: 0 where a position may see another, else a very
 * negative number. Nothing attends to a place before a history's first event.
 */
export function attentionMask(events: Int32Array, length: number): Float32Array {
  const mask = new Float32Array(events.length * length * length).fill(HIDDEN);
  events.forEach((count, row) => {
    const first = length - count;
    for (let position = 0; position < length; position += 1) {
      const at = (row * length + position) * length;
      // A place before the first event sees itself, so that its softmax is defined; nobody sees it.
      if (position < first) mask[at + position] = 0;
      else mask.fill(0, at + first, at + position + 1);
    }
  });
  return mask;
}

function hitsOf(targets: Int32Array, negatives: Int32Array): Float32Array | undefined {
  const drawn = new Set(negatives);
  if (!targets.some((target) => drawn.has(target))) return undefined;
  const hits = new Float32Array(targets.length * negatives.length);
  targets.forEach((target, row) => {
    negatives.forEach((negative, column) => {
      if (negative === target) hits[row * negatives.length + column] = HIDDEN;
    });
  });
  return hits;
}

/** Uniform draws from the catalogue, with repeats: they say nothing about anybody. */
export function drawNegatives(items: number, count: number, random: RandomSource): Int32Array {
  return Int32Array.from({ length: count }, () => uniformBelow(random, items));
}

/** Which units of a pass are kept, and by what the kept ones grow. */
export interface Dropout {
  /** In [0, 1), in steps of 1/256. */
  readonly rate: number;
  readonly random: RandomSource;
}

/** A unit is dropped where its byte of coins is below `threshold`, else multiplied by `kept`. */
export function dropoutOdds(rate: number): { readonly threshold: number; readonly kept: number } {
  const threshold = Math.round(rate * 256);
  return { threshold, kept: 256 / (256 - threshold) };
}

/** A mask of 0 and 1/(1 − rate). */
export function dropoutMask(size: number, { rate, random }: Dropout): Float32Array {
  const { threshold, kept } = dropoutOdds(rate);
  return Float32Array.from(random.bytes(size), (byte) => (byte < threshold ? 0 : kept));
}
