import { expect } from 'chai';
import fc from 'fast-check';

import { sumVectors } from '../../coordinator/rounds/summing.js';
import { packWords, sha256, signEnvelope, osRandom, SigningKey, wordsToBytes } from '../../crypto/index.js';
import type { Envelope } from '../../crypto/index.js';
import { MaskedInput } from '../../proto/index.js';

const key = SigningKey.generate(osRandom);

function envelopeOf(bytes: Uint8Array): Envelope {
  const message = MaskedInput.fromPartial({ merchant: 'a', vectorSha256: sha256(bytes) });
  return signEnvelope({ payloadType: 'input', payload: MaskedInput.encode(message).finish(), key });
}

/** Pieces of some groups of 8 words of w bits: w bytes a group. */
async function* pieces(bytes: Uint8Array, groups: number, ringBits = 32): AsyncGenerator<Uint8Array> {
  const length = groups * ringBits;
  for (let at = 0; at < bytes.length; at += length) yield Promise.resolve(bytes.subarray(at, at + length));
}

async function failure(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'nothing',
    (error: unknown) => (error as { code: string }).code,
  );
}

describe('coordinator: summing spooled vectors', () => {
  it('is exact modulo 2^w, however the vectors are cut and ordered', async () => {
    const word = fc.integer({ min: 0, max: 0xffffffff });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(word, { minLength: 39, maxLength: 39 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 16, max: 32 }),
        async (rows, cut, ringBits) => {
          const vectors = rows.map((row) =>
            packWords(
              Uint32Array.from(row, (value) => value % 2 ** ringBits),
              ringBits,
            ),
          );
          const spooled = vectors.map((bytes) => ({
            envelope: envelopeOf(bytes),
            chunks: pieces(bytes, cut, ringBits),
          }));
          const sum = await sumVectors(spooled.reverse(), { dimension: 39, ringBits });
          const expected = Array.from({ length: 39 }, (_, i) =>
            Number(rows.reduce((total, row) => total + BigInt(row[i] ?? 0), 0n) % 2n ** BigInt(ringBits)),
          );
          expect([...sum]).to.deep.equal(expected);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('refuses bytes that are not those that the merchant signed', async () => {
    const bytes = Buffer.from(wordsToBytes(new Uint32Array(8)));
    const envelope = envelopeOf(bytes);
    bytes.writeUInt8(1, 3);
    const sum = sumVectors([{ envelope, chunks: pieces(bytes, 4) }], { dimension: 8, ringBits: 32 });
    expect(await failure(sum)).to.equal('SECAGG_VECTOR_MISMATCH');
  });

  it('refuses a vector that is longer or shorter than the round’s', async () => {
    const bytes = wordsToBytes(new Uint32Array(8));
    for (const dimension of [7, 9]) {
      const sum = sumVectors([{ envelope: envelopeOf(bytes), chunks: pieces(bytes, 4) }], { dimension, ringBits: 32 });
      expect(await failure(sum)).to.equal('UPLOAD_LENGTH');
    }
  });

  it('refuses bits behind the last coordinate', async () => {
    const bytes = packWords(new Uint32Array(3), 20);
    bytes[7] = 0x10;
    const sum = sumVectors([{ envelope: envelopeOf(bytes), chunks: pieces(bytes, 1) }], { dimension: 3, ringBits: 20 });
    expect(await failure(sum)).to.equal('UPLOAD_LENGTH');
  });
});
