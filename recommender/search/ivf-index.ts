import { similarityBlocks, transposeItems } from '../engine/index.js';
import type { Engine } from '../engine/index.js';
import { topOf } from '../mix/index.js';
import type { RankedItems } from '../mix/index.js';
import { uniformBelow } from '../random.js';
import type { RandomSource } from '../random.js';
import { dot, normaliseRows } from '../text/index.js';

/** Vectors a list that the centres are learnt from. */
const SAMPLE_PER_LIST = 32;
const ROUNDS = 6;

/** How to build an {@link IvfIndex}. */
export interface IvfOptions {
  readonly dimensions: number;
  /** Cells that the vectors are divided into. @default √vectors, rounded up */
  readonly lists?: number;
  /** Coins that choose the sample. */
  readonly random: RandomSource;
}

interface Lists {
  /** lists × dimensions, unit length. */
  readonly centres: Float32Array;
  /** The vectors in the order of their lists, and which they are. */
  readonly vectors: Float32Array;
  readonly ids: Int32Array;
  /** List l holds the places starts[l] ≤ place < starts[l + 1]. */
  readonly starts: Int32Array;
}

/**
 * An inverted-file index over unit vectors (Jégou, Douze and Schmid 2011, without compression): vectors are kept by the
 * nearest of some centres, which k-means on the sphere finds on a sample; a search scores only the vectors of the centres
 * nearest to the query. For catalogues of hundreds of thousands of items and more; below, comparing with all is exact and
 * fast enough.
 */
export class IvfIndex {
  private readonly dimensions: number;
  private readonly lists: Lists;

  private constructor(dimensions: number, lists: Lists) {
    this.dimensions = dimensions;
    this.lists = lists;
  }

  /**
   * @param vectors count × dimensions, rows of unit length; copied
   * @throws RangeError when the vectors do not divide by the dimensions, or for no vector
   */
  static build(engine: Engine, vectors: Float32Array, options: IvfOptions): IvfIndex {
    const { dimensions, random } = options;
    const count = vectors.length / dimensions;
    if (!Number.isInteger(count) || count === 0) throw new RangeError('There must be whole vectors, and at least one.');
    const lists = Math.min(count, options.lists ?? Math.ceil(Math.sqrt(count)));
    const centres = learnCentres(engine, vectors, { dimensions, lists, random });
    return new IvfIndex(dimensions, divide(engine, vectors, centres, dimensions));
  }

  /** Number of lists. */
  get size(): number {
    return this.lists.starts.length - 1;
  }

  /**
   * The vectors nearest to a query by inner product, nearest first.
   * @param probes lists that are looked at: more find more and take longer; all of them make it exact
   */
  search(query: Float32Array, count: number, probes: number): RankedItems {
    const { centres, vectors, ids, starts } = this.lists;
    const { dimensions } = this;
    const toCentres = new Float32Array(this.size);
    for (let list = 0; list < toCentres.length; list++) {
      toCentres[list] = dot(centres, list * dimensions, query, 0, dimensions);
    }
    const chosen = topOf(toCentres, probes).items;
    const length = chosen.reduce((sum, list) => sum + (starts[list + 1] ?? 0) - (starts[list] ?? 0), 0);
    const places = new Int32Array(length);
    const scores = new Float32Array(length);
    let at = 0;
    for (const list of chosen) {
      for (let place = starts[list] ?? 0; place < (starts[list + 1] ?? 0); place++, at++) {
        places[at] = place;
        scores[at] = dot(vectors, place * dimensions, query, 0, dimensions);
      }
    }
    const best = topOf(scores, count);
    return { items: best.items.map((found) => ids[places[found] ?? 0] ?? 0), scores: best.scores };
  }
}

/** k-means on the sphere (Dhillon and Modha 2001): centres are the unit means of the sample's vectors nearest to them. */
function learnCentres(
  engine: Engine,
  vectors: Float32Array,
  { dimensions, lists, random }: Required<IvfOptions>,
): Float32Array {
  const count = vectors.length / dimensions;
  const rows = Math.min(count, SAMPLE_PER_LIST * lists);
  const sample = new Float32Array(rows * dimensions);
  for (let row = 0; row < rows; row++) {
    const from = (rows === count ? row : uniformBelow(random, count)) * dimensions;
    sample.set(vectors.subarray(from, from + dimensions), row * dimensions);
  }
  let centres = sample.slice(0, lists * dimensions);
  for (let round = 0; round < ROUNDS; round++) {
    const means = new Float32Array(centres.length);
    const members = new Int32Array(lists);
    nearestCentres(engine, sample, centres, dimensions).forEach((list, row) => {
      members[list] = (members[list] ?? 0) + 1;
      for (let dimension = 0; dimension < dimensions; dimension++) {
        const to = list * dimensions + dimension;
        means[to] = (means[to] ?? 0) + (sample[row * dimensions + dimension] ?? 0);
      }
    });
    members.forEach((size, list) => {
      // An empty list starts again at a vector of the sample.
      if (size > 0) return;
      const from = uniformBelow(random, rows) * dimensions;
      means.set(sample.subarray(from, from + dimensions), list * dimensions);
    });
    normaliseRows(means, dimensions);
    centres = means;
  }
  return centres;
}

/** The nearest centre of every vector; of equally near ones the first. */
function nearestCentres(engine: Engine, vectors: Float32Array, centres: Float32Array, dimensions: number): Int32Array {
  const nearest = new Int32Array(vectors.length / dimensions);
  const lists = centres.length / dimensions;
  for (const { start, rows, scores } of similarityBlocks(engine, vectors, transposeItems(centres, dimensions))) {
    for (let row = 0; row < rows; row++) {
      let best = 0;
      for (let list = 1; list < lists; list++) {
        if ((scores[row * lists + list] ?? 0) > (scores[row * lists + best] ?? 0)) best = list;
      }
      nearest[start + row] = best;
    }
  }
  return nearest;
}

function divide(engine: Engine, vectors: Float32Array, centres: Float32Array, dimensions: number): Lists {
  const nearest = nearestCentres(engine, vectors, centres, dimensions);
  const starts = new Int32Array(centres.length / dimensions + 1);
  for (const list of nearest) starts[list + 1] = (starts[list + 1] ?? 0) + 1;
  for (let list = 1; list < starts.length; list++) starts[list] = (starts[list] ?? 0) + (starts[list - 1] ?? 0);
  const next = starts.slice();
  const ids = new Int32Array(nearest.length);
  const ordered = new Float32Array(vectors.length);
  nearest.forEach((list, id) => {
    const place = next[list] ?? 0;
    next[list] = place + 1;
    ids[place] = id;
    ordered.set(vectors.subarray(id * dimensions, (id + 1) * dimensions), place * dimensions);
  });
  return { centres, vectors: ordered, ids, starts };
}
