import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

import { expect } from 'chai';
import { pino } from 'pino';

import { CertificateAuthority, certificatePem, termOf } from '../../coordinator/ca/index.js';
import { renewCertificates, startCoordinator, statePaths } from '../../coordinator/index.js';
import type { Clock } from '../../coordinator/index.js';
import { CertificateWatch } from '../../coordinator/certificates.js';
import { Phase } from '../../proto/index.js';
import type { RenewCertificateResponse } from '../../proto/index.js';
import { rejectionOf } from '../client/workspace.js';
import { unary } from './support/calls.js';
import { ManualClock } from './support/clock.js';
import { logger, template, TestFederation } from './support/federation.js';

const DAY = 86_400_000;
const TERM = 825;

describe('coordinator: ends of certificates', () => {
  let federation: TestFederation;
  beforeEach(async () => {
    federation = await TestFederation.create();
  });
  afterEach(() => federation.destroy());

  /** Puts certificates in place that were issued so many days ago. */
  const age = (days: number) => renewCertificates(federation.dir, { nowMs: Date.now() - days * DAY });

  it('stand in the status, with those near their end marked', async () => {
    await age(TERM - 20);
    await federation.start();
    await federation.join(1);
    const { certificates } = await federation.admin.status();
    expect(certificates.map(({ holder, expiresSoon }) => [holder, expiresSoon])).to.deep.equal([
      ['authority', false],
      ['coordinator', true],
      ['administrator', true],
    ]);
    const [merchant] = await federation.admin.listMerchants();
    expect((merchant?.certificateExpiresAtMs ?? 0) - Date.now()).to.be.within((TERM - 1) * DAY, TERM * DAY);
  });

  it('are warned of in the log at the start and every day, merchants’ too', async () => {
    const authority = await CertificateAuthority.create({ federation: 'f', nowMs: Date.now() });
    let wake: () => void = () => undefined;
    let now = Date.now() + (3650 - 20) * DAY - 60_000;
    const clock: Clock = { now: () => now, at: (_, act) => ((wake = act), () => undefined) };
    const lines: { holder?: string; daysLeft?: number }[] = [];
    const own = authority.certificatePem;
    const standing = { state: 'enrolled', name: 'bakery', certificate: new X509Certificate(own).raw } as const;
    const record = { ...standing, identityKey: Buffer.alloc(32), certificateSha256: '', requestSha256: '', sinceMs: 0 };
    const watch = new CertificateWatch({
      own: { authority: own, coordinator: own, administrator: own },
      merchants: { list: () => Promise.resolve([record, { ...record, name: 'gone', state: 'revoked' }]) },
      clock,
      logger: pino({}, { write: (line: string) => lines.push(JSON.parse(line) as object) }),
    });
    watch.start();
    await new Promise(setImmediate);
    expect(lines.map(({ holder }) => holder)).to.deep.equal([
      'authority',
      'coordinator',
      'administrator',
      'merchant bakery',
    ]);
    now += DAY;
    wake();
    await new Promise(setImmediate);
    expect(lines.map(({ daysLeft }) => daysLeft)).to.deep.equal([20, 20, 20, 20, 19, 19, 19, 19]);
  });

  it('never outlive the authority', async () => {
    const files = await CertificateAuthority.create({ federation: 'f', nowMs: Date.now() - 3600 * DAY });
    const authority = await CertificateAuthority.load(files);
    const { certificatePem: server } = await authority.issueServer({ hosts: ['localhost'], nowMs: Date.now() });
    expect(termOf(server).untilMs).to.equal(termOf(files.certificatePem).untilMs);
  });

  it('are renewed over the same keys in the middle of a round, and clients and administrators go on after a restart', async () => {
    await age(TERM - 2);
    await federation.start();
    await federation.join(4);
    const [slow] = federation.merchants;
    slow?.idleIn.add(Phase.PHASE_COLLECTING);
    federation.watch();
    await federation.admin.submitJob({ template: template('sum'), model: Buffer.alloc(8) });
    await slow?.reaches(Phase.PHASE_COLLECTING);
    const { dir } = federation;
    const before = readFileSync(statePaths(dir).serverCertificate, 'utf8');
    const renewed = await renewCertificates(dir);
    expect(Date.parse(renewed.coordinator) - Date.now()).to.be.above((TERM - 1) * DAY);
    const [old, fresh] = [before, readFileSync(statePaths(dir).serverCertificate, 'utf8')].map(
      (pem) => new X509Certificate(pem),
    );
    expect(fresh?.subjectAltName).to.equal(old?.subjectAltName);
    await federation.stop();
    await federation.start();
    slow?.idleIn.clear();
    federation.reconnect();
    for (const merchant of federation.merchants) await merchant.reaches(Phase.PHASE_DONE);
    expect((await federation.admin.status()).rounds.map(({ survivors }) => survivors.length)).to.deep.equal([4]);
    const { certificates } = await federation.admin.status();
    expect(certificates.some(({ expiresSoon }) => expiresSoon)).to.equal(false);
  });

  it('of merchants are renewed once a day at most, and the one before stays good', async () => {
    const clock = new ManualClock(Date.now() - 400 * DAY);
    await federation.start({ clock });
    await federation.join(1);
    const [merchant] = federation.merchants;
    if (merchant === undefined) throw new TypeError('one has joined');
    clock.advance(400 * DAY);
    const call = () => unary<RenewCertificateResponse>((done) => merchant.rounds.renewCertificate({}, done));
    const { certificate } = await call();
    expect(termOf(certificate).untilMs - Date.now()).to.be.within((TERM - 1) * DAY, TERM * DAY);
    expect((await call()).certificate, 'under the old one, the same answer').to.deep.equal(certificate);
    expect(await federation.admin.renewMerchant('m00')).to.deep.equal(certificate);
    clock.advance(2 * DAY);
    expect((await call()).certificate).to.not.deep.equal(certificate);
  });

  it('that have passed are refused at the start, before every client is turned away', async () => {
    await age(TERM + 1);
    expect(await rejectionOf(startCoordinator({ dir: federation.dir, logger }))).to.include({
      code: 'CERTIFICATE_EXPIRED',
    });
    await renewCertificates(federation.dir);
    await federation.start();
  });

  it('are not renewed for a certificate of another authority', async () => {
    const paths = statePaths(federation.dir);
    const stranger = await CertificateAuthority.load(await CertificateAuthority.create({ federation: 'f', nowMs: 0 }));
    const foreign = await stranger.renew(
      (await stranger.issueServer({ hosts: ['localhost'], nowMs: Date.now() })).certificatePem,
      { nowMs: Date.now() },
    );
    writeFileSync(paths.serverCertificate, certificatePem(foreign));
    expect(await rejectionOf(renewCertificates(federation.dir))).to.include({ code: 'CERTIFICATE_REFUSED' });
  });
});
