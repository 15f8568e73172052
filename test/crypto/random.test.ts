import { expect } from 'chai';
import fc from 'fast-check';
import { osRandom, streamRandom } from '../../crypto/index.js';
import type { RandomSource } from '../../crypto/index.js';
import { counterKeystream } from './aes-counter.js';

const KEY = Uint8Array.from({ length: 32 }, (_, index) => index);

/** Distance of the number of one bits from half, in standard deviations. */
function bitBias(source: RandomSource): number {
  const bytes = source.bytes(1 << 18);
  let ones = 0;
  for (const byte of bytes) for (let bits = byte; bits !== 0; bits >>>= 1) ones += bits & 1;
  const bits = 8 * bytes.length;
  return Math.abs(ones - bits / 2) / Math.sqrt(bits / 4);
}

describe('randomness', () => {
  it('streams the AES-256 counter mode of its key', () => {
    expect(Buffer.from(streamRandom(KEY).bytes(70_000))).to.deep.equal(counterKeystream(KEY, 0n, 70_000));
  });

  it('streams the same bytes however they are asked for', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40_000), { maxLength: 8 }), (counts) => {
        const stream = streamRandom(KEY);
        const parts = counts.map((count) => stream.bytes(count));
        const total = counts.reduce((sum, count) => sum + count, 0);
        expect(Buffer.concat(parts).equals(streamRandom(KEY).bytes(total))).to.equal(true);
      }),
      { numRuns: 25 },
    );
  });

  it('hands out bytes that the caller may overwrite', () => {
    const stream = streamRandom(KEY);
    stream.bytes(16).fill(0);
    expect(Buffer.from(stream.bytes(16))).to.deep.equal(counterKeystream(KEY, 1n, 16));
  });

  it('shows no bias of bits; a biased source is found out', () => {
    // 6 standard deviations: a false alarm once in 5e8 runs.
    expect(bitBias(osRandom)).to.be.below(6);
    expect(bitBias(streamRandom(osRandom.bytes(32)))).to.be.below(6);
    const biased: RandomSource = {
      bytes: (count) => osRandom.bytes(count).map((byte, index) => (index % 8 === 0 ? byte | 1 : byte)),
    };
    expect(bitBias(biased)).to.be.above(6);
  });

  it('refuses a key that has not 32 bytes', () => {
    expect(() => streamRandom(KEY.subarray(1))).to.throw(RangeError);
  });
});
