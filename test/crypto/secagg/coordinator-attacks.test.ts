import { expect } from 'chai';
import { AgreementKey, SigningKey } from '../../../crypto/index.js';
import { UNMASKING, decodeUnverified } from '../../../crypto/secagg/messages.js';
import type { Roster } from '../../../proto/index.js';
import { expectCode } from '../../expect-code.js';
import { Conspiracy } from './conspiracy.js';
import { cast, collect, collude, names, partyOf, pick, rosterOf, unmaskOn, vectorOf } from './hostile.js';
import { forgeMaskKey, lenientView } from './lenient-client.js';
import { addTo, answer, clientOptions, playRound, realParties, realParty, setting, trueSum } from './setting.js';
import type { Party, Setting } from './setting.js';

describe('secure aggregation: a coordinator that', () => {
  it('adds sybils: succeeds with whom the client takes for members, fails with a pinned list', () => {
    const round = setting({ merchants: 4, colluders: 1, minimumSurvivors: 3 });
    const [victim] = round.merchants;
    if (victim === undefined) throw new Error('a victim');
    const play = (members: ReadonlyMap<string, Uint8Array>): Uint32Array | undefined => {
      const parties = cast(round, 'real', []).map((party) =>
        party.merchant === victim ? realParty(clientOptions(round, victim, { members }), victim) : party,
      );
      const { sum } = playRound(round, parties);
      for (const { merchant } of parties.slice(1))
        if (sum)
          addTo(
            sum,
            merchant.vector.map((word) => -word),
            32,
          );
      return sum;
    };
    // The platform's word for who is a merchant, taken: the coordinator subtracts its own inputs.
    expect(play(round.members)).to.deep.equal(victim.vector);
    const pinned = new Map([[victim.name, victim.identity.publicKey]]);
    expectCode(() => play(pinned), 'SECAGG_NOT_A_MEMBER');
    const replaced = new Map([...round.members, ['m01', SigningKey.generate(round.random).publicKey]] as const);
    expectCode(() => play(replaced), 'SIGNATURE_INVALID');
  });

  describe('replaces s-keys by its own', () => {
    const round = setting({ merchants: 5, colluders: 1 });
    const all = names(round);
    const forger = SigningKey.generate(round.random);
    const prepare = (parties: readonly Party[], keys: readonly AgreementKey[]): Roster => ({
      advertisements: parties.map(({ advertisement }, index) => {
        const key = keys[index];
        return index === 0 || key === undefined ? advertisement : forgeMaskKey(advertisement, key.publicKey, forger);
      }),
    });
    const keys = all.map(() => AgreementKey.generate(round.random));

    it('knows all of a victim’s masks where signatures are not checked', () => {
      const parties = cast(round, 'lenient', []);
      const forged = prepare(parties, keys);
      const honest = rosterOf(parties);
      const { inputs, masked } = collect(parties, {
        roster: (name) => (name === 'm00' ? forged : honest),
        sharers: () => all,
      });
      const conspiracy = new Conspiracy();
      for (const key of keys) conspiracy.knowMaskKey(key);
      for (const name of all.slice(1)) unmaskOn(partyOf(parties, name), pick(inputs, all), conspiracy);
      const [view, dealtOn] = [lenientView(forged, round), lenientView(honest, round)];
      const own = masked.get('m00') ?? new Uint32Array();
      const stripped = conspiracy.strip({ name: 'm00', masked: own, sharers: all, view, dealtOn });
      expect(stripped).to.deep.equal(vectorOf(round, 'm00'));
    });

    it('is refused: a peer’s key by its signature, one’s own by sight', () => {
      const parties = cast(round, 'real', []);
      const roster = prepare(parties, keys);
      expectCode(() => partyOf(parties, 'm00').receive({ step: 'roster', roster }), 'SIGNATURE_INVALID');
      expectCode(() => partyOf(parties, 'm01').receive({ step: 'roster', roster }), 'SECAGG_OWN_KEY_ALTERED');
    });
  });

  it('lowers c: two colluders uncover a merchant where one was allowed for, unless its floor says two', () => {
    const round = setting({ merchants: 4, colluders: 1, minimumSurvivors: 3 });
    const { sum } = playRound(round, realParties(round), { losses: { input: ['m01'] } });
    for (const name of ['m02', 'm03']) if (sum) addTo(sum, vectorOf(round, name)?.map((word) => -word) ?? sum, 32);
    expect(sum).to.deep.equal(vectorOf(round, 'm00'));

    const [victim] = round.merchants;
    if (victim === undefined) throw new Error('a victim');
    const options = clientOptions(round, victim, { colludersFloor: 2 });
    expectCode(() => realParty(options, victim), 'SECAGG_COLLUDERS_BELOW_FLOOR');
  });

  it('lowers U_min: refused below the client’s own floor, and where fewer than two honest would be left', () => {
    const low = setting({ merchants: 4, colluders: 1, minimumSurvivors: 3 });
    const parties = low.merchants.map((merchant) =>
      realParty(clientOptions(low, merchant, { survivorsFloor: 4 }), merchant),
    );
    const message = { step: 'roster', roster: rosterOf(parties) } as const;
    for (const party of parties) expectCode(() => party.receive(message), 'SECAGG_SURVIVORS_BELOW_FLOOR');

    const crowd = setting({ merchants: 4, colluders: 3 });
    const control = cast(crowd, 'lenient', []);
    const colluders = ['m01', 'm02', 'm03'];
    const roster = rosterOf(control);
    const { masked } = collect(control, { roster: () => roster, sharers: () => names(crowd) });
    const conspiracy = new Conspiracy();
    collude(conspiracy, control, colluders);
    const view = lenientView(roster, crowd);
    const own = masked.get('m00') ?? new Uint32Array();
    const stripped = conspiracy.strip({ name: 'm00', masked: own, sharers: names(crowd), view, dealtOn: view });
    expect(stripped).to.deep.equal(vectorOf(crowd, 'm00'));
    const real = cast(crowd, 'real', colluders);
    expectCode(() => partyOf(real, 'm00').receive({ step: 'roster', roster: rosterOf(real) }), 'SECAGG_TOO_FEW_HONEST');
  });

  describe('replays an advertisement whose key an earlier round revealed', () => {
    const round = setting({ merchants: 4, colluders: 1, minimumSurvivors: 3 });
    const all = names(round);
    const next: Setting = { ...round, terms: { ...round.terms, contractSha256: new Uint8Array(32).fill(1) } };

    it('knows that mask where contracts are not compared', () => {
      // Round 1: m01 vanishes after R1, so the others rightly reveal its mask key.
      const before = cast(round, 'lenient', []);
      const rosterBefore = rosterOf(before);
      const conspiracy = new Conspiracy();
      const { inputs: inputsBefore } = collect(before, { roster: () => rosterBefore, sharers: () => all });
      for (const name of ['m00', 'm02', 'm03']) {
        unmaskOn(partyOf(before, name), pick(inputsBefore, ['m00', 'm02', 'm03']), conspiracy);
      }
      const secret = conspiracy.decode('m01', 'mask-key', lenientView(rosterBefore, round));
      // Round 2: the victim is shown m01's old advertisement; m03 colludes; m02 is misled about who vanished.
      const parties = cast(next, 'lenient', []);
      const roster = rosterOf(parties);
      const old = rosterBefore.advertisements[1];
      const forVictim = {
        advertisements: roster.advertisements.map((one, index) => (index === 1 ? (old ?? one) : one)),
      };
      const { inputs, masked } = collect(parties, {
        roster: (name) => (name === 'm00' ? forVictim : roster),
        sharers: () => all,
      });
      const second = new Conspiracy();
      collude(second, parties, ['m03']);
      second.knowMaskKey(AgreementKey.fromSecret(secret ?? new Uint8Array(32)));
      unmaskOn(partyOf(parties, 'm02'), pick(inputs, all), second);
      unmaskOn(partyOf(parties, 'm01'), pick(inputs, ['m00', 'm01', 'm03']), second);
      const [view, dealtOn] = [lenientView(forVictim, next), lenientView(roster, next)];
      const own = masked.get('m00') ?? new Uint32Array();
      const stripped = second.strip({ name: 'm00', masked: own, sharers: all, view, dealtOn });
      expect(stripped).to.deep.equal(vectorOf(round, 'm00'));
    });

    it('is refused: the contract’s hash is signed with the keys', () => {
      const [, old] = realParties(round);
      const parties = realParties(next);
      const roster = rosterOf(parties);
      if (old !== undefined) roster.advertisements[1] = old.advertisement;
      expectCode(() => parties[0]?.receive({ step: 'roster', roster }), 'SECAGG_CONTRACT_MISMATCH');
      expectCode(() => parties[1]?.receive({ step: 'roster', roster }), 'SECAGG_OWN_KEY_ALTERED');
    });
  });

  it('asks for R2 twice: gets the difference of two noises from a client that masks again, nothing from ours', () => {
    const round = setting({ merchants: 4, colluders: 1 });
    const all = names(round);
    const lenient = cast(round, 'lenient', []);
    const roster = rosterOf(lenient);
    const { masked } = collect(lenient, { roster: () => roster, sharers: () => all });
    const [first] = lenient;
    const again = first && answer(first, { step: 'input', vector: new Uint32Array(5).fill(7) }, 'masked').vector;
    const difference = masked.get('m00')?.map((word, index) => word - (again?.[index] ?? 0) + 7);
    expect(difference).to.deep.equal(vectorOf(round, 'm00'));

    const real = realParties(round);
    const realRoster = rosterOf(real);
    collect(real, { roster: () => realRoster, sharers: () => all });
    const vector = new Uint32Array(5).fill(7);
    expectCode(() => real[0]?.receive({ step: 'input', vector }), 'SECAGG_SECOND_INPUT');
    expect([...vector]).to.deep.equal([7, 7, 7, 7, 7]);
  });

  it('withholds boxes: who got none reveals none, and the sum is exact while t are left', () => {
    const round = setting({ merchants: 6, colluders: 1 });
    const parties = realParties(round).map((party): Party => {
      if (party.merchant.name !== 'm00') return party;
      const receive: Party['receive'] = (message) => {
        if (message.step !== 'delivery') return party.receive(message);
        const shares = message.delivery.shares.filter(({ sender }) => sender !== 'm03');
        return party.receive({ step: 'delivery', delivery: { ...message.delivery, shares } });
      };
      return { merchant: party.merchant, advertisement: party.advertisement, receive };
    });
    const { server, stored, sum } = playRound(round, parties);
    expect(server.survivors).to.deep.equal(names(round));
    expect(sum).to.deep.equal(trueSum(round, names(round)));
    const revealed = stored
      .filter(({ step, merchant }) => step === 'unmask' && merchant === 'm00')
      .flatMap(({ envelope }) => decodeUnverified(envelope, UNMASKING).shares.map(({ owner }) => owner));
    expect(revealed).to.deep.equal(['m01', 'm02', 'm04', 'm05']);
  });
});
