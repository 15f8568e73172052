import { expect } from 'chai';
import { ATTACHMENT_BYTES, finish } from '../../../crypto/index.js';
import type { ClientInput, RandomSource } from '../../../crypto/index.js';
import { expectCode } from '../../expect-code.js';
import { expectRefusal, scene } from './scene.js';
import { realParties, setting, value } from './setting.js';
import type { Setting } from './setting.js';

/** The setting's coins, noting every 32 bytes drawn: the two secret keys, the coin and b come first. */
function recording({ random }: Setting, drawn: Uint8Array[]): RandomSource {
  return {
    bytes: (count) => {
      const bytes = random.bytes(count);
      if (count === 32) drawn.push(bytes);
      return bytes;
    },
  };
}

describe('secure aggregation: a client', () => {
  it('answers the same message with the same bytes at every step, and a different one never', () => {
    const steps: ((s: ReturnType<typeof scene>) => [ClientInput, ClientInput])[] = [
      ({ roster }) => [
        { step: 'roster', roster },
        { step: 'roster', roster: { advertisements: roster.advertisements.slice(0, 5) } },
      ],
      ({ toDelivery }) => {
        const delivery = toDelivery();
        return [
          { step: 'delivery', delivery },
          { step: 'delivery', delivery: { ...delivery, shares: delivery.shares.slice(1) } },
        ];
      },
      ({ toSurvivors }) => {
        const survivors = toSurvivors();
        return [
          { step: 'survivors', survivors },
          { step: 'survivors', survivors: { inputs: survivors.inputs.slice(0, 5) } },
        ];
      },
      ({ toAgreements }) => {
        const agreements = toAgreements();
        return [
          { step: 'agreements', agreements },
          { step: 'agreements', agreements: { agreements: agreements.agreements.slice(0, 5) } },
        ];
      },
    ];
    for (const step of steps) {
      const stage = scene();
      const [message, other] = step(stage);
      const first = stage.self.receive(message);
      expect(stage.self.receive({ ...message })).to.deep.equal(first);
      expectRefusal(stage.self, other, 'SECAGG_SECOND_VIEW');
    }
  });

  it('verifies signatures ahead, one a turn, and takes nothing for verified that is not', () => {
    const unsigned = <T extends { signatures: unknown[] }>(envelopes: readonly T[]): T[] =>
      envelopes.map((envelope, index) => (index === 3 ? { ...envelope, signatures: [] } : envelope));

    const ahead = scene();
    const work = ahead.self.client.verifying({ step: 'roster', roster: ahead.roster });
    expect([...work]).to.have.length(ahead.roster.advertisements.length);
    const copies = { advertisements: unsigned(ahead.roster.advertisements) };
    finish(ahead.self.client.verifying({ step: 'roster', roster: copies }));
    expectRefusal(ahead.self, { step: 'roster', roster: copies }, 'SIGNATURE_INVALID');

    // The control: what was verified is not computed again.
    const control = scene();
    finish(control.self.client.verifying({ step: 'roster', roster: control.roster }));
    const [, other] = control.roster.advertisements;
    other?.signatures.splice(0);
    expect(control.self.receive({ step: 'roster', roster: control.roster }).kind).to.equal('sharing');

    for (const step of ['survivors', 'agreements'] as const) {
      const stage = scene();
      const message: Extract<ClientInput, { step: 'survivors' | 'agreements' }> =
        step === 'survivors'
          ? { step, survivors: { inputs: unsigned(stage.toSurvivors().inputs) } }
          : { step, agreements: { agreements: unsigned(stage.toAgreements().agreements) } };
      finish(stage.self.client.verifying(message));
      expectRefusal(stage.self, message, 'SIGNATURE_INVALID');
    }
  });

  it('masks one vector a round, of the round’s length', () => {
    const { self, toDelivery } = scene();
    const delivery = toDelivery();
    self.receive({ step: 'delivery', delivery });
    expect(() => self.receive({ step: 'input', vector: new Uint32Array(4) })).to.throw(RangeError);
    expect(self.client.phase).to.equal('delivered');
    self.receive({ step: 'input', vector: new Uint32Array(5) });
    expectRefusal(self, { step: 'input', vector: new Uint32Array(5) }, 'SECAGG_SECOND_INPUT');
  });

  it('refuses what comes out of turn', () => {
    const messages: ClientInput[] = [
      { step: 'delivery', delivery: { sharers: [], shares: [] } },
      { step: 'input', vector: new Uint32Array(5) },
      { step: 'survivors', survivors: { inputs: [] } },
      { step: 'agreements', agreements: { agreements: [] } },
    ];
    for (const message of messages) expectRefusal(scene().self, message, 'SECAGG_STEP_UNEXPECTED');
  });

  it('holds no share where a box is missing, altered or of other hashes, and keeps its sender in U2', () => {
    const { self, toDelivery, round } = scene();
    const delivery = toDelivery();
    const shares = delivery.shares.flatMap((share, index) => {
      if (index === 0) return [];
      if (index === 1) return [{ ...share, box: Buffer.from(share.box).fill(0, 30, 31) }];
      if (index === 2) return [{ ...share, selfMaskShareHash: Buffer.alloc(32) }];
      return [share];
    });
    const { sharers } = self.client.receive({ step: 'delivery', delivery: { ...delivery, shares } });
    expect(sharers).to.deep.equal(round.merchants.map(({ name }) => name));
  });

  it('holds nothing secret any more once it has refused', () => {
    const round = setting({ merchants: 4, colluders: 1 });
    const secrets: Uint8Array[] = [];
    const { self, toDelivery } = scene(round, { random: recording(round, secrets) });
    const delivery = toDelivery();
    expect(secrets.slice(0, 4).some((bytes) => bytes.some((byte) => byte !== 0))).to.equal(true);
    expectRefusal(self, { step: 'delivery', delivery: { ...delivery, sharers: [] } }, 'SECAGG_NOT_A_SHARER');
    expect(secrets.slice(0, 4).every((bytes) => bytes.every((byte) => byte === 0))).to.equal(true);
  });

  it('goes through its phases, and keeps nothing secret after the last', () => {
    const round = setting({ merchants: 4, colluders: 1 });
    const secrets: Uint8Array[] = [];
    const { self, toAgreements } = scene(round, { random: recording(round, secrets) });
    expect(self.client.phase).to.equal('advertised');
    const agreements = toAgreements();
    expect(self.client.phase).to.equal('agreed');
    const { unmasking } = self.client.receive({ step: 'agreements', agreements });
    expect(self.client.phase).to.equal('done');
    expect(secrets.slice(0, 4).every((bytes) => bytes.every((byte) => byte === 0))).to.equal(true);
    expect(self.client.receive({ step: 'agreements', agreements }).unmasking).to.deep.equal(unmasking);
    self.client.erase();
    expectCode(() => self.receive({ step: 'agreements', agreements }), 'SECAGG_ROUND_OVER');
  });

  it('signs what is attached to R4 with the rest, tells before whose sum it is, and hands it to the coordinator', () => {
    const round = setting({ merchants: 5, colluders: 1 });
    const { server, self, toAgreements } = scene(round);
    const agreements = toAgreements();
    const { rosterSize, sharers, survivors } = self.client.receive({
      step: 'survivors',
      survivors: value(server.closeCollecting()),
    });
    expect(rosterSize).to.equal(5);
    expect(sharers).to.deep.equal(round.merchants.map(({ name }) => name));
    expect(survivors).to.deep.equal(sharers);
    const tooLong = new Uint8Array(ATTACHMENT_BYTES + 1);
    expect(() => self.receive({ step: 'agreements', agreements, attachment: tooLong })).to.throw(RangeError);
    const attachment = Uint8Array.of(1, 2, 3);
    const { unmasking } = self.client.receive({ step: 'agreements', agreements, attachment });
    expect(self.client.receive({ step: 'agreements', agreements }).unmasking).to.deep.equal(unmasking);
    server.accept('unmask', self.merchant.name, unmasking);
    expect([...server.attachments]).to.deep.equal([[self.merchant.name, Buffer.from(attachment)]]);
  });

  it('erases itself at the deadline when the coordinator is silent after R3', () => {
    const [party] = realParties(setting({ merchants: 4, colluders: 1 }));
    party?.client.erase();
    expect(party?.client.phase).to.equal('erased');
    expectCode(() => party?.receive({ step: 'roster', roster: { advertisements: [] } }), 'SECAGG_ROUND_OVER');
  });
});
