import { createHash, hkdfSync } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { bytesToWords, hkdfSha256, labelledHash, sha256, utf8, wordsToBytes } from '../../crypto/index.js';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

describe('hashing', () => {
  it('is SHA-256: FIPS 180-4’s example "abc"', () => {
    const abc = hex('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(sha256(utf8('abc'))).to.deep.equal(abc);
    expect(sha256(utf8('a'), utf8('bc'))).to.deep.equal(abc);
  });

  it('puts the label first and an 8-byte length before each part', () => {
    const expected = createHash('sha256').update('label\0\0\0\0\0\0\0\x02ab\0\0\0\0\0\0\0\x01c').digest();
    expect(labelledHash('label', 'ab', utf8('c'))).to.deep.equal(expected);
  });

  it('never confuses two lists of parts', () => {
    const parts = fc.array(fc.string({ maxLength: 3 }), { maxLength: 4 });
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const same =
          JSON.stringify(a.map((part) => [...utf8(part)])) === JSON.stringify(b.map((part) => [...utf8(part)]));
        expect(labelledHash('l', ...a).equals(labelledHash('l', ...b))).to.equal(same);
      }),
    );
    expect(labelledHash('l', 'ab', 'c').equals(labelledHash('l', 'a', 'bc'))).to.equal(false);
    expect(() => labelledHash('l\0')).to.throw(RangeError);
  });
});

describe('key derivation', () => {
  it('is the first 32 bytes of HKDF-SHA-256: RFC 5869, test cases 1 to 3', () => {
    const secret = Buffer.alloc(22, 0x0b);
    const first = hkdfSha256({ secret, salt: hex('000102030405060708090a0b0c'), info: hex('f0f1f2f3f4f5f6f7f8f9') });
    expect(Buffer.from(first).toString('hex')).to.equal(
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf',
    );
    const range = (from: number): Buffer => Buffer.from(Array.from({ length: 80 }, (_, index) => from + index));
    const second = hkdfSha256({ secret: range(0), salt: range(0x60), info: range(0xb0) });
    expect(Buffer.from(second).toString('hex')).to.equal(
      'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c',
    );
    const third = hkdfSha256({ secret, salt: hex(''), info: hex('') });
    expect(Buffer.from(third).toString('hex')).to.equal(
      '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d',
    );
  });

  it('agrees with OpenSSL’s HKDF on secrets, salts and contexts of any length', () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(bytes, bytes, bytes, (secret, salt, info) => {
        const expected = new Uint8Array(hkdfSync('sha256', secret, salt, info, 32));
        expect(new Uint8Array(hkdfSha256({ secret, salt, info }))).to.deep.equal(expected);
      }),
    );
  });
});

describe('ring words', () => {
  const words = Uint32Array.of(0x01020304, 0xfffefdfc, 7);
  const wire = hex('04030201fcfdfeff07000000');

  it('travel as little-endian bytes', () => {
    expect(Buffer.from(wordsToBytes(words))).to.deep.equal(wire);
    expect(bytesToWords(Uint8Array.from(wire))).to.deep.equal(words);
  });

  it('are swapped on a big-endian host', () => {
    // What such a host holds in memory for these words, seen from here.
    const there = bytesToWords(Buffer.from(wire).swap32(), 'little');
    expect(Buffer.from(wordsToBytes(there, 'big'))).to.deep.equal(wire);
    expect(bytesToWords(wire, 'big')).to.deep.equal(there);
  });

  it('are read from bytes at any alignment, and never from a part of a word', () => {
    const shifted = new Uint8Array(wire.length + 1);
    shifted.set(wire, 1);
    expect(bytesToWords(shifted.subarray(1))).to.deep.equal(words);
    expect(() => bytesToWords(shifted)).to.throw(RangeError);
  });
});
