import { Metadata, Server, ServerCredentials, status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { roundsApi } from '../../../client/rounds/api.js';
import type { RoundsApi } from '../../../client/rounds/api.js';
import { Caller } from '../../../client/wire/caller.js';
import { mutualTls } from '../../../client/wire/credentials.js';
import { CODE_TRAILER } from '../../../client/wire/failures.js';
import { retrying } from '../../../client/wire/retry.js';
import { RoundsServiceService } from '../../../proto/index.js';
import type { UploadInputRequest } from '../../../proto/index.js';
import { testAuthority } from '../authority.js';
import type { TestAuthority } from '../authority.js';
import { SkippingClock } from '../manual-clock.js';
import { rejectionOf } from '../workspace.js';

const CONTRACT = new Uint8Array(32);
const ENVELOPE = { payloadType: 't', payload: Buffer.from('p'), signatures: [] };

/** What the server does with the next calls. */
interface Script {
  /** Failures before a call succeeds. */
  failures: { code: status; trailer?: string }[];
  /** Bodies of all advertisements and uploads, as received. */
  received: Buffer[];
  largestChunk: number;
}

describe('calls to the coordinator', () => {
  let authority: TestAuthority;
  let server: Server;
  let port: number;
  let caller: Caller;
  let api: RoundsApi;
  let sent: number;
  const script: Script = { failures: [], received: [], largestChunk: 0 };

  const failureFor = (next: { code: status; trailer?: string }) => {
    const metadata = new Metadata();
    if (next.trailer !== undefined) metadata.set(CODE_TRAILER, next.trailer);
    return Object.assign(new Error('no'), { code: next.code, details: 'no', metadata });
  };
  const connectAs = async (root: TestAuthority, serverAuthority = root): Promise<Caller> => {
    const { certificate, key } = await root.issue('north');
    const credentials = mutualTls({ authority: serverAuthority.pem, certificate, key });
    return new Caller(`localhost:${port}`, credentials, (bytes) => (sent += bytes));
  };

  before(async () => {
    authority = await testAuthority();
    server = new Server();
    server.addService(RoundsServiceService, {
      advertise: (
        call: { request: { advertisement?: { payload: Buffer } } },
        callback: (error: unknown, value?: object) => void,
      ) => {
        script.received.push(call.request.advertisement?.payload ?? Buffer.alloc(0));
        const next = script.failures.shift();
        if (next === undefined) callback(null, {});
        else callback(failureFor(next));
      },
      uploadInput: (
        call: AsyncIterable<UploadInputRequest>,
        callback: (error: unknown, value?: { receipt: typeof ENVELOPE }) => void,
      ) => {
        void (async () => {
          const next = script.failures.shift();
          const hash = createHash('sha256');
          for await (const { part } of call) {
            if (part?.$case !== 'chunk') continue;
            if (next !== undefined) {
              callback(failureFor(next));
              return;
            }
            script.largestChunk = Math.max(script.largestChunk, part.value.length);
            hash.update(part.value);
          }
          callback(null, { receipt: { ...ENVELOPE, payload: hash.digest() } });
        })();
      },
    } as never);
    const { certificate, key } = await authority.issue('coordinator');
    const credentials = ServerCredentials.createSsl(
      Buffer.from(authority.pem),
      [{ cert_chain: Buffer.from(certificate), private_key: Buffer.from(key) }],
      true,
    );
    port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('localhost:0', credentials, (error, bound) => (error === null ? resolve(bound) : reject(error))),
    );
  });
  after(() => server.forceShutdown());
  beforeEach(async () => {
    Object.assign(script, { failures: [], received: [], largestChunk: 0 });
    sent = 0;
    caller = await connectAs(authority);
    api = roundsApi(caller);
  });
  afterEach(() => caller.close());

  it('are repeated with the same bytes after UNAVAILABLE, with growing waits', async () => {
    const clock = new SkippingClock();
    script.failures = [{ code: status.UNAVAILABLE }, { code: status.DEADLINE_EXCEEDED }, { code: status.UNAVAILABLE }];
    await retrying(() => api.advertise(CONTRACT, ENVELOPE, {}), {
      clock,
      withinMs: 60_000,
      signal: new AbortController().signal,
    });
    expect(script.received.map(String)).to.deep.equal(['p', 'p', 'p', 'p']);
    expect(clock.waits).to.have.length(3);
    expect(clock.waits[2]).to.be.greaterThan(200);
  });

  it('are not repeated when the coordinator names a code that no retry can help', async () => {
    script.failures = [{ code: status.FAILED_PRECONDITION, trailer: 'PHASE_PASSED' }];
    const options = { clock: new SkippingClock(), withinMs: 60_000, signal: new AbortController().signal };
    const failure = await rejectionOf(retrying(() => api.advertise(CONTRACT, ENVELOPE, {}), options));
    expect(failure.code).to.equal('PHASE_PASSED');
    expect(script.received).to.have.length(1);
  });

  it('give up when the time is up, with the last failure', async () => {
    script.failures = Array.from({ length: 100 }, () => ({ code: status.UNAVAILABLE }));
    const options = { clock: new SkippingClock(), withinMs: 1000, signal: new AbortController().signal };
    const failure = await rejectionOf(retrying(() => api.advertise(CONTRACT, ENVELOPE, {}), options));
    expect(failure.code).to.equal('COORDINATOR_UNREACHABLE');
    expect(script.failures.length).to.be.greaterThan(90);
  });

  it('carry registered codes, and hide what is no code of ours', async () => {
    const codeFor = async (code: status, trailer?: string): Promise<string> => {
      script.failures = [trailer === undefined ? { code } : { code, trailer }];
      return (await rejectionOf(api.advertise(CONTRACT, ENVELOPE, {}))).code;
    };
    expect(await codeFor(status.PERMISSION_DENIED, 'CERTIFICATE_REVOKED')).to.equal('CERTIFICATE_REVOKED');
    expect(await codeFor(status.INTERNAL, 'INTERNAL')).to.equal('COORDINATOR_FAILED');
    expect(await codeFor(status.PERMISSION_DENIED, 'NO_SUCH_CODE')).to.equal('COORDINATOR_ANSWER');
    expect(await codeFor(status.UNIMPLEMENTED)).to.equal('COORDINATOR_ANSWER');
  });

  it('trust only servers of the pinned authority, and are trusted only with its certificate', async () => {
    const other = await testAuthority('another authority');
    const suspicious = await connectAs(authority, other);
    expect((await rejectionOf(roundsApi(suspicious).advertise(CONTRACT, ENVELOPE, {}))).code).to.equal(
      'COORDINATOR_UNTRUSTED',
    );
    suspicious.close();
    const stranger = await connectAs(other, authority);
    const refused = await rejectionOf(roundsApi(stranger).advertise(CONTRACT, ENVELOPE, { timeoutMs: 2000 }));
    expect(refused.code).to.equal('COORDINATOR_UNREACHABLE');
    stranger.close();
    expect(script.received).to.deep.equal([]);
  });

  it('upload a vector in pieces of 256 KiB at most, count what they send, and bring the receipt', async () => {
    const vector = new Uint8Array(3_000_001).map((_, index) => index % 251);
    const receipt = await api.upload(CONTRACT, { input: ENVELOPE, vector, ledgerHead: new Uint8Array(32) }, {});
    expect(receipt.payload.equals(createHash('sha256').update(vector).digest())).to.equal(true);
    expect(script.largestChunk).to.equal(256 * 1024);
    expect(sent).to.be.within(vector.length, vector.length + 1000);
  });

  it('stop uploading as soon as the coordinator refuses', async () => {
    script.failures = [{ code: status.INVALID_ARGUMENT, trailer: 'UPLOAD_TOO_LARGE' }];
    const upload = { input: ENVELOPE, vector: new Uint8Array(64 * 2 ** 20), ledgerHead: new Uint8Array(32) };
    const failure = await rejectionOf(api.upload(CONTRACT, upload, {}));
    expect(failure.code).to.equal('UPLOAD_TOO_LARGE');
    expect(sent).to.be.lessThan(16 * 2 ** 20);
  });

  it('end with the signal’s reason', async () => {
    const stop = new AbortController();
    const pending = api.advertise(CONTRACT, ENVELOPE, { signal: stop.signal });
    const reason = new Error('enough');
    stop.abort(reason);
    const outcome = await pending.catch((error: unknown) => error);
    expect(outcome).to.equal(reason);
  });
});
