import { expect } from 'chai';
import fc from 'fast-check';
import { applyMasks, lowBits, splitCoordinates, streamRandom } from '../../crypto/index.js';
import type { Mask } from '../../crypto/index.js';
import { wordLanes } from '../../crypto/lanes.js';
import { applyMasksWith } from '../../crypto/mask.js';
import { counterKeystream } from './aes-counter.js';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

describe('masks', () => {
  const key = hex('603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4');

  it('are held against a counter mode that gives the vectors of SP 800-38A, F.5.5', () => {
    const plaintext = hex(
      '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51' +
        '30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710',
    );
    const ciphertext = hex(
      '601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5' +
        '2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6',
    );
    const stream = counterKeystream(key, BigInt('0xf0f1f2f3f4f5f6f7f8f9fafbfcfdfeff'), plaintext.length);
    expect(Buffer.from(stream.map((byte, index) => byte ^ (plaintext[index] ?? 0)))).to.deep.equal(ciphertext);
  });

  it('are the counter mode’s key stream from a zero block, as little-endian words, across chunks', () => {
    for (const words of [1, 3, 4, 8191, 8192, 8193, 3 * 8192 + 5]) {
      const vector = new Uint32Array(words);
      applyMasks(vector, [{ key, sign: 1 }], { ringBits: 32 });
      const stream = counterKeystream(key, 0n, 4 * words);
      expect([...vector]).to.deep.equal(Array.from(vector, (_, index) => stream.readUInt32LE(4 * index)));
    }
  });

  it('are added and taken away modulo 2^w, for every w', () => {
    const random = streamRandom(new Uint8Array(32).fill(1));
    for (let ringBits = 16; ringBits <= 32; ringBits++) {
      const modulus = 2n ** BigInt(ringBits);
      const plain = Uint32Array.from(
        { length: 50 },
        () => Buffer.from(random.bytes(4)).readUInt32LE() & lowBits(ringBits),
      );
      const stream = counterKeystream(key, 0n, 200);
      const added = plain.slice();
      applyMasks(added, [{ key, sign: 1 }], { ringBits });
      const expected = Array.from(plain, (word, index) =>
        Number((BigInt(word) + BigInt(stream.readUInt32LE(4 * index))) % modulus),
      );
      expect([...added], `w = ${ringBits}`).to.deep.equal(expected);
      applyMasks(added, [{ key, sign: -1 }], { ringBits });
      expect(added, `w = ${ringBits}`).to.deep.equal(plain);
    }
  });

  it('cancel in a sum whatever else was added in between', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(0xffffffff), { minLength: 1, maxLength: 40 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (words, first, second) => {
          const vector = Uint32Array.from(words);
          applyMasks(vector, [{ key: first, sign: 1 }], { ringBits: 32 });
          applyMasks(vector, [{ key: second, sign: -1 }], { ringBits: 32 });
          applyMasks(vector, [{ key: first, sign: -1 }], { ringBits: 32 });
          applyMasks(vector, [{ key: second, sign: 1 }], { ringBits: 32 });
          expect([...vector]).to.deep.equal(words);
        },
      ),
    );
  });

  it('touch no word outside the view that they are given', () => {
    const memory = new Uint32Array(12);
    applyMasks(memory.subarray(4, 8), [{ key, sign: 1 }], { ringBits: 32 });
    expect([...memory.subarray(0, 4), ...memory.subarray(8)]).to.deep.equal(new Array(8).fill(0));
  });

  const masks = (count: number, random = streamRandom(new Uint8Array(32).fill(2))): Mask[] =>
    Array.from({ length: count }, (_, index) => ({ key: random.bytes(32), sign: index % 3 === 0 ? -1 : 1 }));

  it('are the same bits by lanes and word by word, whatever their number', () => {
    const lanes = wordLanes();
    // Node has had 128-bit vectors since version 16, so the fast way is what is tested here.
    expect(lanes).not.to.equal(undefined);
    for (const words of [1, 15, 16, 17, 16_384, 40_001]) {
      for (const ringBits of [16, 20, 31, 32]) {
        const byLanes = new Uint32Array(words).fill(0x9e3779b1);
        const byWords = byLanes.slice();
        const list = masks(words < 100 ? 70 : 5);
        applyMasksWith(lanes, byLanes, list, { ringBits });
        applyMasksWith(undefined, byWords, list, { ringBits });
        expect(byLanes, `d = ${words}, w = ${ringBits}`).to.deep.equal(byWords);
      }
    }
  });

  it('leave nothing in the lanes', () => {
    const lanes = wordLanes();
    applyMasksWith(lanes, new Uint32Array(100).fill(7), masks(3), { ringBits: 32 });
    expect(lanes?.into.some((byte) => byte !== 0)).to.equal(false);
    expect(lanes?.from.some((byte) => byte !== 0)).to.equal(false);
  });

  it('are entered at any coordinate: the parts, in any order, are the whole', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50_000 }),
        fc.array(fc.nat(), { maxLength: 4 }),
        fc.integer({ min: 16, max: 32 }),
        (dimension, cuts, ringBits) => {
          const list = masks(3);
          const whole = new Uint32Array(dimension).fill(0xfedcba98);
          const parts = whole.slice();
          applyMasks(whole, list, { ringBits });
          const ends = [...new Set([0, dimension, ...cuts.map((cut) => cut % dimension)])].sort((a, b) => a - b);
          for (let index = ends.length - 1; index > 0; index--) {
            const from = ends[index - 1] ?? 0;
            applyMasks(parts.subarray(from, ends[index]), list, { ringBits, from });
          }
          expect(Buffer.compare(Buffer.from(parts.buffer), Buffer.from(whole.buffer))).to.equal(0);
        },
      ),
      { numRuns: 30 },
    );
    const far = new Uint32Array(6);
    applyMasks(far, [{ key, sign: 1 }], { ringBits: 32, from: 2 ** 33 + 3 });
    const stream = counterKeystream(key, 2n ** 31n, 36);
    expect([...far]).to.deep.equal(Array.from(far, (_, index) => stream.readUInt32LE(12 + 4 * index)));
  });

  it('hold no memory that grows with their number: each piece of key stream is given back at once', () => {
    const vector = new Uint32Array(16_384);
    const before = process.memoryUsage().arrayBuffers;
    applyMasks(vector, masks(200), { ringBits: 32 });
    // 200 pieces of 64 KiB were made; a collection in between could hide that they stay, but could not make them fewer.
    expect(process.memoryUsage().arrayBuffers - before).to.be.below(20 * 65_536);
  });

  it('divide a vector’s coordinates without gap or overlap, into no more parts than asked for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000_000 }), fc.integer({ min: 1, max: 40 }), (dimension, count) => {
        const ranges = splitCoordinates(dimension, count);
        expect(ranges.length).to.be.at.most(count);
        expect(ranges[0]?.from).to.equal(0);
        expect(ranges.at(-1)?.to).to.equal(dimension);
        ranges.forEach(({ from, to }, index) => {
          expect(to).to.be.above(from);
          if (index > 0) expect(from).to.equal(ranges[index - 1]?.to);
        });
      }),
    );
    for (const [dimension, count] of [
      [0, 1],
      [1, 0],
      [1.5, 1],
    ] as const) {
      expect(() => splitCoordinates(dimension, count)).to.throw(RangeError);
    }
  });

  it('refuse other ring bits and key lengths', () => {
    const vector = new Uint32Array(1);
    for (const ringBits of [15, 33, 20.5, Number.NaN]) {
      expect(() => applyMasks(vector, [{ key, sign: 1 }], { ringBits })).to.throw(RangeError);
    }
    expect(() => applyMasks(vector, [{ key: key.subarray(1), sign: 1 }], { ringBits: 32 })).to.throw(RangeError);
    expect(() => applyMasks(vector, [{ key, sign: 1 }], { ringBits: 32, from: -1 })).to.throw(RangeError);
    expect(vector[0]).to.equal(0);
  });
});
