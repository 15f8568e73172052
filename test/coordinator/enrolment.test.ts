import 'reflect-metadata';
import { rmSync } from 'node:fs';
import { connect } from 'node:tls';

import { credentials } from '@grpc/grpc-js';
import * as x509 from '@peculiar/x509';
import { expect } from 'chai';

import { CertificateAuthority } from '../../coordinator/ca/index.js';
import { startCoordinator, statePaths } from '../../coordinator/index.js';
import { osRandom, SigningKey } from '../../crypto/index.js';
import { AdminServiceClient, MerchantState, RoundsServiceClient } from '../../proto/index.js';
import type { EnrolResponse, GetStatusResponse, ListMembersResponse } from '../../proto/index.js';
import { logger, TestFederation } from './support/federation.js';
import { codeOf, unary } from './support/calls.js';
import { enrol, enrolmentFor, requestCertificate } from './support/enrolling.js';
import type { TestMerchant } from './support/merchant.js';

const HOUR = 3_600_000;

async function failure(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return error instanceof Error && 'metadata' in error ? codeOf(error) : (error as { code: string }).code;
  }
  return 'nothing';
}

describe('coordinator: enrolment', () => {
  let federation: TestFederation;
  let identity: SigningKey;
  beforeEach(async () => {
    federation = await TestFederation.create();
    await federation.start();
    identity = SigningKey.generate(osRandom);
  });
  afterEach(() => federation.destroy());

  it('certifies the name of the invite, whatever the request asks for', async () => {
    const invite = await federation.admin.createInvite({ merchant: 'bakery', validForMs: HOUR });
    const { request } = await enrolmentFor(invite, identity, 'CN=administrator, OU=administrator');
    const { merchant, certificate } = await enrol(invite, request);
    expect(merchant).to.equal('bakery');
    expect(new x509.X509Certificate(Uint8Array.from(certificate)).subject).to.equal('CN=bakery, OU=merchant');
    const [listed] = await federation.admin.listMerchants();
    expect(listed).to.include({ merchant: 'bakery', state: MerchantState.MERCHANT_STATE_ENROLLED });
    expect(listed?.identityKey).to.deep.equal(Buffer.from(identity.publicKey));
  });

  it('gives the same certificate when the same request comes again, so that a lost answer costs no invite', async () => {
    const invite = await federation.admin.createInvite({ merchant: 'bakery', validForMs: HOUR });
    const { request } = await enrolmentFor(invite, identity);
    const first: EnrolResponse = await enrol(invite, request);
    expect((await enrol(invite, request)).certificate).to.deep.equal(first.certificate);
  });

  it('refuses an invite that was used for another identity', async () => {
    const invite = await federation.admin.createInvite({ merchant: 'bakery', validForMs: HOUR });
    await enrol(invite, (await enrolmentFor(invite, identity)).request);
    const other = await enrolmentFor(invite, SigningKey.generate(osRandom));
    expect(await failure(enrol(invite, other.request))).to.equal('INVITE_USED');
  });

  it('refuses an invite that has expired, one that it never made, and one that a newer one replaced', async () => {
    const invite = await federation.admin.createInvite({ merchant: 'bakery', validForMs: HOUR });
    const { request } = await enrolmentFor(invite, identity);
    const made = { ...invite, token: Buffer.alloc(32, 7) };
    expect(await failure(enrol(made, (await enrolmentFor(made, identity)).request))).to.equal('INVITE_INVALID');
    expect(await failure(enrol(invite, { ...request, token: Buffer.alloc(3) }))).to.equal('INVITE_INVALID');
    const newer = await federation.admin.createInvite({ merchant: 'bakery', validForMs: HOUR });
    expect(await failure(enrol(invite, request))).to.equal('INVITE_INVALID');
    federation.clock.advance(HOUR);
    expect(await failure(enrol(newer, (await enrolmentFor(newer, identity)).request))).to.equal('INVITE_EXPIRED');
  });

  it('refuses an identity key that did not sign this very request and invite', async () => {
    const invite = await federation.admin.createInvite({ merchant: 'bakery', validForMs: HOUR });
    const { request } = await enrolmentFor(invite, identity);
    const { request: swapped } = await requestCertificate('CN=x');
    const wrong = [
      { ...request, certificateRequest: swapped },
      { ...request, identityKey: Buffer.from(SigningKey.generate(osRandom).publicKey) },
      { ...request, identitySignature: Buffer.alloc(64) },
      { ...request, identityKey: Buffer.alloc(31) },
    ];
    for (const spoilt of wrong) expect(await failure(enrol(invite, spoilt))).to.equal('IDENTITY_PROOF_INVALID');
    expect((await enrol(invite, request)).merchant).to.equal('bakery');
  });

  it('refuses a request that is not a signed P-256 request', async () => {
    const invite = await federation.admin.createInvite({ merchant: 'bakery', validForMs: HOUR });
    const { request } = await enrolmentFor(invite, identity);
    const { enrolmentProof } = await import('../../coordinator/ca/index.js');
    const spoilt = Buffer.from(request.certificateRequest);
    spoilt.writeUInt8(spoilt.readUInt8(spoilt.length - 1) ^ 1, spoilt.length - 1);
    // The curve's object identifier under another tag: found out only when the key is decoded.
    const curveless = Buffer.from(request.certificateRequest);
    curveless.writeUInt8(0x0a, curveless.indexOf(Buffer.from('06082a8648ce3d030107', 'hex')));
    const bad = [spoilt, curveless, Buffer.from('not DER'), Buffer.alloc(0), Buffer.alloc(9000)];
    for (const certificateRequest of bad) {
      const identitySignature = identity.sign(enrolmentProof(invite.token, certificateRequest));
      expect(await failure(enrol(invite, { ...request, certificateRequest, identitySignature }))).to.equal(
        'CERTIFICATE_REQUEST_INVALID',
      );
    }
  });

  it('never gives a name twice, nor an identity two names', async () => {
    const invite = await federation.admin.createInvite({ merchant: 'bakery', validForMs: HOUR });
    await enrol(invite, (await enrolmentFor(invite, identity)).request);
    expect(await failure(federation.admin.createInvite({ merchant: 'bakery', validForMs: HOUR }))).to.equal(
      'MERCHANT_EXISTS',
    );
    await federation.admin.revokeMerchant('bakery');
    expect(await failure(federation.admin.createInvite({ merchant: 'bakery', validForMs: HOUR }))).to.equal(
      'MERCHANT_EXISTS',
    );
    const second = await federation.admin.createInvite({ merchant: 'butcher', validForMs: HOUR });
    expect(await failure(enrol(second, (await enrolmentFor(second, identity)).request))).to.equal('IDENTITY_IN_USE');
  });

  it('counts calls to join, whoever makes them', async () => {
    await federation.stop();
    federation.configure(/enrolments_per_minute = 60/, 'enrolments_per_minute = 2');
    await federation.start();
    const invite = await federation.admin.createInvite({ merchant: 'bakery', validForMs: HOUR });
    const made = { ...invite, token: Buffer.alloc(32, 7) };
    const { request } = await enrolmentFor(made, identity);
    const codes = [];
    for (let i = 0; i < 3; i += 1) codes.push(await failure(enrol(made, request)));
    expect(codes).to.deep.equal(['INVITE_INVALID', 'INVITE_INVALID', 'RATE_LIMITED']);
    federation.clock.advance(31_000);
    expect(await failure(enrol(made, request))).to.equal('INVITE_INVALID');
  });
});

