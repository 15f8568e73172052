import { expect } from 'chai';
import { fuzz } from '../fuzz/fuzz.js';
import { PARSERS } from '../fuzz/parsers.js';
import { settledMemory } from '../settled-memory.js';

const MEBIBYTE = 2 ** 20;

describe('10,000 spoilt messages end in typed refusals, and leave no memory behind', () => {
  for (const [index, parser] of PARSERS.entries()) {
    it(`of ${parser.name}`, async () => {
      await fuzz(parser, 500, 1000 + index);
      const before = await settledMemory();
      const { crashes, longestMs } = await fuzz(parser, 10_000, index);
      expect(crashes).to.deep.equal([]);
      // Far above what any message takes even on a busy machine; a hang would be seconds.
      expect(longestMs).to.be.below(2_000);
      expect(((await settledMemory()) - before) / MEBIBYTE).to.be.below(4);
    });
  }
});
