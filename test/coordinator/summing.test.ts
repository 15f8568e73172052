import { expect } from 'chai';
import fc from 'fast-check';

import { sumVectors } from '../../coordinator/rounds/summing.js';
import { sha256, signEnvelope, osRandom, SigningKey, wordsToBytes } from '../../crypto/index.js';
import type { Envelope } from '../../crypto/index.js';
import { MaskedInput } from '../../proto/index.js';

const key = SigningKey.generate(osRandom);

function envelopeOf(bytes: Uint8Array): Envelope {
  const message = MaskedInput.fromPartial({ merchant: 'a', vectorSha256: sha256(bytes) });
  return signEnvelope({ payloadType: 'input', payload: MaskedInput.encode(message).finish(), key });
}

async function* pieces(bytes: Uint8Array, words: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 4 * words) yield Promise.resolve(bytes.subarray(at, at + 4 * words));
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
        fc.array(fc.array(word, { minLength: 7, maxLength: 7 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 16, max: 32 }),
        async (rows, cut, ringBits) => {
          const vectors = rows.map((row) => wordsToBytes(Uint32Array.from(row)));
          const spooled = vectors.map((bytes) => ({ envelope: envelopeOf(bytes), chunks: pieces(bytes, cut) }));
          const sum = await sumVectors(spooled.reverse(), { dimension: 7, ringBits });
          const expected = Array.from({ length: 7 }, (_, i) =>
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
});
