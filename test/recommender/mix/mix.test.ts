import { expect } from 'chai';
import fc from 'fast-check';
import { loadEngine } from '../../../recommender/engine/index.js';
import type { Engine } from '../../../recommender/engine/index.js';
import {
  addScaledRow,
  DEFAULT_WEIGHTS,
  historyMeans,
  Mix,
  ownEvidence,
  rowSums,
  SparseBuilder,
  topOf,
  valueAt,
} from '../../../recommender/mix/index.js';
import type { SparseMatrix } from '../../../recommender/mix/index.js';
import { loadTextIndex } from '../../../recommender/text/index.js';
import type { TextIndex } from '../../../recommender/text/index.js';
import { smallShop } from '../support/shop.js';

const history = (...items: number[]): Int32Array => Int32Array.from(items);

describe('sparse matrices', () => {
  const entries = fc.array(fc.tuple(fc.nat(5), fc.nat(7), fc.integer({ min: -3, max: 3 })), { maxLength: 60 });

  it('hold the sum of the entries of every cell, columns ascending, no zeros', () => {
    fc.assert(
      fc.property(entries, (added) => {
        const builder = new SparseBuilder(6, 8, 1);
        const dense = Array.from({ length: 6 }, () => new Array<number>(8).fill(0));
        for (const [row, column, value] of added) {
          builder.add(row, column, value);
          const line = dense[row];
          if (line !== undefined) line[column] = (line[column] ?? 0) + value;
        }
        const matrix = builder.build();
        dense.forEach((line, row) => {
          const [start, end] = [matrix.starts[row] ?? 0, matrix.starts[row + 1] ?? 0];
          const columns = Array.from(matrix.indices.subarray(start, end));
          expect(columns).to.deep.equal(line.flatMap((value, column) => (value === 0 ? [] : [column])));
          line.forEach((value, column) => expect(valueAt(matrix, row, column)).to.equal(value));
          const added = new Float32Array(8).fill(1);
          addScaledRow(added, matrix, row, 2);
          expect(Array.from(added)).to.deep.equal(line.map((value) => 1 + 2 * value));
          expect(rowSums(matrix)[row]).to.equal(line.reduce((sum, value) => sum + value, 0));
        });
      }),
    );
  });

  it('refuse cells outside', () => {
    const builder = new SparseBuilder(2, 3);
    for (const [row, column] of [
      [2, 0],
      [0, 3],
      [-1, 0],
    ] as const) {
      expect(() => builder.add(row, column, 1)).to.throw(RangeError);
    }
  });
});

describe('own evidence', () => {
  const evidence = ownEvidence([history(0, 1, 1, 2), history(0, 1)], 4);

  it('counts direct successors, the diagonal left out', () => {
    expect(valueAt(evidence.directed, 0, 1)).to.be.closeTo(Math.log1p(2), 1e-6);
    expect(valueAt(evidence.directed, 1, 2)).to.be.closeTo(Math.log1p(1), 1e-6);
    expect([valueAt(evidence.directed, 1, 0), valueAt(evidence.directed, 1, 1)]).to.deep.equal([0, 0]);
  });

  it('counts windows of five with decay .7, both ways', () => {
    expect(valueAt(evidence.window, 0, 1)).to.be.closeTo(Math.log1p(1 + 0.7 + 1), 1e-6);
    expect(valueAt(evidence.window, 0, 2)).to.be.closeTo(Math.log1p(0.49), 1e-6);
    expect(valueAt(evidence.window, 2, 0)).to.equal(valueAt(evidence.window, 0, 2));
    const far = ownEvidence([history(0, 1, 2, 3, 4, 5, 6)], 7).window;
    expect(valueAt(far, 0, 5)).to.be.closeTo(Math.log1p(0.7 ** 4), 1e-6);
    expect(valueAt(far, 0, 6)).to.equal(0);
  });

  it('counts purchases', () => {
    expect(Array.from(evidence.purchases)).to.deep.equal([2, 3, 1, 0]);
    expect(evidence.popularity[1]).to.be.closeTo(Math.log(4), 1e-6);
  });

  it('says how late in histories items were bought, shrunk towards the middle, and how often of late', () => {
    // Item 1 stands at 1/3, 2/3 and 1 of its histories; one that was bought alone has no place in a history.
    const places = (1 / 3 - 0.5 + (2 / 3 - 0.5) + (1 - 0.5)) / (3 + 3);
    expect(evidence.lateness[1]).to.be.closeTo(places, 1e-6);
    expect(evidence.lateness[0]).to.be.closeTo(-1 / (2 + 3), 1e-6);
    expect(evidence.lateness[3]).to.equal(0);
    expect(ownEvidence([history(2)], 3).lateness[2]).to.equal(0);
    expect(Array.from(evidence.recentPopularity, Math.expm1).map(Math.round)).to.deep.equal([1, 2, 1, 0]);
  });
});

