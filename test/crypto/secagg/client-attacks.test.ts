import { expect } from 'chai';
import { combineShares, lagrangeAtZero } from '../../../crypto/index.js';
import type { Envelope, ServerStep } from '../../../crypto/index.js';
import { SHARE_BOX_BYTES } from '../../../crypto/secagg/dealing.js';
import { SHARING, UNMASKING, decodeUnverified } from '../../../crypto/secagg/messages.js';
import { selfMaskCommitment } from '../../../crypto/secagg/transcript.js';
import { planUnmasking } from '../../../crypto/secagg/unmasking.js';
import { LenientClient } from './lenient-client.js';
import { resigned } from './resigned.js';
import { clientOptions, playRound, realParties, setting, trueSum, value } from './setting.js';
import type { Party, RoundResult } from './setting.js';

/** A party whose messages pass through `alter` before they are sent. */
function altering(party: Party, alter: Partial<Record<ServerStep, (envelope: Envelope) => Envelope>>): Party {
  const pass = (step: ServerStep, envelope: Envelope): Envelope => alter[step]?.(envelope) ?? envelope;
  return {
    merchant: party.merchant,
    advertisement: pass('advertise', party.advertisement),
    receive: (message) => {
      const output = party.receive(message);
      if (output.kind === 'sharing') return { ...output, sharing: pass('share', output.sharing) };
      if (output.kind === 'unmasking') return { ...output, unmasking: pass('unmask', output.unmasking) };
      return output;
    },
  };
}

describe('secure aggregation: a client that', () => {
  it('reveals garbage is left out by name, and the sum stays exact; decoded with it, a secret is wrong', () => {
    const round = setting({ merchants: 6, colluders: 1 });
    const parties = realParties(round).map((party) =>
      party.merchant.name === 'm01'
        ? altering(party, {
            unmask: (envelope) =>
              resigned(round, envelope, UNMASKING, ({ shares }) => ({
                shares: shares.map((share) => ({ ...share, share: Buffer.alloc(32, 7) })),
              })),
          })
        : party,
    );
    const { server, stored, sum } = playRound(round, parties);
    expect(sum).to.deep.equal(trueSum(round, server.survivors));
    expect(server.faults).to.have.lengthOf(5);
    for (const fault of server.faults) expect(fault).to.include({ merchant: 'm01', code: 'SECAGG_SHARE_UNOPENED' });

    // The control: any t shares of m00's self-mask, m01's among them, give another seed than any t others.
    const shares = stored
      .filter(({ step }) => step === 'unmask')
      .flatMap(({ envelope }) => decodeUnverified(envelope, UNMASKING).shares.filter(({ owner }) => owner === 'm00'))
      .map(({ share }) => share);
    const [seed] = value(server.closeUnmasking()).selfMaskSeeds;
    expect(shares).to.have.lengthOf(5);
    expect(combineShares(shares.slice(0, 3), lagrangeAtZero([2, 3, 4]))).not.to.deep.equal(seed);
    expect(combineShares(shares.slice(1, 4), lagrangeAtZero([3, 4, 5]))).to.deep.equal(seed);
  });

  it('sends garbage boxes to all costs the round, by name and step; to few, nothing', () => {
    const round = setting({ merchants: 6, colluders: 1 });
    const play = (spoiled: number): RoundResult =>
      playRound(
        round,
        realParties(round).map((party) =>
          party.merchant.name === 'm01'
            ? altering(party, {
                share: (envelope) =>
                  resigned(round, envelope, SHARING, ({ shares }) => ({
                    shares: shares.map((share, index) =>
                      index < spoiled ? { ...share, box: Buffer.alloc(SHARE_BOX_BYTES, 3) } : share,
                    ),
                  })),
              })
            : party,
        ),
      );
    const few = play(2);
    expect(few.sum).to.deep.equal(trueSum(round, few.server.survivors));
    expect(few.server.survivors).to.include('m01');
    // Whoever could not open its box holds nothing, and so reveals nothing that would not open.
    expect(few.server.faults).to.deep.equal([]);
    const all = play(5);
    expect(all.code).to.equal('SECAGG_SHARES_TOO_FEW');
    expect(all.server.closeUnmasking()).to.have.property('reason').that.includes('unmask').and.includes('m01');
  });

  for (const { secret, code } of [
    { secret: 'selfMask', code: 'SECAGG_SELF_MASK_WRONG' },
    { secret: 'maskSecret', code: 'SECAGG_MASK_KEY_WRONG' },
  ] as const) {
    it(`deals shares of another ${secret} ends the round as ${code}; unchecked, the sum would be wrong`, () => {
      const round = setting({ merchants: 6, colluders: 1 });
      const [, liar] = round.merchants;
      if (liar === undefined) throw new Error('a liar');
      const wrong = new Uint8Array(32).fill(7);
      const dealsInstead = secret === 'selfMask' ? { selfMask: wrong } : { maskSecret: wrong };
      const dealer = new LenientClient(clientOptions(round, liar), liar, { binding: 'roster', dealsInstead });
      const parties = realParties(round).map((party) => (party.merchant === liar ? dealer : party));
      const losses = secret === 'maskSecret' ? { input: [liar.name] } : {};
      const { server, code: got, stored } = playRound(round, parties, { losses });
      expect(got).to.equal(code);
      expect(server.closeUnmasking()).to.have.property('reason').that.includes('unmask').and.includes(liar.name);
      expect(server.faults).to.deep.equal([]);

      // The control: a plan that is not held against the commitment decodes to what was dealt, not to what masked.
      if (secret !== 'selfMask') return;
      const view = dealer.view;
      const commitments = new Map(
        stored
          .filter(({ step }) => step === 'share')
          .map(({ envelope }) => decodeUnverified(envelope, SHARING))
          .map(({ merchant, selfMaskCommitment }) => [merchant, selfMaskCommitment]),
      );
      commitments.set(liar.name, selfMaskCommitment(view.transcript, liar.name, wrong));
      const names = round.merchants.map(({ name }) => name);
      const shares = stored
        .filter(({ step }) => step === 'unmask')
        .map(({ envelope }) => decodeUnverified(envelope, UNMASKING))
        .flatMap(({ merchant, shares: list }) => list.map(({ owner, share }) => ({ owner, holder: merchant, share })));
      const hash = Buffer.alloc(32);
      const survivors = { names, sharersHash: hash, survivorsHash: hash, inputsHash: hash };
      const plan = planUnmasking({ view, sharers: { names, hash }, survivors, commitments, shares });
      expect(plan.selfMaskSeeds[1]).to.deep.equal(wrong);
    });
  }

  it('checks nothing still comes to the same sum with ours, so the controls speak the same protocol', () => {
    const round = setting({ merchants: 6, colluders: 1 });
    const parties = realParties(round).map((party, index) =>
      index % 2 === 0
        ? party
        : new LenientClient(clientOptions(round, party.merchant), party.merchant, { binding: 'roster' }),
    );
    const { server, sum } = playRound(round, parties, { losses: { input: ['m01'] } });
    expect(sum).to.deep.equal(trueSum(round, server.survivors));
    expect(server.faults).to.deep.equal([]);
  });
});
