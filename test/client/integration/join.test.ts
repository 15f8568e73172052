import { expect } from 'chai';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  checkClient,
  formatInvite,
  joinFederation,
  listMembers,
  openState,
  parseInvite,
  statePaths,
} from '../../../client/index.js';
import type { Invite } from '../../../client/index.js';
import { fingerprint } from '../../../crypto/index.js';
import { testAuthority } from '../authority.js';
import { writeShop } from '../shop-files.js';
import { codeOf, rejectionOf, temporaryDirectory } from '../workspace.js';
import { TestFederation } from './federation.js';

describe('joining a federation', () => {
  let workspace: ReturnType<typeof temporaryDirectory>;
  let federation: TestFederation;
  before(async () => {
    workspace = temporaryDirectory();
    federation = await TestFederation.start(workspace.path);
  });
  after(async () => {
    await federation.close();
    workspace.remove();
  });

  const changed = (file: string, change: Partial<Invite>): string => {
    const altered = `${file}.altered`;
    writeFileSync(altered, formatInvite({ ...parseInvite(readFileSync(file, 'utf8')), ...change }));
    return altered;
  };
  const refusal = async (dir: string, invite: string): Promise<string> => {
    const before = readdirSync(workspace.path);
    const { code } = await rejectionOf(joinFederation({ dir, invite, patienceMs: 0 }));
    expect(readdirSync(workspace.path), 'nothing half-written').to.deep.equal(before);
    return code;
  };

  it('makes a whole state directory whose keys only its owner can read', async () => {
    const invite = await federation.invite('north');
    const result = await joinFederation({ dir: federation.dir('north'), invite });
    const state = openState(federation.dir('north'));
    expect(result).to.include({ merchant: 'north', federation: 'market' });
    expect(result.fingerprint).to.equal(fingerprint(state.identity.publicKey));
    for (const key of [state.paths.identityKey, state.paths.tlsKey, state.paths.localKey]) {
      expect(statSync(key).mode & 0o777, key).to.equal(0o600);
    }
    const members = await listMembers({ dir: federation.dir('north') });
    expect(members).to.include({ merchant: 'north', fingerprint: result.fingerprint });
    expect(members.members).to.deep.equal([]);
    expect(await refusal(federation.dir('north'), invite), 'the same directory').to.equal('STATE_EXISTS');
    expect(await refusal(federation.dir('other'), invite), 'the same invite').to.equal('INVITE_USED');
  });

  it('fails with the platform’s own code for an invite that it never made, and can be repeated with the right one', async () => {
    const invite = await federation.invite('south');
    const wrong = changed(invite, { token: new Uint8Array(32).fill(1) });
    expect(await refusal(federation.dir('south'), wrong)).to.equal('INVITE_INVALID');
    await joinFederation({ dir: federation.dir('south'), invite });
    expect(openState(federation.dir('south')).merchant).to.equal('south');
  });

  it('does not talk to a server of another authority', async () => {
    const invite = await federation.invite('east');
    const { pem } = await testAuthority('another authority');
    const wrong = changed(invite, { authority: pem });
    expect(await refusal(federation.dir('east'), wrong)).to.equal('COORDINATOR_UNTRUSTED');
  });

  it('says when nobody answers, when there is no invite, and when the directory is in use', async () => {
    const invite = await federation.invite('west');
    const dir = federation.dir('west');
    const nobody = changed(invite, { enrolmentAddress: 'localhost:1' });
    expect(await refusal(dir, nobody)).to.equal('COORDINATOR_UNREACHABLE');
    expect(await refusal(dir, join(workspace.path, 'no.invite'))).to.equal('INVITE_MALFORMED');
    mkdirSync(dir);
    writeFileSync(join(dir, 'something'), '');
    expect(await refusal(dir, invite)).to.equal('STATE_EXISTS');
    rmSync(join(dir, 'something'));
    await joinFederation({ dir, invite });
    expect(existsSync(statePaths(dir).ledger)).to.equal(true);
  });

  it('needs a place that can be written, before the invite is used', async () => {
    const invite = await federation.invite('field');
    const below = join(workspace.path, 'file');
    writeFileSync(below, '');
    expect(await refusal(join(below, 'field'), invite)).to.equal('STATE_IO');
    await joinFederation({ dir: federation.dir('field'), invite });
  });

  it('is checked whole: data with bad rows, pins, certificate, connection, an example of the policy', async () => {
    const dir = federation.dir('checked');
    const shop = writeShop(join(workspace.path, 'checked-shop'), { shoppers: 30, seed: 1 });
    writeFileSync(shop.events, `${readFileSync(shop.events, 'utf8')}u9,unknown-item,0\nu9,i1,soon\n`);
    await joinFederation({ dir, invite: await federation.invite('checked'), ...shop });
    const report = await checkClient({ dir });
    expect(report.ready).to.equal(true);
    expect(report.data?.shop).to.include({ items: 40, shoppers: 30, events: 180 });
    expect(report.data?.events.examples.map(({ line }) => line)).to.deep.equal([182, 183]);
    expect(report.findings.map(({ subject, state }) => `${subject} ${state}`)).to.deep.equal([
      'policy ok',
      'members warning',
      'ledger ok',
      'certificate ok',
      'connection ok',
      'data warning',
    ]);
    expect(report.example?.accepted).to.equal(true);
    expect(report.certificate.daysLeft).to.be.greaterThan(30);
    rmSync(shop.items);
    rmSync(statePaths(dir).anchor);
    writeFileSync(statePaths(dir).policy, 'epsilon_total = 0\n');
    const broken = await checkClient({ dir });
    expect(broken.ready).to.equal(false);
    const codes = broken.findings.flatMap(({ code }) => code ?? []);
    expect(codes).to.deep.equal(['POLICY_MALFORMED', 'LEDGER_MISSING', 'CLIENT_FILE_MISSING']);
  });

  it('leaves a directory whose damage is named', async () => {
    const dir = federation.dir('damaged');
    await joinFederation({ dir, invite: await federation.invite('damaged') });
    writeFileSync(statePaths(dir).contractKey, 'short');
    expect(codeOf(() => openState(dir))).to.equal('STATE_DAMAGED');
    rmSync(statePaths(dir).identityKey);
    expect(codeOf(() => openState(dir))).to.equal('STATE_DAMAGED');
    expect(codeOf(() => openState(join(workspace.path, 'nobody')))).to.equal('STATE_MISSING');
  });
});
