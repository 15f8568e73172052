import { expect } from 'chai';
import { fuzz } from './fuzz.js';
import type { Parser } from './parser.js';
import { PARSERS } from './parsers.js';

describe('spoilt messages end in typed refusals', () => {
  for (const parser of PARSERS) {
    it(`in 300 of ${parser.name}`, async () => {
      const { crashes, refused, undecodable } = await fuzz(parser, 300, 1);
      expect(crashes).to.deep.equal([]);
      // The fuzz does reach the refusals: a parser that took everything would prove nothing.
      expect(undecodable + [...refused.values()].reduce((sum, count) => sum + count, 0)).to.be.above(100);
    });
  }

  it('and a parser that crashes is found out', async () => {
    const careless: Parser = {
      name: 'careless',
      good: [Buffer.from('{"length":4}')],
      parse: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as unknown,
    };
    expect((await fuzz(careless, 300, 1)).crashes).not.to.deep.equal([]);
  });
});
