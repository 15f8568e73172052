import { expect } from 'chai';
import fc from 'fast-check';
import { Titles, titleWords } from '../../../recommender/reranker/index.js';

const of = (...titles: string[]): Titles =>
  new Titles({ items: titles.map((title, index) => ({ id: String(index), title, brand: '', category: '' })) });

describe('titles word by word', () => {
  it('are split at everything that is neither letter nor digit, in lower case', () => {
    expect(titleWords('Nail Lacquer, 0.5-Fluid OUNCE')).to.deep.equal(['nail', 'lacquer', '0', '5', 'fluid', 'ounce']);
    expect(titleWords(' -- ')).to.deep.equal([]);
  });

  it('are pairs of characters in scripts without spaces', () => {
    expect(titleWords('洗面奶 Nivea 霜')).to.deep.equal(['洗面', '面奶', 'nivea', '霜']);
  });

  it('match by the weights of the words they share over those of all their words', () => {
    const titles = of('red nail polish', 'blue nail polish', 'red towel', 'comb');
    const weight = (titlesWith: number): number => Math.log1p(4 / titlesWith);
    const [rare, common] = [weight(1), weight(2)];
    // Red, nail and polish stand in two titles each, blue in one.
    expect(titles.match(0, 1).likeness).to.be.closeTo((2 * common) / (3 * common + rare), 1e-12);
    expect(titles.match(0, 2).likeness).to.be.closeTo(common / (3 * common + rare), 1e-12);
    expect(titles.match(0, 3)).to.deep.equal({ likeness: 0, numbers: 0 });
    expect(titles.match(0, 0).likeness).to.equal(1);
  });

  it('count a word once, however often a title repeats it', () => {
    const titles = of('soap soap soap bar', 'soap', 'bar');
    expect(titles.match(0, 1)).to.deep.equal(titles.match(0, 2));
  });

  it('count the words with a digit that both have', () => {
    const titles = of('shampoo 400ml pack of 2', 'conditioner 400ml 2 bottles', 'shampoo 250ml');
    expect(titles.match(0, 1).numbers).to.equal(2);
    expect(titles.match(0, 2).numbers).to.equal(0);
  });

  it('share a start up to the first different word, of four at most', () => {
    const titles = of('a b c d e f', 'a b c d e g', 'a b x d', 'a b', '', 'b a');
    expect([0, 1, 2, 3, 4, 5].map((other) => titles.sharedStart(0, other))).to.deep.equal([4, 4, 2, 2, 0, 0]);
    expect(titles.sharedStart(4, 4), 'two titles without words have no start').to.equal(0);
  });

  it('are alike both ways, and between 0 and 1, for any titles', () => {
    const title = fc.array(fc.constantFrom('a', 'b', '7', 'c9', '洗面奶', ' ', ''), { maxLength: 8 });
    fc.assert(
      fc.property(fc.array(title, { minLength: 2, maxLength: 6 }), (all) => {
        const titles = of(...all.map((words) => words.join(' ')));
        const match = titles.match(0, 1);
        expect(match).to.deep.equal(titles.match(1, 0));
        expect(match.likeness).to.be.within(0, 1);
        expect(titles.sharedStart(0, 1)).to.equal(titles.sharedStart(1, 0));
      }),
    );
  });
});
