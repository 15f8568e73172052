import { expect } from 'chai';
import { formatInvite, parseInvite } from '../../client/invite.js';
import type { Invite } from '../../client/invite.js';
import { testAuthority } from './authority.js';
import { failureOf } from './workspace.js';

describe('an invite file', () => {
  let invite: Invite;
  before(async () => {
    invite = {
      federation: 'market',
      merchant: 'north',
      address: 'localhost:7443',
      enrolmentAddress: '[::1]:7444',
      token: new Uint8Array(32).fill(7),
      expiresAtMs: Date.UTC(2026, 1, 1),
      contractKey: new Uint8Array(32).fill(9),
      authority: (await testAuthority()).pem,
    };
  });

  it('reads back as it was written', () => {
    expect(parseInvite(formatInvite(invite))).to.deep.equal(invite);
  });

  it('may also be JSON', () => {
    const json = JSON.stringify({
      federation: invite.federation,
      merchant: invite.merchant,
      address: invite.address,
      enrolment_address: invite.enrolmentAddress,
      token: '07'.repeat(32),
      expires_at: '2026-02-01T00:00:00Z',
      contract_key: '09'.repeat(32),
      authority: invite.authority,
    });
    expect(parseInvite(json)).to.deep.equal(invite);
  });

  it('that is altered or incomplete is refused, naming the field', () => {
    const text = formatInvite(invite);
    const refusal = (altered: string) => {
      const failure = failureOf(() => parseInvite(altered, 'north.invite'));
      expect(failure.code).to.equal('INVITE_MALFORMED');
      return failure.details.field;
    };
    expect(refusal(text.replace(/token = .*/, 'token = "abc"'))).to.equal('token');
    expect(refusal(text.replace(/^address = .*/m, 'address = "localhost"'))).to.equal('address');
    expect(refusal(text.replace(/contract_key = .*\n/, ''))).to.equal('contract_key');
    expect(refusal(text.replace(/authority = (.|\n)*/, 'authority = "no certificate"\n'))).to.equal('authority');
    expect(refusal(`${text}\nsurprise = 1\n`)).to.equal('surprise');
    expect(failureOf(() => parseInvite('{ not json', 'x')).code).to.equal('INVITE_MALFORMED');
    expect(failureOf(() => parseInvite('= = =', 'x')).code).to.equal('INVITE_MALFORMED');
  });
});
