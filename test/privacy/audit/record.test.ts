import { expect } from 'chai';
import { mostConfident, recordOf } from '../../../privacy/index.js';

describe('privacy: the record of an audit', () => {
  it('guesses on the largest scores by size, with their signs, and abstains on the rest', () => {
    const scores = Float64Array.of(0.5, -3, 2, 0, -0.1, 2);
    expect([...mostConfident(scores, 3)]).to.deep.equal([0, -1, 1, 0, 0, 1]);
    expect([...mostConfident(scores, 0)]).to.deep.equal([0, 0, 0, 0, 0, 0]);
    expect([...mostConfident(scores, 6)]).to.deep.equal([1, -1, 1, -1, -1, 1]);
    expect(() => mostConfident(scores, 7)).to.throw(RangeError);
  });

  it('among equal scores takes the first, so that nothing but the scores decides', () => {
    expect([...mostConfident(Float64Array.of(1, -1, 1, -1), 2)]).to.deep.equal([1, -1, 0, 0]);
  });

  it('counts guesses and those that match the coins', () => {
    const coins = Uint8Array.of(1, 0, 1, 0, 1);
    const record = recordOf(Int8Array.of(1, -1, -1, 1, 0), coins);
    expect(record).to.deep.equal({ canaries: 5, guesses: 4, right: 2 });
  });
});
