import { expect } from 'chai';
import fc from 'fast-check';
import {
  HOST_BYTE_ORDER,
  addPacked,
  lowBits,
  packInPlace,
  packWords,
  packedBytes,
  packedCut,
  requireZeroPadding,
  wordsToBytes,
} from '../../crypto/index.js';

const packed = fc.integer({ min: 16, max: 32 }).chain((ringBits) =>
  fc.record({
    ringBits: fc.constant(ringBits),
    words: fc.array(fc.oneof(fc.nat(2 ** ringBits - 1), fc.constantFrom(0, 2 ** ringBits - 1)), { maxLength: 40 }),
  }),
);

describe('packed words', () => {
  it('are the words’ bits one after another, lowest first', () => {
    fc.assert(
      fc.property(packed, ({ ringBits, words }) => {
        // The same as one long number, made another way.
        const number = words.reduceRight((sum, word) => (sum << BigInt(ringBits)) | BigInt(word), 0n);
        const bytes = packWords(Uint32Array.from(words), ringBits);
        expect(bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)).to.equal(number);
        expect(bytes).to.have.lengthOf(packedBytes(words.length, ringBits));
      }),
    );
    const three = Uint32Array.of(0x12345, 0x6789a, 0xbcdef);
    expect(Buffer.from(packWords(three, 20)).toString('hex')).to.equal('4523a18967efcd0b');
  });

  it('come back as they were', () => {
    fc.assert(
      fc.property(packed, ({ ringBits, words }) => {
        const bytes = packWords(Uint32Array.from(words), ringBits);
        const unpacked = new Uint32Array(words.length);
        expect(addPacked(unpacked, bytes, { ringBits, from: 0 })).to.equal(words.length);
        expect([...unpacked]).to.deep.equal(words);
      }),
    );
  });

  it('are packed where they stand, with nothing left of the words behind them', () => {
    fc.assert(
      fc.property(packed, ({ ringBits, words }) => {
        const expected = packWords(Uint32Array.from(words), ringBits);
        const memory = Uint32Array.from(words);
        const bytes = packInPlace(memory, ringBits);
        expect(bytes).to.deep.equal(expected);
        if (HOST_BYTE_ORDER === 'little') expect(bytes.buffer).to.equal(memory.buffer);
        expect(new Uint8Array(memory.buffer).subarray(bytes.length).every((byte) => byte === 0)).to.equal(true);
      }),
    );
  });

  it('are added to a vector from any coordinate on, in parts of whole groups of 8 words', () => {
    for (let ringBits = 16; ringBits <= 32; ringBits++) {
      const modulus = 2 ** ringBits;
      const words = Uint32Array.from({ length: 43 }, (_, index) => (index * 0x9e3779b1) & lowBits(ringBits));
      const before = Uint32Array.from({ length: 43 }, (_, index) => modulus - 1 - index);
      const sum = before.slice();
      const bytes = packWords(words, ringBits);
      const cut = packedCut(50, ringBits);
      expect(cut % ringBits).to.equal(0);
      let from = 0;
      // One byte further on than any word: neither memory nor cuts need be aligned.
      const unaligned = new Uint8Array(bytes.length + 1);
      unaligned.set(bytes, 1);
      for (let at = 1; at < unaligned.length; at += cut) {
        from += addPacked(sum, unaligned.subarray(at, at + cut), { ringBits, from });
      }
      expect(from).to.equal(43);
      expect([...sum]).to.deep.equal([...before].map((word, index) => (word + (words[index] ?? 0)) % modulus));
      const tooFar = (): unknown => addPacked(sum, bytes, { ringBits, from: 1 });
      expect(tooFar).to.throw(RangeError, 'coordinate 1');
    }
  });

  it('can be cut at multiples of 8 words', () => {
    for (let ringBits = 16; ringBits <= 32; ringBits++) {
      const words = Uint32Array.from({ length: 43 }, (_, index) => (index * 0x9e3779b1) & lowBits(ringBits));
      const parts = [words.subarray(0, 16), words.subarray(16, 40), words.subarray(40)];
      const apart = Buffer.concat(parts.map((part) => packWords(part, ringBits)));
      expect(Buffer.compare(apart, packWords(words, ringBits)), `w = ${ringBits}`).to.equal(0);
    }
  });

  it('are plain little-endian words for w = 32, and two bytes each for w = 16', () => {
    const words = Uint32Array.of(0x01020304, 0xfffefdfc);
    expect(Buffer.from(packWords(words, 32))).to.deep.equal(Buffer.from(wordsToBytes(words)));
    expect([...packWords(Uint32Array.of(0x0102, 0xfffe), 16)]).to.deep.equal([0x02, 0x01, 0xfe, 0xff]);
  });

  it('make a vector of a million words 2.5 MB at w = 20', () => {
    expect(packedBytes(1_000_000, 20)).to.equal(2_500_000);
    expect(packedBytes(3, 17)).to.equal(7);
  });

  it('refuse words that are too wide, other lengths, bits behind the last word, and other ring bits', () => {
    expect(() => packWords(Uint32Array.of(2 ** 20), 20)).to.throw(RangeError, 'word 0');
    expect(() => packWords(Uint32Array.of(1), 15)).to.throw(RangeError);
    const one = new Uint32Array(1);
    expect(() => addPacked(one, new Uint8Array(4), { ringBits: 20, from: 0 })).to.throw(RangeError, '4 bytes');
    expect(() => addPacked(new Uint32Array(9), new Uint8Array(6), { ringBits: 20, from: 0 })).to.throw(
      RangeError,
      'whole',
    );
    expect(() => requireZeroPadding(0x10, { words: 1, ringBits: 20 })).to.throw(RangeError, 'behind');
    expect(() => requireZeroPadding(0x0f, { words: 1, ringBits: 20 })).not.to.throw();
    expect(() => requireZeroPadding(0xff, { words: 2, ringBits: 20 })).not.to.throw();
    expect(() => addPacked(one, Uint8Array.of(0, 0, 0x10), { ringBits: 20, from: 0 })).to.throw(RangeError, 'behind');
    expect(() => addPacked(one, new Uint8Array(4), { ringBits: 33, from: 0 })).to.throw(RangeError);
    expect(one[0]).to.equal(0);
  });
});
