import { setImmediate as nextTurn } from 'node:timers/promises';

import { Metadata } from '@grpc/grpc-js';
import type { ClientWritableStream } from '@grpc/grpc-js';
import { expect } from 'chai';

import { SigningKey, signEnvelope, osRandom } from '../../crypto/index.js';
import { openDatabase } from '../../coordinator/store/index.js';
import { statePaths } from '../../coordinator/index.js';
import { openReceipt } from '../../federation/index.js';
import { MaskedInput, Phase } from '../../proto/index.js';
import type { Envelope, GetNewestReceiptResponse, UploadInputRequest } from '../../proto/index.js';
import { template, TestFederation } from './support/federation.js';
import { codeOf, unary } from './support/calls.js';
import type { TestMerchant } from './support/merchant.js';

const DIMENSION = 100_000;

async function failure(work: Promise<unknown>): Promise<string> {
  return work.then(() => 'nothing', codeOf);
}

describe('coordinator: uploads', () => {
  let federation: TestFederation;
  let merchant: TestMerchant;
  let prepared: { contractSha256: Buffer; input: Envelope; bytes: Buffer };

  /** Rows of uploads in the store, from outside. */
  async function rows(): Promise<{ uploads: number; chunks: number }> {
    const db = await openDatabase(statePaths(federation.dir).store);
    const count = async (table: 'uploads' | 'upload_chunks'): Promise<number> =>
      (
        await db
          .selectFrom(table)
          .select(({ fn }) => fn.countAll<number>().as('n'))
          .executeTakeFirstOrThrow()
      ).n;
    const result = { uploads: await count('uploads'), chunks: await count('upload_chunks') };
    await db.destroy();
    return result;
  }

  /** Sends the header and less than a row, and leaves the stream open. */
  function begin(): { stream: ClientWritableStream<UploadInputRequest>; code: Promise<string> } {
    const { contractSha256, input, bytes } = prepared;
    let stream: ClientWritableStream<UploadInputRequest> | undefined;
    const answer = new Promise((resolve, reject) => {
      stream = merchant.rounds.uploadInput(new Metadata(), {}, (error, receipt) => {
        if (error === null) resolve(receipt);
        else reject(error);
      });
      stream.on('error', () => undefined);
      stream.write({ part: { $case: 'header', value: { contractSha256, input, ledgerHead: merchant.ledgerHead } } });
      stream.write({ part: { $case: 'chunk', value: bytes.subarray(0, 4000) } });
    });
    if (stream === undefined) throw new Error('no stream');
    return { stream, code: failure(answer) };
  }

  async function started(uploads: number): Promise<void> {
    // The store is read without ever leaving this turn of the event loop; the server needs turns too.
    while ((await rows()).uploads !== uploads) await nextTurn();
  }

  beforeEach(async () => {
    federation = await TestFederation.create();
    await federation.start();
    await federation.join(4);
    const [first] = federation.merchants;
    if (first === undefined) throw new Error('nobody joined');
    merchant = first;
    // This one prepares its upload and keeps it back.
    merchant.hold = (upload) => {
      prepared = upload;
    };
    federation.watch();
    await federation.admin.submitJob({
      template: template('sum', { dimension: DIMENSION }),
      model: Buffer.from('start'),
    });
    for (const each of federation.merchants) await each.reaches(Phase.PHASE_COLLECTING);
  });
  afterEach(() => federation.destroy());

  it('answers the same upload with the same receipt, also after the round', async () => {
    const { contractSha256, input, bytes } = prepared;
    const others = await rows();
    expect(others.uploads).to.equal(3);
    // Others wait for this one, so the phase is still open between the two.
    merchant.idleIn.add(Phase.PHASE_AGREEING);
    const receipt = await merchant.upload(contractSha256, input, bytes);
    const { contractKey, name } = merchant;
    expect(openReceipt(receipt, { contractKey, merchant: name })).to.deep.equal({
      contractSha256,
      merchant: name,
      vectorSha256: MaskedInput.decode(input.payload).vectorSha256,
      ledgerHead: merchant.ledgerHead,
    });
    expect(await merchant.upload(contractSha256, input, bytes)).to.deep.equal(receipt);
    expect((await rows()).uploads).to.equal(4);
    for (const each of federation.merchants) await each.reaches(Phase.PHASE_AGREEING);
    federation.clock.advance(60_001);
    await merchant.reaches(Phase.PHASE_DONE);
    expect(await rows()).to.deep.equal({ uploads: 0, chunks: 0 });
    merchant.ledgerHead = Buffer.alloc(32, 8);
    expect(await merchant.upload(contractSha256, input, bytes)).to.deep.equal(receipt);
    expect(await rows()).to.deep.equal({ uploads: 0, chunks: 0 });
    const newest = await unary<GetNewestReceiptResponse>((done) => merchant.rounds.getNewestReceipt({}, done));
    expect(newest.receipt).to.deep.equal(receipt);
  });

  it('refuses more bytes than the contract says, fewer, and others, and keeps nothing of them', async () => {
    const { contractSha256, input, bytes } = prepared;
    const before = await rows();
    const longer = Buffer.concat([bytes, Buffer.alloc(4)]);
    merchant.ledgerHead = Buffer.alloc(31);
    expect(await failure(merchant.upload(contractSha256, input, bytes))).to.equal('REQUEST_MALFORMED');
    merchant.ledgerHead = Buffer.alloc(32);
    expect(await failure(merchant.upload(contractSha256, input, longer))).to.equal('UPLOAD_TOO_LARGE');
    expect(await failure(merchant.upload(contractSha256, input, bytes.subarray(4)))).to.equal('UPLOAD_LENGTH');
    const altered = Buffer.from(bytes);
    altered.writeUInt8(altered.readUInt8(9) ^ 1, 9);
    expect(await failure(merchant.upload(contractSha256, input, altered))).to.equal('SECAGG_VECTOR_MISMATCH');
    expect(await rows()).to.deep.equal(before);
    expect((await merchant.upload(contractSha256, input, bytes)).signatures).to.have.length(1);
  });

  it('refuses a chunk of more than 256 KiB and an upload without a header', async () => {
    const { contractSha256, input, bytes } = prepared;
    expect(await failure(merchant.upload(contractSha256, input, bytes, 300_000))).to.equal('REQUEST_MALFORMED');
    const headless = new Promise((resolve, reject) => {
      const stream = merchant.rounds.uploadInput((error, answer) => {
        if (error === null) resolve(answer);
        else reject(error);
      });
      stream.on('error', () => undefined);
      stream.write({ part: { $case: 'chunk', value: bytes.subarray(0, 8) } });
      stream.end();
    });
    expect(await failure(headless)).to.equal('REQUEST_MALFORMED');
  });

  it('refuses a second, different upload, and one that is signed by somebody else', async () => {
    const { contractSha256, input, bytes } = prepared;
    const other = federation.merchants[1];
    expect(await failure(other?.upload(contractSha256, input, bytes) ?? Promise.resolve())).to.equal(
      'SECAGG_SECOND_UPLOAD',
    );
    const forged = {
      ...input,
      ...signEnvelope({
        payloadType: input.payloadType,
        payload: input.payload,
        key: SigningKey.generate(osRandom),
      }),
    };
    expect(await failure(merchant.upload(contractSha256, forged, bytes))).to.equal('SIGNATURE_INVALID');
  });

  it('refuses an upload that comes too late', async () => {
    const { contractSha256, input, bytes } = prepared;
    federation.clock.advance(60_001);
    await merchant.reaches(Phase.PHASE_AGREEING);
    expect(await failure(merchant.upload(contractSha256, input, bytes))).to.equal('SECAGG_STEP_CLOSED');
    await federation.merchants[1]?.reaches(Phase.PHASE_DONE);
    expect(await failure(merchant.upload(contractSha256, input, bytes))).to.equal('PHASE_PASSED');
    expect(await failure(merchant.upload(Buffer.alloc(32), input, bytes))).to.equal('ROUND_UNKNOWN');
  });

  it('says that the step is closed when the round ends while bytes are arriving, and keeps none of them', async () => {
    const before = await rows();
    const { stream, code } = begin();
    await started(before.uploads + 1);
    // The others go on and finish without this merchant, while its upload is neither stalled nor complete.
    const { contractSha256 } = prepared;
    await unary((done) => merchant.rounds.decline({ contractSha256, code: 'CLIENT_STOPPED' }, done));
    await federation.merchants[1]?.reaches(Phase.PHASE_DONE);
    stream.end();
    expect(await code).to.equal('SECAGG_STEP_CLOSED');
    expect(await rows()).to.deep.equal({ uploads: 0, chunks: 0 });
  });

  it('cuts off an upload that stalls, and one that the merchant begins anew elsewhere', async () => {
    const before = await rows();
    const first = begin();
    await started(before.uploads + 1);
    const second = begin();
    expect(await first.code).to.equal('UPLOAD_SUPERSEDED');
    await started(before.uploads + 1);
    // The stall is counted from the last bytes, which the server may still be storing.
    let code = '';
    void second.code.then((ended) => (code = ended));
    while (code === '') {
      federation.clock.advance(100);
      await nextTurn();
    }
    expect(code).to.equal('UPLOAD_STALLED');
    expect(await failure(unary((done) => merchant.rounds.listMembers({}, done)))).to.equal('nothing');
  });

  it('lies sealed in the store while the round is open', async () => {
    const db = await openDatabase(statePaths(federation.dir).store);
    const chunks = await db.selectFrom('upload_chunks').selectAll().execute();
    await db.destroy();
    expect(chunks).to.have.length(6);
    const largest = Math.max(...chunks.map(({ body }) => body.length));
    expect(largest).to.equal(256 * 1024 + 28);
  });
});
