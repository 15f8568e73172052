import { expect } from 'chai';
import { Coins } from '../../../privacy/index.js';
import { bitWidth } from '../../../privacy/noise/random.js';
import { fit, fixedKeyRandom, lawOf } from '../statistics.js';

describe('privacy: coins', () => {
  it('read the bytes of the source as little-endian words, in order, whatever their alignment', () => {
    const backing = new Uint8Array(65).map((_, i) => i);
    const coins = new Coins({ bytes: (n) => backing.subarray(1, 1 + n) }, 16);
    expect(coins.word()).to.equal(0x04030201);
    expect(coins.bits(8)).to.equal(0x08);
    expect(coins.bits(40)).to.equal(0x0c * 2 ** 32 + 0x100f0e0d);
    expect(coins.bits(0)).to.equal(0);
  });

  it('are uniform below any limit, and a biased reduction would be caught', () => {
    const coins = new Coins(fixedKeyRandom(1));
    for (const limit of [1, 2, 3, 10, 1000]) {
      const draws = Array.from({ length: 60_000 }, () => coins.below(limit));
      if (limit === 1) expect(draws.every((draw) => draw === 0)).to.be.true;
      else {
        const { statistic, bound } = fit(
          draws,
          lawOf(() => 1, 0, limit - 1),
        );
        expect(statistic, `below ${limit}`).to.be.below(bound);
      }
    }
    const biased = Array.from({ length: 60_000 }, () => coins.bits(5) % 10);
    const { statistic, bound } = fit(
      biased,
      lawOf(() => 1, 0, 9),
    );
    expect(statistic, 'positive control').to.be.above(bound);
  });

  it('reach limits up to 2^53', () => {
    const coins = new Coins(fixedKeyRandom(2));
    const draws = Array.from({ length: 2000 }, () => coins.below(2 ** 53));
    expect(draws.every((draw) => Number.isSafeInteger(draw) && draw >= 0)).to.be.true;
    expect(Math.max(...draws)).to.be.above(2 ** 53 * 0.99);
    expect(new Set(draws).size).to.equal(2000);
    expect([0, 1, 255, 256, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1].map(bitWidth)).to.deep.equal([0, 1, 8, 9, 32, 33, 53]);
  });

  it('refuse a source that returns too few bytes', () => {
    expect(() => new Coins({ bytes: (n) => new Uint8Array(n - 1) }).word()).to.throw(RangeError);
  });

  it('forget what was read ahead when wiped', () => {
    let asked = 0;
    const coins = new Coins({ bytes: (n) => new Uint8Array(n).fill(++asked) }, 16);
    expect(coins.word()).to.equal(0x01010101);
    coins.bit();
    coins.wipe();
    expect(coins.word()).to.equal(0x02020202);
  });
});
