import { expect } from 'chai';
import type { Envelope } from '../../../crypto/index.js';
import type { Roster } from '../../../proto/index.js';
import { expectCode } from '../../expect-code.js';
import { Conspiracy } from './conspiracy.js';
import { cast, collect, collude, names, partyOf, pick, rosterOf, unmaskOn, vectorOf } from './hostile.js';
import type { Honest } from './hostile.js';
import { lenientView } from './lenient-client.js';
import { answer, playRound, realParties, setting } from './setting.js';
import type { Party } from './setting.js';

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
});