describe('coordinator: who may call', () => {
  let federation: TestFederation;
  let merchant: TestMerchant;
  const members = (client: RoundsServiceClient): Promise<ListMembersResponse> =>
    unary((done) => client.listMembers({}, done));
  beforeEach(async () => {
    federation = await TestFederation.create();
    await federation.start();
    await federation.join(1);
    const [first] = federation.merchants;
    if (first === undefined) throw new Error('nobody joined');
    merchant = first;
  });
  afterEach(() => federation.destroy());

  it('answers a merchant with its own certificate', async () => {
    expect((await members(merchant.rounds)).members.map((member) => member.merchant)).to.deep.equal(['m00']);
  });

  it('ends the handshake with a certificate of another authority, or none', async () => {
    const files = await CertificateAuthority.create({ federation: 'test', nowMs: Date.now() });
    const stranger = await CertificateAuthority.load(files);
    const forged = await stranger.issueAdministrator({ nowMs: Date.now() });
    const { address } = federation.coordinator;
    const withForged = credentials.createSsl(
      merchant.authority,
      Buffer.from(forged.keyPem),
      Buffer.from(forged.certificatePem),
    );
    for (const creds of [withForged, credentials.createSsl(merchant.authority)]) {
      const client = new RoundsServiceClient(address, creds);
      expect(await failure(members(client))).to.equal('14');
      client.close();
    }
  });

  it('refuses a certificate of its own authority that is not on record under its name', async () => {
    // Same authority, same name, another key: as after a restored backup, or a stolen authority.
    const { request, keyPem } = await requestCertificate('CN=m00');
    const { readFileSync } = await import('node:fs');
    const paths = statePaths(federation.dir);
    const authority = await CertificateAuthority.load({
      certificatePem: readFileSync(paths.authorityCertificate, 'utf8'),
      keyPem: readFileSync(paths.authorityKey, 'utf8'),
    });
    const { verifyCertificateRequest } = await import('../../coordinator/ca/index.js');
    const publicKey = await verifyCertificateRequest(request);
    const der = await authority.issueMerchant({ merchant: 'm00', publicKey, nowMs: Date.now() });
    const pem = Buffer.from(x509.PemConverter.encode(Uint8Array.from(der), 'CERTIFICATE'));
    const client = new RoundsServiceClient(
      federation.coordinator.address,
      credentials.createSsl(merchant.authority, keyPem, pem),
    );
    expect(await failure(members(client))).to.equal('CERTIFICATE_REFUSED');
    client.close();
  });

  it('refuses a revoked merchant from then on, and ends its watch', async () => {
    merchant.watch();
    await federation.admin.revokeMerchant('m00');
    expect(await failure(members(merchant.rounds))).to.equal('CERTIFICATE_REVOKED');
    const [listed] = await federation.admin.listMerchants();
    expect(listed).to.include({ state: MerchantState.MERCHANT_STATE_REVOKED, connected: false });
    expect(await failure(federation.admin.revokeMerchant('nobody'))).to.equal('MERCHANT_UNKNOWN');
  });

  it('keeps the roles apart', async () => {
    const asAdmin = new AdminServiceClient(
      federation.coordinator.address,
      credentials.createSsl(merchant.authority, merchant.keyPem, Buffer.from(pemOf(merchant.certificate))),
    );
    expect(await failure(unary<GetStatusResponse>((done) => asAdmin.getStatus({}, done)))).to.equal('ROLE_REQUIRED');
    asAdmin.close();
  });

  it('speaks TLS 1.3 and nothing older, on both ports', async () => {
    for (const address of [federation.coordinator.address, federation.coordinator.enrolmentAddress]) {
      const [host = '', port = ''] = address.split(':');
      const negotiate = (maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<string | null> =>
        new Promise((resolve) => {
          const socket = connect(
            { host, port: Number(port), ca: merchant.authority, maxVersion, ALPNProtocols: ['h2'] },
            () => {
              resolve(socket.getProtocol());
              socket.destroy();
            },
          );
          socket.on('error', () => resolve(null));
        });
      expect(await negotiate('TLSv1.3')).to.equal('TLSv1.3');
      expect(await negotiate('TLSv1.2')).to.equal(null);
    }
  });

  it('counts each merchant’s calls', async () => {
    await federation.stop();
    federation.configure(/burst = 200/, 'burst = 3');
    await federation.start();
    merchant.rounds.close();
    merchant.rounds = merchant.channel(federation.coordinator.address);
    for (let i = 0; i < 3; i += 1) await members(merchant.rounds);
    expect(await failure(members(merchant.rounds))).to.equal('RATE_LIMITED');
    federation.clock.advance(1000);
    expect((await members(merchant.rounds)).members).to.have.length(1);
  });
});

describe('coordinator: starting', () => {
  let federation: TestFederation;
  beforeEach(async () => {
    federation = await TestFederation.create();
  });
  afterEach(() => federation.destroy());

  it('says that a port is taken, and leaves nothing running', async () => {
    await federation.start();
    const other = await TestFederation.create();
    const [, port = ''] = federation.coordinator.address.split(':');
    other.configure(/rounds = "127\.0\.0\.1:\d+"/, `rounds = "127.0.0.1:${port}"`);
    expect(await failure(other.start())).to.equal('PORT_IN_USE');
    // The lease was given back: a second try fails for the same reason and no other.
    expect(await failure(other.start())).to.equal('PORT_IN_USE');
    await other.destroy();
  });

  it('refuses a second coordinator on the same directory', async () => {
    await federation.start();
    expect(await failure(startCoordinator({ dir: federation.dir, logger, clock: federation.clock }))).to.equal(
      'COORDINATOR_RUNNING',
    );
  });

  it('names the file that is missing from the state directory', async () => {
    rmSync(statePaths(federation.dir).authorityKey);
    expect(await failure(federation.start())).to.equal('STATE_DIRECTORY_INVALID');
    expect(await failure(startCoordinator({ dir: `${federation.dir}-not-there`, logger }))).to.equal(
      'STATE_DIRECTORY_INVALID',
    );
  });

  it('tells an administrator that nothing runs', () => {
    expect(() => federation.admin)
      .to.throw()
      .with.property('code', 'COORDINATOR_NOT_RUNNING');
  });
});

function pemOf(der: Uint8Array): string {
  return x509.PemConverter.encode(Uint8Array.from(der), 'CERTIFICATE');
}
