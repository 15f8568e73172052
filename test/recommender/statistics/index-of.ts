import { Titles } from '../../../recommender/reranker/index.js';
import type { PairAttributes } from '../../../recommender/reranker/index.js';
import { standardNormal } from '../../../recommender/random.js';
import type { TextIndex } from '../../../recommender/text/index.js';
import { seeded } from '../support/coins.js';

const DIMENSIONS = 8;

/** A text index with given neighbours, nearest first, and random unit vectors. */
export function indexOf(neighbours: readonly (readonly number[])[]): TextIndex {
  const items = neighbours.length;
  const count = neighbours[0]?.length ?? 0;
  const random = seeded('vectors');
  const vectors = Float32Array.from({ length: items * DIMENSIONS }, () => standardNormal(random));
  for (let item = 0; item < items; item += 1) {
    const row = vectors.subarray(item * DIMENSIONS, (item + 1) * DIMENSIONS);
    const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    row.forEach((value, dimension) => (row[dimension] = value / norm));
  }
  return {
    digest: 'test',
    encoder: 'test',
    items,
    dimensions: DIMENSIONS,
    vectors,
    transposed: { values: new Float32Array(), items, dimensions: DIMENSIONS },
    neighbours: {
      count,
      indices: Int32Array.from(neighbours.flat()),
      similarities: new Float32Array(items * count),
    },
    hubness: new Float32Array(items),
  };
}

/** Attributes of items that come in five brands and four categories. */
export function attributesOf(items: number): PairAttributes {
  const codes = (kinds: number): Int32Array => Int32Array.from({ length: items }, (_, item) => item % kinds);
  const category = codes(4);
  return {
    brand: codes(5),
    category: [category, category, category, category],
    logCategorySize: new Float32Array(items).fill(Math.log1p(items / 4)),
    titles: new Titles({ items: [] }),
  };
}
