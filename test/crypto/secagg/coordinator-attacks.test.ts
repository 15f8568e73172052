import { expect } from 'chai';
import { AgreementKey, SecAggServer, SigningKey } from '../../../crypto/index.js';
import type { Envelope } from '../../../crypto/index.js';
import { SHARING, decodeUnverified } from '../../../crypto/secagg/messages.js';
import type { Delivery, Roster } from '../../../proto/index.js';
import { expectCode } from '../../expect-code.js';
import { Conspiracy } from './conspiracy.js';
import { LenientClient, forgeMaskKey, lenientView } from './lenient-client.js';
import { addTo, answer, clientOptions, playRound, realParties, realParty, setting, value } from './setting.js';
import type { Party, Setting } from './setting.js';

/** Who plays the honest merchants: the real client, or its control without any check. Colluders are always lenient. */
type Honest = 'real' | 'lenient';

function cast(round: Setting, honest: Honest, colluders: readonly string[]): Party[] {
  return round.merchants.map((merchant) => {
    const options = clientOptions(round, merchant);
    return honest === 'real' && !colluders.includes(merchant.name)
      ? realParty(options, merchant)
      : new LenientClient(options, merchant);
  });
}

function partyOf(parties: readonly Party[], name: string): Party {
  const party = parties.find(({ merchant }) => merchant.name === name);
  if (party === undefined) throw new Error(`no ${name}`);
  return party;
}

function rosterOf(parties: readonly Party[]): Roster {
  return { advertisements: parties.map(({ advertisement }) => advertisement) };
}

/** What a merchant gets of the R1 envelopes of `sharers`. */
function deliveryFor(name: string, sharings: ReadonlyMap<string, Envelope>, sharers: readonly string[]): Delivery {
  const shares = sharers.flatMap((sender) => {
    const envelope = sharings.get(sender);
    const sealed = envelope && decodeUnverified(envelope, SHARING).shares.find(({ recipient }) => recipient === name);
    return sealed === undefined ? [] : [{ ...sealed, sender }];
  });
  return { sharers: [...sharers], shares };
}

function collude(conspiracy: Conspiracy, parties: readonly Party[], colluders: readonly string[]): void {
  for (const party of parties) {
    if (party instanceof LenientClient && colluders.includes(party.merchant.name)) conspiracy.collude(party);
  }
}

/** A coordinator that chooses what each merchant is shown, up to R2. */
function collect(
  parties: readonly Party[],
  shown: { readonly roster: (name: string) => Roster; readonly sharers: (name: string) => readonly string[] },
): { readonly inputs: Map<string, Envelope>; readonly masked: Map<string, Uint32Array> } {
  const sharings = new Map<string, Envelope>();
  for (const party of parties) {
    const { name } = party.merchant;
    sharings.set(name, answer(party, { step: 'roster', roster: shown.roster(name) }, 'sharing').sharing);
  }
  const inputs = new Map<string, Envelope>();
  const masked = new Map<string, Uint32Array>();
  for (const party of parties) {
    const { name, vector } = party.merchant;
    const delivery = deliveryFor(name, sharings, shown.sharers(name));
    answer(party, { step: 'delivery', delivery }, 'sharers');
    const output = answer(party, { step: 'input', vector: vector.slice() }, 'masked');
    inputs.set(name, output.input);
    masked.set(name, output.vector);
  }
  return { inputs, masked };
}

function pick(inputs: ReadonlyMap<string, Envelope>, names: readonly string[]): Envelope[] {
  return names.flatMap((name) => inputs.get(name) ?? []);
}

/** R3 and R4 with one merchant, on a view of its own; the agreements shown to it are `signers`' on that same view. */
function unmaskOn(party: Party, inputs: Envelope[], conspiracy: Conspiracy, agreements: Envelope[] = []): void {
  const { agreement } = answer(party, { step: 'survivors', survivors: { inputs } }, 'agreement');
  const shown = agreements.length > 0 ? agreements : [agreement];
  conspiracy.read(answer(party, { step: 'agreements', agreements: { agreements: shown } }, 'unmasking').unmasking);
}

const names = (round: Setting): string[] => round.merchants.map(({ name }) => name);
const vectorOf = (round: Setting, name: string): Uint32Array | undefined =>
  round.merchants.find((merchant) => merchant.name === name)?.vector;

