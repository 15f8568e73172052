import { expect } from 'chai';
import { loadEngine } from '../../../recommender/engine/index.js';
import { topOf } from '../../../recommender/mix/index.js';
import { standardNormal, uniformBelow } from '../../../recommender/random.js';
import { IvfIndex } from '../../../recommender/search/index.js';
import { dot, normaliseRows } from '../../../recommender/text/index.js';
import { seeded } from '../support/coins.js';

const DIMENSIONS = 16;
const COUNT = 1500;
const random = seeded('ivf');

function generated(): Float32Array {
  const centres = Float32Array.from({ length: 40 * DIMENSIONS }, () => standardNormal(random));
  const vectors = new Float32Array(COUNT * DIMENSIONS);
  for (let row = 0; row < COUNT; row++) {
    const centre = uniformBelow(random, 40) * DIMENSIONS;
    for (let at = 0; at < DIMENSIONS; at++) {
      vectors[row * DIMENSIONS + at] = (centres[centre + at] ?? 0) + 0.5 * standardNormal(random);
    }
  }
  normaliseRows(vectors, DIMENSIONS);
  return vectors;
}

describe('the inverted-file index', () => {
  const vectors = generated();
  const queryOf = (row: number): Float32Array => vectors.subarray(row * DIMENSIONS, (row + 1) * DIMENSIONS);
  const exact = (query: Float32Array) =>
    topOf(
      Float32Array.from({ length: COUNT }, (_, row) => dot(vectors, row * DIMENSIONS, query, 0, DIMENSIONS)),
      10,
    );

  it('is exact when every list is looked at', async () => {
    const index = IvfIndex.build(await loadEngine(), vectors, { dimensions: DIMENSIONS, random });
    expect(index.size).to.equal(39);
    for (const row of [0, 700, COUNT - 1]) {
      const found = index.search(queryOf(row), 10, index.size);
      const wanted = exact(queryOf(row));
      expect(new Set(found.items)).to.deep.equal(new Set(wanted.items));
      found.scores.forEach((score, at) => expect(score).to.be.closeTo(wanted.scores[at] ?? NaN, 1e-6));
    }
  });

  it('finds most of the ten nearest in a tenth of the lists, and more in more of them', async () => {
    const index = IvfIndex.build(await loadEngine(), vectors, { dimensions: DIMENSIONS, random });
    const recall = (probes: number): number => {
      let found = 0;
      for (let row = 0; row < 50; row++) {
        const wanted = new Set(exact(queryOf(row)).items);
        found += index.search(queryOf(row), 10, probes).items.filter((item) => wanted.has(item)).length;
      }
      return found / 500;
    };
    expect(recall(4)).to.be.greaterThan(0.8);
    expect(recall(12)).to.be.at.least(recall(1));
  });

  it('holds a single vector, and refuses none', async () => {
    const engine = await loadEngine();
    const one = IvfIndex.build(engine, Float32Array.of(1, 0), { dimensions: 2, random });
    expect(Array.from(one.search(Float32Array.of(1, 0), 3, 1).items)).to.deep.equal([0]);
    expect(() => IvfIndex.build(engine, new Float32Array(), { dimensions: 2, random })).to.throw(RangeError);
    expect(() => IvfIndex.build(engine, new Float32Array(3), { dimensions: 2, random })).to.throw(RangeError);
  });
});
