import { expect } from 'chai';
import { AgreementKey, SigningKey } from '../../../crypto/index.js';
import type { ClientOptions, Envelope } from '../../../crypto/index.js';
import type { ErrorCode } from '../../../errors/index.js';
import { HeldShares } from '../../../crypto/secagg/held-shares.js';
import {
  ADVERTISEMENT,
  AGREEMENT,
  MASKED_INPUT,
  decodeUnverified,
  sealMessage,
} from '../../../crypto/secagg/messages.js';
import type { MessageKind } from '../../../crypto/secagg/messages.js';
import type { Agreements, Delivery, Roster, Survivors } from '../../../proto/index.js';
import { expectCode } from '../../expect-code.js';
import { expectRefusal, scene } from './scene.js';
import { clientOptions, realParty, setting } from './setting.js';
import type { Merchant, Setting } from './setting.js';

const LOW_ORDER = Buffer.alloc(32);

/** One envelope of a list, changed in some field and signed again by its merchant. */
function resign<T extends { merchant: string }>(
  envelopes: readonly Envelope[],
  index: number,
  kind: MessageKind<T>,
  change: Partial<T>,
  merchants: readonly Merchant[],
): Envelope[] {
  return envelopes.map((envelope, position) => {
    if (position !== index) return envelope;
    const message = decodeUnverified(envelope, kind);
    const signer = merchants.find(({ name }) => name === message.merchant);
    if (signer === undefined) throw new Error('a signer');
    return sealMessage(kind, { ...message, ...change }, signer.identity);
  });
}

function swap<T>(list: readonly T[], a: number, b: number): T[] {
  return list.map((item, index) => (index === a ? (list[b] ?? item) : index === b ? (list[a] ?? item) : item));
}