describe('secure aggregation: a coordinator that', () => {
  describe('hides clients from one victim’s U2', () => {
    const round = setting({ merchants: 10, colluders: 1 });
    const all = names(round);
    const colluder = 'm09';
    const shownToVictim = ['m00', 'm01', 'm02', 'm03', 'm04', colluder];
    const survivors = ['m00', 'm05', 'm06', 'm07', 'm08', colluder];
    const prepare = (honest: Honest): { parties: Party[]; inputs: Map<string, Envelope>; masked?: Uint32Array } => {
      const parties = cast(round, honest, [colluder]);
      const roster = rosterOf(parties);
      const { inputs, masked } = collect(parties, {
        roster: () => roster,
        sharers: (name) => (name === 'm00' ? shownToVictim : all),
      });
      const own = masked.get('m00');
      return { parties, inputs, ...(own && { masked: own }) };
    };

    it('strips the victim’s masks where nobody compares H(U2)', () => {
      const { parties, inputs, masked = new Uint32Array() } = prepare('lenient');
      const conspiracy = new Conspiracy();
      collude(conspiracy, parties, [colluder]);
      for (const name of survivors.slice(1, 5)) unmaskOn(partyOf(parties, name), pick(inputs, survivors), conspiracy);
      const view = lenientView(rosterOf(parties), round);
      const stripped = conspiracy.strip({ name: 'm00', masked, sharers: shownToVictim, view, dealtOn: view });
      expect(stripped).to.deep.equal(vectorOf(round, 'm00'));
    });

    it('is refused by every survivor, the victim included', () => {
      const { parties, inputs } = prepare('real');
      for (const name of survivors.slice(0, 5)) {
        const message = { step: 'survivors', survivors: { inputs: pick(inputs, survivors) } } as const;
        // The victim knows nothing of those who were hidden from it; the others see that it masked for another U2.
        const code = name === 'm00' ? 'SECAGG_SURVIVORS_NOT_SHARERS' : 'SECAGG_OTHER_SHARERS';
        expectCode(() => partyOf(parties, name).receive(message), code);
      }
    });
  });

  describe('shows two survivor sets', () => {
    // Every merchant sees 6 = U_min survivors. m01 to m08 are each said to have vanished to four others, so that with
    // the colluder's share five holders give out each one's mask key, and everyone gives out the victim's self-mask.
    const round = setting({ merchants: 10, colluders: 1 });
    const all = names(round);
    const colluder = 'm09';
    const hiddenFrom = (name: string): string[] => {
      const index = Number(name.slice(1));
      return [1, 2, 3, 4].map((step) => `m0${((index - 1 + step) % 8) + 1}`);
    };
    const viewOf = (name: string): string[] => all.filter((other) => !hiddenFrom(name).includes(other));
    const ring = all.slice(1, 9);

    it('uncovers one merchant where nobody asks for a quorum on one view', () => {
      const parties = cast(round, 'lenient', [colluder]);
      const roster = rosterOf(parties);
      const { inputs, masked } = collect(parties, { roster: () => roster, sharers: () => all });
      const conspiracy = new Conspiracy();
      collude(conspiracy, parties, [colluder]);
      for (const name of ring) unmaskOn(partyOf(parties, name), pick(inputs, viewOf(name)), conspiracy);
      const view = lenientView(roster, round);
      const own = masked.get('m00') ?? new Uint32Array();
      const stripped = conspiracy.strip({ name: 'm00', masked: own, sharers: all, view, dealtOn: view });
      expect(stripped).to.deep.equal(vectorOf(round, 'm00'));
    });

    it('finds no quorum for any of them', () => {
      const parties = cast(round, 'real', []);
      const roster = rosterOf(parties);
      const { inputs } = collect(parties, { roster: () => roster, sharers: () => all });
      const agreements = ring.map((name) => {
        const survivors = { inputs: pick(inputs, viewOf(name)) };
        return answer(partyOf(parties, name), { step: 'survivors', survivors }, 'agreement').agreement;
      });
      ring.forEach((name, index) => {
        const own = agreements[index];
        const listed = agreements.filter((_, other) => viewOf(name).includes(ring[other] ?? ''));
        const shown = index % 2 === 0 && own ? [own] : listed;
        expectCode(
          () => partyOf(parties, name).receive({ step: 'agreements', agreements: { agreements: shown } }),
          index % 2 === 0 ? 'SECAGG_QUORUM_MISSED' : 'SECAGG_VIEW_DISAGREES',
        );
      });
    });
  });

  describe('lists a merchant as alive, then as dropped', () => {
    const round = setting({ merchants: 4, colluders: 1, minimumSurvivors: 3 });
    const all = names(round);
    const without = all.slice(1);

    it('uncovers it where clients answer both', () => {
      const parties = cast(round, 'lenient', []);
      const roster = rosterOf(parties);
      const { inputs, masked } = collect(parties, { roster: () => roster, sharers: () => all });
      const conspiracy = new Conspiracy();
      for (const name of ['m01', 'm02']) {
        unmaskOn(partyOf(parties, name), pick(inputs, all), conspiracy);
        unmaskOn(partyOf(parties, name), pick(inputs, without), conspiracy);
      }
      const view = lenientView(roster, round);
      const own = masked.get('m00') ?? new Uint32Array();
      const stripped = conspiracy.strip({ name: 'm00', masked: own, sharers: all, view, dealtOn: view });
      expect(stripped).to.deep.equal(vectorOf(round, 'm00'));
    });

    it('is refused the second view, before R4 and after', () => {
      const parties = realParties(round);
      const { stored } = playRound(round, parties);
      const inputs = stored.filter(({ step }) => step === 'input').map(({ envelope }) => envelope);
      const second = { step: 'survivors', survivors: { inputs: inputs.slice(1) } } as const;
      for (const party of parties) expectCode(() => party.receive(second), 'SECAGG_SECOND_VIEW');

      const fresh = realParties(round);
      const roster = rosterOf(fresh);
      const collected = collect(fresh, { roster: () => roster, sharers: () => all });
      const [, party] = fresh;
      party?.receive({ step: 'survivors', survivors: { inputs: pick(collected.inputs, all) } });
      const change = { step: 'survivors', survivors: { inputs: pick(collected.inputs, without) } } as const;
      expectCode(() => party?.receive(change), 'SECAGG_SECOND_VIEW');
    });
  });

  describe('shows two rosters', () => {
    // The victim's roster is so small that one colluder and one misled merchant hold t of its shares.
    const round = setting({ merchants: 10, colluders: 1, minimumSurvivors: 3 });
    const all = names(round);
    const colluder = 'm09';
    const small = ['m00', 'm01', 'm02', colluder];
    const prepare = (honest: Honest): ReturnType<typeof collect> & { parties: Party[]; rosters: [Roster, Roster] } => {
      const parties = cast(round, honest, [colluder]);
      const rosters: [Roster, Roster] = [rosterOf(small.map((name) => partyOf(parties, name))), rosterOf(parties)];
      const collected = collect(parties, {
        roster: (name) => (name === 'm00' ? rosters[0] : rosters[1]),
        sharers: (name) => (name === 'm00' ? small : all),
      });
      return { ...collected, parties, rosters };
    };

    it('uncovers the victim where nothing binds a message to its roster', () => {
      const { parties, inputs, masked, rosters } = prepare('lenient');
      const conspiracy = new Conspiracy();
      collude(conspiracy, parties, [colluder]);
      unmaskOn(partyOf(parties, 'm01'), pick(inputs, all), conspiracy);
      const others = all.filter((name) => name !== 'm01' && name !== 'm02');
      for (const name of others.slice(1, -1)) unmaskOn(partyOf(parties, name), pick(inputs, others), conspiracy);
      const [view, dealtOn] = rosters.map((roster) => lenientView(roster, round));
      if (view === undefined || dealtOn === undefined) throw new Error('two views');
      const own = masked.get('m00') ?? new Uint32Array();
      const stripped = conspiracy.strip({ name: 'm00', masked: own, sharers: small, view, dealtOn });
      expect(stripped).to.deep.equal(vectorOf(round, 'm00'));
    });

    it('makes messages of the one roster worthless on the other', () => {
      const { parties, inputs } = prepare('real');
      for (const name of all.slice(0, 9)) {
        const message = {
          step: 'survivors',
          survivors: { inputs: pick(inputs, name === 'm00' ? small : all) },
        } as const;
        expectCode(() => partyOf(parties, name).receive(message), 'SECAGG_TRANSCRIPT_MISMATCH');
      }
    });
  });

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
    const parties = realParties(round);
    const server = SecAggServer.create(round);
    for (const { merchant, advertisement } of parties) server.accept('advertise', merchant.name, advertisement);
    const roster = value(server.closeAdvertising());
    for (const party of parties) {
      server.accept('share', party.merchant.name, answer(party, { step: 'roster', roster }, 'sharing').sharing);
    }
    expect(value(server.closeSharing())).to.deep.equal(names(round));
    const [first] = parties;
    const delivery = server.delivery('m00');
    const fewer = { ...delivery, shares: delivery.shares.filter(({ sender }) => sender !== 'm03') };
    expect(first && answer(first, { step: 'delivery', delivery: fewer }, 'sharers').sharers).to.deep.equal(
      names(round),
    );
  });
});
