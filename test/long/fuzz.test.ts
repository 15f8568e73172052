import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { fuzz } from '../fuzz/fuzz.js';
import { PARSERS } from '../fuzz/parsers.js';

const MEBIBYTE = 2 ** 20;

/** Bytes in use once everything that can be collected is; buffers are freed a while after their objects. */
async function settledMemory(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let turn = 0; turn < 4; turn++) {
    collect();
    await nextTurn();
  }
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}

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
