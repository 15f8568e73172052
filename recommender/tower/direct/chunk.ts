import type { TowerBatch } from '../batch.js';
import type { Workspace } from './workspace.js';

/**
 * Shoppers that go through the network together, few enough that what they need stays close to the processor. Only
 * their events have rows: places before a first event are left out.
 */
export interface Chunk {
  /** Of the batch. */
  readonly firstShopper: number;
  readonly shoppers: number;
  /** Events of each shopper. */
  readonly events: readonly number[];
  /** Where each shopper's events start among the chunk's, and one entry behind the last. */
  readonly offsets: readonly number[];
  /** Events of all. */
  readonly rows: number;
}

/** Events of a chunk, unless one shopper alone has more. */
const ROWS = 256;

/** A batch as chunks, in its order. */
export function chunksOf({ events }: TowerBatch): Chunk[] {
  const chunks: Chunk[] = [];
  let firstShopper = 0;
  while (firstShopper < events.length) {
    const offsets = [0];
    let rows = 0;
    for (const count of events.subarray(firstShopper)) {
      if (rows > 0 && rows + count > ROWS) break;
      rows += count;
      offsets.push(rows);
    }
    const shoppers = offsets.length - 1;
    const own = Array.from(events.subarray(firstShopper, firstShopper + shoppers));
    chunks.push({ firstShopper, shoppers, events: own, offsets, rows });
    firstShopper += shoppers;
  }
  return chunks;
}

/**
 * Writes a chunk's indices to the workspace. There are two orders of rows: events alone, which go through the
 * transformer, and all texts, where each shopper's target follows the shopper's events.
 */
export function placeChunk(space: Workspace, { items, targets, length }: TowerBatch & Lengths, chunk: Chunk): void {
  const { firstShopper, shoppers, events, offsets, rows } = chunk;
  const all: number[] = [];
  events.forEach((count, at) => {
    const end = (firstShopper + at + 1) * length;
    all.push(...items.subarray(end - count, end), targets[firstShopper + at] ?? 0);
  });
  const ends = offsets.slice(1);
  space.integers('offsets', offsets);
  space.integers('newest.offsets', [...Array(shoppers + 1).keys()]);
  space.integers('all.offsets', [...offsets.map((offset, at) => offset + at)]);
  space.integers(
    'newest',
    ends.map((end) => end - 1),
  );
  space.integers(
    'all.newest',
    ends.map((end, at) => end - 1 + at),
  );
  space.integers(
    'all.target',
    ends.map((end, at) => end + at),
  );
  space.integers('all.items', all);
  space.integers('target.ids', targets.subarray(firstShopper, firstShopper + shoppers));
  if (all.length !== rows + shoppers) throw new TypeError('a chunk has one row a text');
}

interface Lengths {
  /** Places of a history in `items`. */
  readonly length: number;
}