describe('the mix', () => {
  const shop = smallShop('mix', 40);
  const items = shop.catalogue.items.length;
  const histories = shop.shoppers.map((shopper) => shopper.history);
  let engine: Engine;
  let text: TextIndex;
  let federated: SparseMatrix;

  before(async () => {
    engine = await loadEngine();
    text = loadTextIndex(shop.catalogue, engine);
    const builder = new SparseBuilder(items, items);
    for (let item = 1; item < items; item++) {
      builder.add(item, item - 1, 0.5);
      builder.add(item - 1, item, 0.5);
    }
    federated = builder.build();
  });

  /** The formula of the score, term by term, in double precision. */
  function naive(of: Int32Array, item: number, withFederated: 'alone' | 'together'): number {
    const own = ownEvidence(histories, items);
    const dot = (a: ArrayLike<number>, aStart: number, bStart: number) => {
      let sum = 0;
      for (let d = 0; d < text.dimensions; d++) sum += (a[aStart + d] ?? 0) * (text.vectors[bStart + d] ?? 0);
      return sum;
    };
    const mean = new Float64Array(text.dimensions);
    for (const past of of)
      mean.forEach((value, d) => (mean[d] = value + (text.vectors[past * text.dimensions + d] ?? 0)));
    const norm = Math.sqrt(mean.reduce((sum, value) => sum + value * value, 0));
    let score = dot(text.vectors, (of.at(-1) ?? 0) * text.dimensions, item * text.dimensions);
    score += dot(mean, 0, item * text.dimensions) / norm + 0.03 * Math.log1p(own.purchases[item] ?? 0);
    of.forEach((past, at) => {
      const age = of.length - 1 - at;
      const counts = 0.8 * valueAt(own.directed, past, item) + 0.4 * valueAt(own.window, past, item);
      const pooled = withFederated === 'together' ? 0.6 * valueAt(federated, past, item) : 0;
      score += 0.7 ** age * (counts + pooled);
    });
    return score;
  }

  it('adds a model of the whole catalogue as one more term, whatever blocks it comes in', () => {
    const asked = histories.slice(0, 5);
    const alone = Mix.build({ engine, text, histories });
    const unasked = (): never => {
      throw new Error('whole catalogues are scored in blocks');
    };
    /** History h scores item i with h + i, in blocks of two. */
    function* blocks(of: readonly Int32Array[]) {
      for (let start = 0; start < of.length; start += 2) {
        const rows = Math.min(2, of.length - start);
        const first = asked.findIndex((history) => history === of[start]);
        const scores = Float32Array.from(
          { length: rows * items },
          (_, at) => first + Math.floor(at / items) + (at % items),
        );
        yield { start, rows, scores };
      }
    }
    const before = alone.score(asked);
    alone
      .with({ model: { blocks, ask: unasked, towards: unasked } })
      .score(asked)
      .forEach((score, at) => {
        const expected = (before[at] ?? 0) + 0.5 * (Math.floor(at / items) + (at % items));
        expect(score).to.be.closeTo(expected, 1e-4);
      });
  });

  it('is the weighted sum of its terms, alone and together', () => {
    const asked = histories.slice(0, 3);
    const alone = Mix.build({ engine, text, histories });
    const together = alone.with({ federated });
    const [scoresAlone, scoresTogether] = [alone.score(asked), together.score(asked)];
    asked.forEach((one, row) => {
      for (const item of [0, 1, 7, 77, items - 1, one.at(-1) ?? 0]) {
        expect(scoresAlone[row * items + item]).to.be.closeTo(naive(one, item, 'alone'), 1e-4);
        expect(scoresTogether[row * items + item]).to.be.closeTo(naive(one, item, 'together'), 1e-4);
      }
    });
  });

  it('scores the same in blocks of any size', () => {
    const mix = Mix.build({ engine, text, histories, federated });
    const whole = mix.score(histories);
    for (const { start, rows, scores } of mix.blocks(histories, { blockRows: 7 })) {
      expect(scores).to.deep.equal(whole.slice(start * items, (start + rows) * items));
    }
  });

  it('leaves out what has weight 0', () => {
    const silent = { textLast: 0, textHistory: 0, directed: 0, window: 0, popularity: 0, federated: 0, tower: 0 };
    const mix = Mix.build({ engine, text, histories, federated, weights: silent });
    expect(mix.score(histories.slice(0, 2)).every((score) => score === 0)).to.equal(true);
    expect(
      mix
        .with({ weights: DEFAULT_WEIGHTS })
        .score(histories.slice(0, 1))
        .some((score) => score > 0),
    ).to.equal(true);
  });

  it('falls back to popularity for a shopper without history', () => {
    const mix = Mix.build({ engine, text, histories });
    const scores = mix.score([new Int32Array()]);
    mix.own.popularity.forEach((value, item) => expect(scores[item]).to.be.closeTo(0.03 * value, 1e-6));
  });

  it('takes means of histories with repeats counted', () => {
    const twice = historyMeans(text, [history(3, 3, 9)]);
    const once = historyMeans(text, [history(3, 9)]);
    expect(twice).to.not.deep.equal(once);
    expect(twice.reduce((sum, value) => sum + value * value, 0)).to.be.closeTo(1, 1e-5);
  });
});

describe('the top of scores', () => {
  it('is what sorting all of them gives, ties by the lower index', () => {
    const scores = fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 40 });
    fc.assert(
      fc.property(scores, fc.nat(12), fc.uniqueArray(fc.nat(39)), (values, count, hidden) => {
        const excluding = new Set(hidden);
        const expected = values
          .map((score, item) => ({ score, item }))
          .filter(({ item }) => !excluding.has(item))
          .sort((a, b) => b.score - a.score || a.item - b.item)
          .slice(0, count);
        const top = topOf(Float32Array.from(values), count, excluding);
        expect(Array.from(top.items)).to.deep.equal(expected.map(({ item }) => item));
        expect(Array.from(top.scores)).to.deep.equal(expected.map(({ score }) => score));
      }),
    );
  });
});