describe('secure aggregation: a client', () => {
  describe('refuses to start', () => {
    const round = setting({ merchants: 4, colluders: 1 });
    const [merchant] = round.merchants as [Merchant];
    const start = (changes: Partial<ClientOptions>) => () =>
      realParty(clientOptions(round, merchant, changes), merchant);

    it('on terms out of range or with fewer colluders than its own floor', () => {
      expectCode(start({ terms: { ...round.terms, colluders: 0 } }), 'SECAGG_TERMS_INVALID');
      expectCode(start({ colludersFloor: 2 }), 'SECAGG_COLLUDERS_BELOW_FLOOR');
    });

    it('unless its members list has itself, with its own key', () => {
      expectCode(start({ members: new Map() }), 'SECAGG_NOT_A_MEMBER');
      const members = new Map(round.members).set(merchant.name, SigningKey.generate(round.random).publicKey);
      expectCode(start({ members }), 'SECAGG_OWN_KEY_ALTERED');
    });
  });

  describe('refuses a roster', () => {
    const cases: Record<string, [ErrorCode, (roster: Roster, round: Setting) => Envelope[]]> = {
      'with fewer than U_min merchants': [
        'SECAGG_ROSTER_TOO_SMALL',
        ({ advertisements }) => advertisements.slice(0, 3),
      ],
      'with fewer merchants than the contract says': [
        'SECAGG_ROSTER_TOO_SMALL',
        ({ advertisements }) => advertisements.slice(0, 5),
      ],
      'without its own advertisement': ['SECAGG_OWN_KEY_ALTERED', ({ advertisements }) => advertisements.slice(1)],
      'with its own key altered': [
        'SECAGG_OWN_KEY_ALTERED',
        ({ advertisements }, { merchants, random }) => {
          const maskPublicKey = Buffer.from(AgreementKey.generate(random).publicKey);
          return resign(advertisements, 0, ADVERTISEMENT, { maskPublicKey }, merchants);
        },
      ],
      'with someone it does not know': [
        'SECAGG_NOT_A_MEMBER',
        ({ advertisements }, { merchants }) => resign(advertisements, 5, ADVERTISEMENT, { merchant: 'm99' }, merchants),
      ],
      'with one name twice': [
        'SECAGG_DUPLICATE',
        ({ advertisements }) => [...advertisements.slice(0, 2), ...advertisements.slice(1)],
      ],
      'with one key twice': [
        'SECAGG_DUPLICATE',
        ({ advertisements }, { merchants }) => {
          const [first] = advertisements;
          const { maskPublicKey } = decodeUnverified(first as Envelope, ADVERTISEMENT);
          return resign(advertisements, 3, ADVERTISEMENT, { boxPublicKey: maskPublicKey }, merchants);
        },
      ],
      'out of order': ['SECAGG_MESSAGE_MALFORMED', ({ advertisements }) => swap(advertisements, 2, 4)],
      'with an altered advertisement': [
        'SIGNATURE_INVALID',
        ({ advertisements }) =>
          advertisements.map((envelope, index) =>
            index === 2
              ? { ...envelope, payload: Buffer.concat([envelope.payload.subarray(0, -32), Buffer.alloc(32)]) }
              : envelope,
          ),
      ],
      'with a payload that does not decode': [
        'SECAGG_MESSAGE_MALFORMED',
        ({ advertisements }) =>
          advertisements.map((envelope, index) =>
            index === 2 ? { ...envelope, payload: Buffer.from('ffff', 'hex') } : envelope,
          ),
      ],
      'with a point of low order': [
        'SECAGG_LOW_ORDER_POINT',
        ({ advertisements }, { merchants }) =>
          resign(advertisements, 2, ADVERTISEMENT, { maskPublicKey: LOW_ORDER }, merchants),
      ],
      'with a key of another length': [
        'SECAGG_MESSAGE_MALFORMED',
        ({ advertisements }, { merchants }) =>
          resign(advertisements, 2, ADVERTISEMENT, { boxPublicKey: Buffer.alloc(31) }, merchants),
      ],
      'with an advertisement for another contract': [
        'SECAGG_CONTRACT_MISMATCH',
        ({ advertisements }, { merchants }) =>
          resign(advertisements, 2, ADVERTISEMENT, { contractSha256: Buffer.alloc(32) }, merchants),
      ],
    };
    for (const [name, [code, change]] of Object.entries(cases)) {
      it(name, () => {
        const { round, self, roster } = scene(setting({ merchants: 6, colluders: 1, minimumMerchants: 6 }));
        const advertisements = change(roster, round);
        expectRefusal(self, { step: 'roster', roster: { advertisements } }, code);
      });
    }

    it('of more merchants than the ring has room for', () => {
      const six = setting({ merchants: 6, colluders: 1 });
      const { self, roster } = scene(six, { terms: { ...six.terms, maximumMerchants: 5 } });
      expectRefusal(self, { step: 'roster', roster }, 'SECAGG_ROSTER_TOO_LARGE');
    });

    it('whose U_min is below its own floor', () => {
      const { self, roster } = scene(undefined, { survivorsFloor: 5 });
      expectRefusal(self, { step: 'roster', roster }, 'SECAGG_SURVIVORS_BELOW_FLOOR');
    });

    it('where fewer than two honest merchants would be left of U_min', () => {
      const { self, roster } = scene(setting({ merchants: 4, colluders: 3 }));
      expectRefusal(self, { step: 'roster', roster }, 'SECAGG_TOO_FEW_HONEST');
    });
  });

  describe('refuses a delivery', () => {
    const cases: Record<string, [ErrorCode, (delivery: Delivery) => Delivery]> = {
      'of fewer than U_min sharers': [
        'SECAGG_SHARERS_TOO_FEW',
        ({ sharers, shares }) => ({ sharers: sharers.slice(0, 3), shares: shares.slice(0, 2) }),
      ],
      'with a sharer that is not in the roster': [
        'SECAGG_SHARERS_NOT_IN_ROSTER',
        (delivery) => ({ ...delivery, sharers: [...delivery.sharers, 'm99'] }),
      ],
      'that leaves it out': [
        'SECAGG_NOT_A_SHARER',
        (delivery) => ({ ...delivery, sharers: delivery.sharers.slice(1) }),
      ],
      'with a sharer twice': [
        'SECAGG_DUPLICATE',
        (delivery) => ({ ...delivery, sharers: [...delivery.sharers.slice(0, 2), ...delivery.sharers.slice(1)] }),
      ],
      'with two boxes of one sender': [
        'SECAGG_DUPLICATE',
        ({ sharers, shares }) => ({ sharers, shares: [...shares.slice(0, 1), ...shares] }),
      ],
      'with a box of someone who did not share': [
        'SECAGG_MESSAGE_MALFORMED',
        (delivery) => ({ ...delivery, sharers: delivery.sharers.slice(0, 5) }),
      ],
    };
    for (const [name, [code, change]] of Object.entries(cases)) {
      it(name, () => {
        const { self, toDelivery } = scene();
        expectRefusal(self, { step: 'delivery', delivery: change(toDelivery()) }, code);
      });
    }
  });

  describe('refuses a survivor set', () => {
    const cases: Record<string, [ErrorCode, (survivors: Survivors, round: Setting) => Envelope[]]> = {
      'below U_min': ['SECAGG_SURVIVORS_TOO_FEW', ({ inputs }) => inputs.slice(0, 3)],
      'that leaves it out': ['SECAGG_NOT_A_SURVIVOR', ({ inputs }) => inputs.slice(1)],
      'with a merchant twice': ['SECAGG_DUPLICATE', ({ inputs }) => [...inputs.slice(0, 2), ...inputs.slice(1)]],
      'with an altered input': [
        'SIGNATURE_INVALID',
        ({ inputs }) =>
          inputs.map((input, index) =>
            index === 3 ? { ...input, signatures: [{ keyid: '', sig: Buffer.alloc(64) }] } : input,
          ),
      ],
      'with another input of its own': [
        'SECAGG_INPUT_ALTERED',
        ({ inputs }, { merchants }) => resign(inputs, 0, MASKED_INPUT, { vectorSha256: Buffer.alloc(32) }, merchants),
      ],
      'with an input for another roster': [
        'SECAGG_TRANSCRIPT_MISMATCH',
        ({ inputs }, { merchants }) => resign(inputs, 3, MASKED_INPUT, { transcript: Buffer.alloc(32) }, merchants),
      ],
      'with an input that was masked for another U2': [
        'SECAGG_OTHER_SHARERS',
        ({ inputs }, { merchants }) => resign(inputs, 3, MASKED_INPUT, { sharersHash: Buffer.alloc(32) }, merchants),
      ],
      'with someone who never shared': [
        'SECAGG_SURVIVORS_NOT_SHARERS',
        ({ inputs }, { merchants }) => resign(inputs, 5, MASKED_INPUT, { merchant: 'm99' }, merchants),
      ],
    };
    for (const [name, [code, change]] of Object.entries(cases)) {
      it(name, () => {
        const { round, self, toSurvivors } = scene();
        expectRefusal(self, { step: 'survivors', survivors: { inputs: change(toSurvivors(), round) } }, code);
      });
    }
  });

  describe('refuses to unmask', () => {
    const cases: Record<string, [ErrorCode, (agreements: Agreements, round: Setting) => Envelope[]]> = {
      'against fewer than T signatures': ['SECAGG_QUORUM_MISSED', ({ agreements }) => agreements.slice(0, 3)],
      'against one signature counted twice': [
        'SECAGG_DUPLICATE',
        ({ agreements }) => [...agreements.slice(0, 3), ...agreements.slice(2, 3)],
      ],
      'against a signature that is not the signer’s': [
        'SIGNATURE_INVALID',
        ({ agreements }) =>
          agreements.map((one, index) =>
            index === 1 ? { ...one, signatures: [...(agreements[2]?.signatures ?? [])] } : one,
          ),
      ],
      'against a signature of someone who is no survivor': [
        'SECAGG_SIGNER_UNLISTED',
        ({ agreements }, { merchants }) => resign(agreements, 5, AGREEMENT, { merchant: 'm99' }, merchants),
      ],
      'against a signature on another survivor set': [
        'SECAGG_VIEW_DISAGREES',
        ({ agreements }, { merchants }) =>
          resign(agreements, 4, AGREEMENT, { survivorsHash: Buffer.alloc(32) }, merchants),
      ],
      'against a signature on other inputs': [
        'SECAGG_VIEW_DISAGREES',
        ({ agreements }, { merchants }) =>
          resign(agreements, 4, AGREEMENT, { inputsHash: Buffer.alloc(32) }, merchants),
      ],
      'against a signature for another roster': [
        'SECAGG_TRANSCRIPT_MISMATCH',
        ({ agreements }, { merchants }) =>
          resign(agreements, 4, AGREEMENT, { transcript: Buffer.alloc(32) }, merchants),
      ],
    };
    for (const [name, [code, change]] of Object.entries(cases)) {
      it(name, () => {
        const { round, self, toAgreements } = scene();
        const agreements = change(toAgreements(), round);
        expectRefusal(self, { step: 'agreements', agreements: { agreements } }, code);
      });
    }

    it('for one peer with both kinds of share, and destroys the one it did not give', () => {
      const part = (fill: number): { share: Uint8Array; nonce: Uint8Array } => ({
        share: new Uint8Array(32).fill(fill),
        nonce: new Uint8Array(32).fill(fill),
      });
      const pair = { 'self-mask': part(1), 'mask-key': part(2) };
      const held = new HeldShares(new Map([['m01', pair]]));
      expect(held.release('m01', 'self-mask')?.share[0]).to.equal(1);
      expect(held.release('m01', 'self-mask')?.share[0]).to.equal(1);
      expect(pair['mask-key'].share.every((byte) => byte === 0)).to.equal(true);
      expectCode(() => held.release('m01', 'mask-key'), 'SECAGG_BOTH_SHARES');
      expect(held.release('m02', 'mask-key')).to.equal(undefined);
      expectCode(() => held.release('m02', 'self-mask'), 'SECAGG_BOTH_SHARES');
    });
  });
});
