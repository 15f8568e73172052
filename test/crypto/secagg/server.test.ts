import { expect } from 'chai';
import {
  ATTACHMENT_BYTES,
  SecAggServer,
  SigningKey,
  eraseUnmasking,
  packWords,
  requireSignedDigest,
  sha256,
} from '../../../crypto/index.js';
import type { Envelope, ServerStep, UnmaskingPlan } from '../../../crypto/index.js';
import type { ErrorCode } from '../../../errors/index.js';
import { SHARE_BOX_BYTES } from '../../../crypto/secagg/dealing.js';
import {
  ADVERTISEMENT,
  AGREEMENT,
  MASKED_INPUT,
  SHARING,
  UNMASKING,
  decodeUnverified,
  sealMessage,
} from '../../../crypto/secagg/messages.js';
import { ShareKind } from '../../../proto/index.js';
import { expectCode } from '../../expect-code.js';
import { resigned } from './resigned.js';
import { serverAt, storedMessage } from './server-at.js';
import { playRound, realParties, setting, value } from './setting.js';
import type { Merchant, RoundResult } from './setting.js';
import { applyUnmasking } from './apply-unmasking.js';

describe('secure aggregation: the coordinator', () => {
  const round = setting({ merchants: 6, colluders: 1 });
  const result: RoundResult = playRound(round, realParties(round), { losses: { input: ['m05'] } });
  const message = (step: ServerStep, merchant: string): Envelope => storedMessage(result.stored, step, merchant);

  it('takes the same bytes again at any time, and no others', () => {
    for (const { step, merchant, envelope } of result.stored) {
      expect(result.server.accept(step, merchant, structuredClone(envelope))).to.equal('repeat');
      expect(result.server.validate(step, merchant, envelope)).to.equal('repeat');
      const other = { ...envelope, signatures: [] };
      expectCode(() => result.server.accept(step, merchant, other), 'SECAGG_SECOND_UPLOAD');
    }
  });

  it('records nothing when it only validates', () => {
    const server = serverAt('input', round, result.stored);
    expect(server.validate('input', 'm00', message('input', 'm00'))).to.equal('accepted');
    expect(server.accept('input', 'm00', message('input', 'm00'))).to.equal('accepted');
    expect(server.accept('input', 'm00', message('input', 'm00'))).to.equal('repeat');
  });

  it('refuses what comes too early or too late', () => {
    const server = serverAt('share', round, result.stored);
    expectCode(() => server.accept('input', 'm00', message('input', 'm00')), 'SECAGG_STEP_UNEXPECTED');
    expectCode(() => server.closeCollecting(), 'SECAGG_STEP_UNEXPECTED');
    expectCode(() => server.delivery('m00'), 'SECAGG_STEP_UNEXPECTED');
    const late = serverAt(
      'input',
      round,
      result.stored.filter(({ step, merchant }) => step !== 'share' || merchant !== 'm03'),
    );
    expectCode(() => late.accept('share', 'm03', message('share', 'm03')), 'SECAGG_STEP_CLOSED');
    const over = SecAggServer.create(round);
    expect(over.closeAdvertising()).to.include({ outcome: 'aborted', code: 'SECAGG_ROSTER_TOO_SMALL' });
    expectCode(() => over.accept('advertise', 'm00', message('advertise', 'm00')), 'SECAGG_STEP_CLOSED');
  });

  it('refuses strangers, and members that have dropped out', () => {
    const stranger = SigningKey.generate(round.random);
    const forged = sealMessage(
      ADVERTISEMENT,
      { ...decodeUnverified(message('advertise', 'm00'), ADVERTISEMENT), merchant: 'm99' },
      stranger,
    );
    const fresh = SecAggServer.create(round);
    expectCode(() => fresh.accept('advertise', 'm99', forged), 'SECAGG_NOT_A_MEMBER');
    const server = serverAt('agree', round, result.stored);
    expectCode(() => server.accept('agree', 'm05', message('agree', 'm00')), 'SECAGG_NOT_IN_ROUND');
    expectCode(() => serverAt('input', round, result.stored).delivery('m99'), 'SECAGG_NOT_IN_ROUND');
  });

  describe('refuses, without the round suffering', () => {
    const cases: [string, ServerStep, ErrorCode, () => Envelope][] = [
      ['a message of another sender', 'share', 'SECAGG_SENDER_MISMATCH', () => message('share', 'm01')],
      [
        'a message signed with another key',
        'share',
        'SIGNATURE_INVALID',
        () =>
          sealMessage(SHARING, decodeUnverified(message('share', 'm00'), SHARING), SigningKey.generate(round.random)),
      ],
      [
        'a key that someone else has advertised',
        'advertise',
        'SECAGG_DUPLICATE',
        () =>
          resigned(round, message('advertise', 'm00'), ADVERTISEMENT, () => ({
            maskPublicKey: decodeUnverified(message('advertise', 'm01'), ADVERTISEMENT).maskPublicKey,
          })),
      ],
      [
        'one key for boxes and masks',
        'advertise',
        'SECAGG_DUPLICATE',
        () =>
          resigned(round, message('advertise', 'm00'), ADVERTISEMENT, ({ boxPublicKey }) => ({
            maskPublicKey: boxPublicKey,
          })),
      ],
      [
        'a point of low order',
        'advertise',
        'SECAGG_LOW_ORDER_POINT',
        () => resigned(round, message('advertise', 'm00'), ADVERTISEMENT, () => ({ boxPublicKey: Buffer.alloc(32) })),
      ],
      [
        'an advertisement for another contract',
        'advertise',
        'SECAGG_CONTRACT_MISMATCH',
        () => resigned(round, message('advertise', 'm00'), ADVERTISEMENT, () => ({ contractSha256: Buffer.alloc(32) })),
      ],
      [
        'a box too few',
        'share',
        'SECAGG_MESSAGE_MALFORMED',
        () => resigned(round, message('share', 'm00'), SHARING, ({ shares }) => ({ shares: shares.slice(1) })),
      ],
      [
        'an oversized box',
        'share',
        'SECAGG_MESSAGE_MALFORMED',
        () =>
          resigned(round, message('share', 'm00'), SHARING, ({ shares }) => ({
            shares: shares.map((share) => ({ ...share, box: Buffer.alloc(SHARE_BOX_BYTES + 1) })),
          })),
      ],
      [
        'shares for another roster',
        'share',
        'SECAGG_TRANSCRIPT_MISMATCH',
        () => resigned(round, message('share', 'm00'), SHARING, () => ({ transcript: Buffer.alloc(32) })),
      ],
      [
        'an input for another U2, so that one bad client cannot abort the others',
        'input',
        'SECAGG_OTHER_SHARERS',
        () => resigned(round, message('input', 'm00'), MASKED_INPUT, () => ({ sharersHash: Buffer.alloc(32) })),
      ],
      [
        'a vector of another length',
        'input',
        'SECAGG_VECTOR_MISMATCH',
        () => resigned(round, message('input', 'm00'), MASKED_INPUT, () => ({ dimension: 4 })),
      ],
      [
        'a vector in another ring',
        'input',
        'SECAGG_VECTOR_MISMATCH',
        () => resigned(round, message('input', 'm00'), MASKED_INPUT, () => ({ ringBits: 16 })),
      ],
      [
        'a signature on another view',
        'agree',
        'SECAGG_VIEW_DISAGREES',
        () => resigned(round, message('agree', 'm00'), AGREEMENT, () => ({ inputsHash: Buffer.alloc(32) })),
      ],
      [
        'both kinds of share of one merchant',
        'unmask',
        'SECAGG_BOTH_SHARES',
        () =>
          resigned(round, message('unmask', 'm00'), UNMASKING, ({ shares }) => ({
            shares: [...shares, ...shares.map((share) => ({ ...share, kind: ShareKind.SHARE_KIND_MASK_KEY }))],
          })),
      ],
      [
        'the kind of share that must stay hidden',
        'unmask',
        'SECAGG_BOTH_SHARES',
        () =>
          resigned(round, message('unmask', 'm00'), UNMASKING, ({ shares }) => ({
            shares: shares.map((share) => ({ ...share, kind: ShareKind.SHARE_KIND_SELF_MASK })),
          })),
      ],
      [
        'a share twice',
        'unmask',
        'SECAGG_DUPLICATE',
        () =>
          resigned(round, message('unmask', 'm00'), UNMASKING, ({ shares }) => ({ shares: [...shares, ...shares] })),
      ],
      [
        'a share of oneself',
        'unmask',
        'SECAGG_MESSAGE_MALFORMED',
        () =>
          resigned(round, message('unmask', 'm00'), UNMASKING, ({ shares }) => ({
            shares: shares.map((share) => ({ ...share, owner: 'm00' })),
          })),
      ],
      [
        'more attached than fits',
        'unmask',
        'SECAGG_MESSAGE_MALFORMED',
        () =>
          resigned(round, message('unmask', 'm00'), UNMASKING, () => ({
            attachment: Buffer.alloc(ATTACHMENT_BYTES + 1),
          })),
      ],
    ];
    for (const [name, step, code, forge] of cases) {
      it(name, () => {
        const server = serverAt(step, round, result.stored);
        const others = result.stored.filter((one) => one.step === step && one.merchant !== 'm00');
        for (const one of others) server.accept(step, one.merchant, one.envelope);
        expectCode(() => server.accept(step, 'm00', forge()), code);
        expect(server.accept(step, 'm00', message(step, 'm00'))).to.equal('accepted');
        expect(server.readyToClose(step)).to.equal(step !== 'input');
      });
    }
  });

  it('compares an uploaded vector with the digest that was signed', () => {
    const [{ vector }] = round.merchants as [Merchant];
    const signed = decodeUnverified(message('input', 'm00'), MASKED_INPUT).vectorSha256;
    expect(() => requireSignedDigest(message('input', 'm00'), signed)).not.to.throw();
    expectCode(
      () => requireSignedDigest(message('input', 'm00'), sha256(packWords(vector, 32))),
      'SECAGG_VECTOR_MISMATCH',
    );
  });

  it('knows when everyone who is still expected has been heard', () => {
    const server = serverAt('agree', round, result.stored);
    expect(server.readyToClose('agree')).to.equal(false);
    expect(server.readyToClose('unmask')).to.equal(false);
    for (const merchant of ['m00', 'm01', 'm02', 'm03']) server.accept('agree', merchant, message('agree', merchant));
    expect(server.readyToClose('agree')).to.equal(false);
    server.decline('m04');
    expect(server.readyToClose('agree')).to.equal(true);
    value(server.closeAgreeing());
    for (const merchant of ['m00', 'm01', 'm02', 'm03']) server.accept('unmask', merchant, message('unmask', merchant));
    // m04 has not signed, so nobody waits for its shares.
    expect(server.readyToClose('unmask')).to.equal(true);
    const sum = new Uint32Array(round.terms.dimension);
    const plan = value(server.closeUnmasking());
    applyUnmasking(sum, plan, 32);
    eraseUnmasking(plan);
    const secrets = [...plan.selfMaskSeeds, ...plan.vanished.map(({ maskKey }) => maskKey.secret)];
    expect(secrets).to.have.lengthOf(5 + 1);
    expect(secrets.every((secret) => secret.every((byte) => byte === 0))).to.equal(true);
    expect(server.step).to.equal('finished');
  });

  it('pauses after each secret that it decodes, takes nothing more from then on, and comes to the same plan', () => {
    const serverBeforeUnmasking = (): SecAggServer => {
      const server = serverAt('unmask', round, result.stored);
      for (const merchant of ['m00', 'm01', 'm02', 'm03']) {
        server.accept('unmask', merchant, message('unmask', merchant));
      }
      return server;
    };
    const server = serverBeforeUnmasking();
    const work = server.closingUnmasking();
    let pauses = 0;
    for (let step = work.next(); step.done !== true; step = work.next()) {
      pauses += 1;
      expectCode(() => server.accept('unmask', 'm04', message('unmask', 'm04')), 'SECAGG_STEP_CLOSED');
    }
    expect(pauses).to.equal(server.sharers.length);
    const secretsOf = (plan: UnmaskingPlan): unknown => [
      plan.selfMaskSeeds,
      plan.vanished.map(({ maskKey }) => maskKey.secret),
    ];
    const atOnce = value(serverBeforeUnmasking().closeUnmasking());
    expect(secretsOf(value(server.closeUnmasking()))).to.deep.equal(secretsOf(atOnce));
  });
});
