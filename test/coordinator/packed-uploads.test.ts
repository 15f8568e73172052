import { expect } from 'chai';

import { packedBytes, sha256, wordsToBytes } from '../../crypto/index.js';
import { Phase } from '../../proto/index.js';
import type { Envelope } from '../../proto/index.js';
import { template, TestFederation, vectorOf } from './support/federation.js';
import { codeOf } from './support/calls.js';

/** Odd, so that the last byte is half empty; longer than one stored row. */
const DIMENSION = 200_001;
const RING_BITS = 20;
const MODULUS = 2 ** RING_BITS;

describe('coordinator: uploads of fewer bits a word', () => {
  let federation: TestFederation;

  before(async () => {
    federation = await TestFederation.create();
    await federation.start();
    await federation.join(4);
  });
  after(() => federation.destroy());

  it('are w bits a coordinate, refused with bits behind the last one, and summed exactly', async () => {
    const [first] = federation.merchants;
    if (first === undefined) throw new Error('nobody joined');
    const vectors = federation.merchants.map((merchant, index) => {
      const vector = vectorOf(index, DIMENSION).map((word) => word % MODULUS);
      merchant.vectorOf = () => vector.slice();
      return vector;
    });
    const prepared = new Promise<{ contractSha256: Buffer; input: Envelope; bytes: Buffer }>((resolve) => {
      first.hold = resolve;
    });
    federation.watch();
    await federation.admin.submitJob({
      template: template('sum', { dimension: DIMENSION, ringBits: RING_BITS }),
      model: Buffer.from('start'),
    });
    const { contractSha256, input, bytes } = await prepared;
    expect(bytes).to.have.length(packedBytes(DIMENSION, RING_BITS));
    const spoilt = Buffer.from(bytes);
    spoilt[spoilt.length - 1] = (spoilt.at(-1) ?? 0) | 0x80;
    expect(await first.upload(contractSha256, input, spoilt).then(() => 'nothing', codeOf)).to.equal('UPLOAD_LENGTH');
    await first.upload(contractSha256, input, bytes);
    await first.reaches(Phase.PHASE_DONE);
    const expected = new Uint32Array(DIMENSION);
    for (const vector of vectors) vector.forEach((word, i) => (expected[i] = ((expected[i] ?? 0) + word) % MODULUS));
    const models = (): string[] =>
      first.events.flatMap(({ event }) => (event?.$case === 'model' ? [event.value.sha256.toString('hex')] : []));
    await first.until(() => models().length > 1);
    expect(models().at(-1)).to.equal(sha256(wordsToBytes(expected)).toString('hex'));
  });
});
