import { expect } from 'chai';
import fc from 'fast-check';
import { addWords, lowBits, reduceWords, subtractWords } from '../../crypto/index.js';

describe('the ring', () => {
  it('is addition and subtraction of words modulo 2^w', () => {
    const word = fc.nat(0xffffffff);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(word, word), { maxLength: 20 }),
        fc.integer({ min: 16, max: 32 }),
        (pairs, ringBits) => {
          const modulus = 2n ** BigInt(ringBits);
          const own = Uint32Array.from(pairs, ([a]) => a);
          const other = Uint32Array.from(pairs, ([, b]) => b);
          const sum = own.slice();
          addWords(sum, other, ringBits);
          expect([...sum]).to.deep.equal(pairs.map(([a, b]) => Number((BigInt(a) + BigInt(b)) % modulus)));
          subtractWords(sum, other, ringBits);
          const reduced = own.slice();
          reduceWords(reduced, ringBits);
          expect(sum).to.deep.equal(reduced);
          expect([...reduced]).to.deep.equal(pairs.map(([a]) => Number(BigInt(a) % modulus)));
        },
      ),
    );
  });

  it('refuses vectors of different lengths, and other ring bits', () => {
    const vector = new Uint32Array(2);
    expect(() => addWords(vector, new Uint32Array(3), 32)).to.throw(RangeError);
    expect(() => subtractWords(vector, new Uint32Array(1), 32)).to.throw(RangeError);
    for (const ringBits of [15, 33]) {
      expect(() => lowBits(ringBits)).to.throw(RangeError);
      expect(() => reduceWords(vector, ringBits)).to.throw(RangeError);
    }
  });
});
