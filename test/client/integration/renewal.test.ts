import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { pino } from 'pino';
import { renewClient, runClient } from '../../../client/index.js';
import { openClient, connect } from '../../../client/session.js';
import { statePaths } from '../../../client/state/directory.js';
import { tendCertificate } from '../../../client/tend-certificate.js';
import { CertificateAuthority, certificatePem } from '../../../coordinator/ca/index.js';
import { statePaths as coordinatorPaths } from '../../../coordinator/index.js';
import { ManualClock } from '../manual-clock.js';
import { rejectionOf, temporaryDirectory } from '../workspace.js';
import { TestFederation } from './federation.js';

const DAY = 86_400_000;
/** Days that a certificate is issued for. */
const TERM = 825;

describe('renewing a merchant’s certificate, over real TLS', () => {
  let workspace: ReturnType<typeof temporaryDirectory>;
  let federation: TestFederation;
  let dir: string;
  beforeEach(async () => {
    workspace = temporaryDirectory();
    federation = await TestFederation.start(workspace.path);
    await federation.enrol(['north']);
    dir = federation.dir('north');
  });
  afterEach(async () => {
    await federation.close();
    workspace.remove();
  });

  const certificate = (): string => readFileSync(statePaths(dir).tlsCertificate, 'utf8');

  /** Puts a certificate of the federation's authority in place that was issued so many days ago. */
  async function age(days: number): Promise<string> {
    const paths = coordinatorPaths(join(workspace.path, 'coordinator'));
    const authority = await CertificateAuthority.load({
      certificatePem: readFileSync(paths.authorityCertificate, 'utf8'),
      keyPem: readFileSync(paths.authorityKey, 'utf8'),
    });
    const old = certificatePem(await authority.renew(certificate(), { nowMs: Date.now() - days * DAY }));
    writeFileSync(statePaths(dir).tlsCertificate, old);
    return old;
  }

  it('gives another term over the same key; the one before goes on working, so a lost answer loses nothing', async () => {
    const old = await age(TERM - 20);
    const renewed = await renewClient({ dir });
    expect(renewed).to.include({ merchant: 'north', isNew: true });
    expect(renewed.daysLeft).to.be.within(TERM - 2, TERM);
    expect(new X509Certificate(certificate()).publicKey.equals(new X509Certificate(old).publicKey)).to.equal(true);
    const answered = certificate();
    writeFileSync(statePaths(dir).tlsCertificate, old);
    expect(await renewClient({ dir })).to.include({ isNew: true });
    expect(certificate(), 'asked again, the same').to.equal(answered);
    expect(await renewClient({ dir })).to.include({ isNew: false });
  });

  it('is done by a client that runs, which goes on with the new certificate at once', async () => {
    await age(TERM - 20);
    const { state, config } = openClient(dir);
    const { api, caller } = connect({ state, config });
    const stop = new AbortController();
    const clock = new ManualClock(Date.now());
    const lines: string[] = [];
    const logger = pino({}, { write: (line: string) => lines.push(line) });
    const tending = tendCertificate(state, { api, caller, clock, logger, signal: stop.signal });
    while (clock.sleeping === 0) await new Promise(setImmediate);
    expect(new X509Certificate(certificate()).raw).to.not.deep.equal(
      new X509Certificate(state.certificate.certificate).raw,
    );
    expect(lines.join(''))
      .to.match(/certificate renewed/)
      .and.not.match(/expires soon/);
    expect(await api.listMembers({})).to.have.key('north');
    stop.abort();
    await tending;
    caller.close();
  });

  it('is tried again every day while nobody answers, each time with a warning once the end is near', async () => {
    await age(TERM - 20);
    const { state, config } = openClient(dir);
    const { caller } = connect({ state, config });
    const stop = new AbortController();
    const clock = new ManualClock(Date.now());
    const lines: string[] = [];
    const logger = pino({ level: 'warn' }, { write: (line: string) => lines.push(line) });
    let asked = 0;
    const api = {
      renewCertificate: () => {
        asked += 1;
        return Promise.reject(new Error('away'));
      },
    };
    const tending = tendCertificate(state, { api, caller, clock, logger, signal: stop.signal });
    for (const days of [1, 2, 3]) {
      while (clock.sleeping === 0) await new Promise(setImmediate);
      expect([asked, lines.length]).to.deep.equal([days, days]);
      clock.advance(DAY);
    }
    stop.abort();
    await tending;
    caller.close();
  });

  it('of one that has expired goes by a file from the platform; before that, a run says so and does not begin', async () => {
    await age(TERM + 1);
    const logger = pino({ level: 'silent' });
    const signal = new AbortController().signal;
    expect(await rejectionOf(runClient({ dir, logger, signal }))).to.include({ code: 'CERTIFICATE_EXPIRED' });
    expect(await rejectionOf(renewClient({ dir }))).to.include({ code: 'CERTIFICATE_EXPIRED' });
    const file = join(workspace.path, 'north.crt');
    writeFileSync(file, certificatePem(await federation.admin().renewMerchant('north')));
    expect(await renewClient({ dir, certificate: file })).to.include({ isNew: true });
    expect(await renewClient({ dir })).to.include({ isNew: false });
  });

  it('takes no certificate of another merchant, nor of another authority', async () => {
    const before = certificate();
    await federation.enrol(['south']);
    const other = statePaths(federation.dir('south')).tlsCertificate;
    expect(await rejectionOf(renewClient({ dir, certificate: other }))).to.include({ code: 'CERTIFICATE_REFUSED' });
    const stranger = await CertificateAuthority.create({ federation: 'market', nowMs: Date.now() });
    const file = join(workspace.path, 'stranger.crt');
    writeFileSync(file, stranger.certificatePem);
    expect(await rejectionOf(renewClient({ dir, certificate: file }))).to.include({ code: 'CERTIFICATE_REFUSED' });
    expect(certificate()).to.equal(before);
  });

  it('is refused to a merchant that was revoked', async () => {
    await federation.admin().revokeMerchant('north');
    expect(await rejectionOf(renewClient({ dir }))).to.include({ code: 'CERTIFICATE_REVOKED' });
    expect(await rejectionOf(federation.admin().renewMerchant('north'))).to.include({ code: 'CERTIFICATE_REVOKED' });
  });
});
