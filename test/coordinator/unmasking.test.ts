import { expect } from 'chai';
import fc from 'fast-check';
import { AgreementKey, applyMasks, labelledHash, streamRandom } from '../../crypto/index.js';
import type { Mask, UnmaskingPlan } from '../../crypto/index.js';
import type { Transcript } from '../../crypto/secagg/transcript.js';
import { UnmaskingThreads } from '../../coordinator/rounds/unmasking-threads.js';
import { unmaskSum } from '../../coordinator/rounds/unmasking.js';
import { GuildhallError, errorCodeOf } from '../../errors/index.js';
import { applyUnmasking } from '../crypto/secagg/apply-unmasking.js';

const random = streamRandom(new Uint8Array(32).fill(4));

/** A plan as after a round with so many survivors, neighbours of all who vanished. */
function planOf(survivors: number, vanished: number): UnmaskingPlan {
  const entries = Array.from({ length: survivors }, (_, index) => ({
    merchant: `m${String(index).padStart(3, '0')}`,
    point: index + 1,
    identityKey: random.bytes(32),
    boxKey: random.bytes(32),
    maskKey: AgreementKey.generate(random).publicKey,
    coinCommitment: random.bytes(32),
  }));
  return {
    transcript: labelledHash('test') as Transcript,
    selfMaskSeeds: entries.map(() => random.bytes(32)),
    vanished: Array.from({ length: vanished }, (_, index) => ({
      merchant: `m${index}-vanished`,
      maskKey: AgreementKey.generate(random),
      survivors: entries,
    })),
  };
}

const masksOf = (count: number): Mask[] =>
  Array.from({ length: count }, (_, index) => ({ key: random.bytes(32), sign: index % 2 === 0 ? 1 : -1 }));

/** The code with which it fails. */
async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'no failure';
  } catch (error) {
    return errorCodeOf(error);
  }
}

describe('unmasking a sum', () => {
  it('leaves the same words in turns, on threads and in one piece, for more masks and words than go at once', async () => {
    for (const { dimension, survivors, vanished, threads } of [
      { dimension: 5, survivors: 40, vanished: 3, threads: 0 },
      { dimension: 300_001, survivors: 70, vanished: 0, threads: 0 },
      { dimension: 7, survivors: 0, vanished: 0, threads: 0 },
      { dimension: 100_003, survivors: 70, vanished: 1, threads: 2 },
    ]) {
      const plan = planOf(survivors, vanished);
      const whole = new Uint32Array(dimension).fill(0xabcdef);
      const parts = whole.slice();
      applyUnmasking(whole, plan, 24);
      await unmaskSum(parts, plan, 24, { threads });
      expect(Buffer.compare(Buffer.from(parts.buffer), Buffer.from(whole.buffer)), `d = ${dimension}`).to.equal(0);
    }
  });

  it('makes here what threads that die were to make, says so once, and leaves the same words', async () => {
    const plan = planOf(70, 1);
    const whole = new Uint32Array(400_003).fill(0xabcdef);
    const parts = whole.slice();
    applyUnmasking(whole, plan, 24);
    const failures: unknown[] = [];
    let asked = 0;
    let isClosed = false;
    await unmaskSum(parts, plan, 24, {
      threads: 2,
      onThreadFailure: (error) => failures.push(errorCodeOf(error)),
      start: () => ({
        apply: ({ words, from, ringBits, masks }) => {
          const copy = words.slice();
          applyMasks(copy, masks, { ringBits, from });
          // Every third part comes back; the others are lost half-way.
          if (asked++ % 3 === 0) return Promise.resolve(copy);
          return Promise.reject(new GuildhallError('UNMASKING_FAILED', 'An unmasking thread ended.'));
        },
        close: () => {
          isClosed = true;
          return Promise.resolve();
        },
      }),
    });
    expect(failures).to.deep.equal(['UNMASKING_FAILED']);
    expect(asked).to.be.above(3);
    expect(isClosed).to.equal(true);
    expect(Buffer.compare(Buffer.from(parts.buffer), Buffer.from(whole.buffer))).to.equal(0);
  });

  it('lets other work have its turn in between, also between key agreements', async () => {
    const turnsOf = async (plan: UnmaskingPlan): Promise<number> => {
      let turns = 0;
      let isDone = false;
      const count = (): void => {
        turns += 1;
        if (!isDone) setImmediate(count);
      };
      setImmediate(count);
      await unmaskSum(new Uint32Array(10), plan, 32);
      isDone = true;
      return turns;
    };
    expect(await turnsOf(planOf(300, 0))).to.be.at.least(4);
    expect(await turnsOf(planOf(1, 20))).to.be.at.least(20);
  });
});

describe('unmasking threads', () => {
  it('apply masks to any parts of a vector, in any order, as one thread does to the whole', async () => {
    const threads = new UnmaskingThreads(2);
    try {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 60_000 }),
          fc.array(fc.nat(), { maxLength: 5 }),
          fc.integer({ min: 16, max: 32 }),
          fc.integer({ min: 0, max: 6 }),
          async (dimension, cuts, ringBits, count) => {
            const masks = masksOf(count);
            const whole = new Uint32Array(dimension).fill(0xfedcba98);
            const parts = whole.slice();
            applyMasks(whole, masks, { ringBits });
            const ends = [...new Set([0, dimension, ...cuts.map((cut) => cut % dimension)])].sort((a, b) => a - b);
            await Promise.all(
              ends.slice(1).map(async (to, index) => {
                const from = ends[index] ?? 0;
                parts.set(await threads.apply({ words: parts.subarray(from, to), from, ringBits, masks }), from);
              }),
            );
            expect(Buffer.compare(Buffer.from(parts.buffer), Buffer.from(whole.buffer))).to.equal(0);
          },
        ),
        { numRuns: 25 },
      );
    } finally {
      await threads.close();
    }
  });

  it('fail what they cannot do with a code, and go on with the rest; what they are given stays the caller’s', async () => {
    const threads = new UnmaskingThreads(1);
    const masks = masksOf(1);
    const key = masks[0]?.key.slice();
    const words = new Uint32Array([1, 2, 3]);
    try {
      expect(await codeOf(threads.apply({ words, from: 0, ringBits: 40, masks }))).to.equal('UNMASKING_FAILED');
      const answer = await threads.apply({ words, from: 0, ringBits: 32, masks: [] });
      expect([...answer]).to.deep.equal([1, 2, 3]);
      expect([...words]).to.deep.equal([1, 2, 3]);
      expect(masks[0]?.key).to.deep.equal(key);
    } finally {
      await threads.close();
    }
  });

  it('fail all that is open, and all that comes, once they are closed; closing twice is closing once', async () => {
    const threads = new UnmaskingThreads(2);
    const part = { words: new Uint32Array(10), from: 0, ringBits: 32, masks: masksOf(1) };
    const open = codeOf(threads.apply(part));
    await threads.close();
    expect(await open).to.equal('UNMASKING_FAILED');
    expect(await codeOf(threads.apply(part))).to.equal('UNMASKING_FAILED');
    await threads.close();
  });
});
