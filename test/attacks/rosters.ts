import { AgreementKey, SigningKey } from '../../crypto/index.js';
import type { Roster } from '../../proto/index.js';
import { Conspiracy } from '../crypto/secagg/conspiracy.js';
import {
  cast,
  collect,
  collude,
  names,
  partyOf,
  pick,
  rosterOf,
  unmaskOn,
  vectorOf,
} from '../crypto/secagg/hostile.js';
import { forgeMaskKey, lenientView } from '../crypto/secagg/lenient-client.js';
import { addTo, clientOptions, playRound, realParties, realParty, setting } from '../crypto/secagg/setting.js';
import type { Merchant, Party, Setting } from '../crypto/secagg/setting.js';
import { refusalOf, same } from './attack.js';
import type { Attack } from './attack.js';

const VICTIM = 'm00';

function victimOf(round: Setting): Merchant {
  const [victim] = round.merchants;
  if (victim === undefined) throw new Error('a victim');
  return victim;
}

/** The coordinator plays everyone but the victim, and takes its own inputs out of the sum. */
function alone(round: Setting, members: ReadonlyMap<string, Uint8Array>): string | undefined {
  const victim = victimOf(round);
  const parties = cast(round, 'real', []).map((party) =>
    party.merchant === victim ? realParty(clientOptions(round, victim, { members }), victim) : party,
  );
  const { sum } = playRound(round, parties);
  for (const { vector } of round.merchants.slice(1)) {
    addTo(
      sum ?? new Uint32Array(),
      vector.map((word) => -word),
      32,
    );
  }
  return same(sum, victim.vector) ? 'the victim’s vector' : undefined;
}

function sybils(): Attack[] {
  const round = setting({ merchants: 4, colluders: 1, minimumSurvivors: 3 });
  const { name, identity } = victimOf(round);
  const stranger = SigningKey.generate(round.random).publicKey;
  const off = (): string | undefined => alone(round, round.members);
  return [
    {
      by: 'coordinator',
      does: 'fills the roster with sybils',
      defence: 'the members list is the merchant’s own, not the platform’s',
      off,
      on: () => [refusalOf(() => alone(round, new Map([[name, identity.publicKey]])))],
      stopped: ['SECAGG_NOT_A_MEMBER'],
    },
    {
      by: 'coordinator',
      does: 'plays a known merchant with a key of its own',
      defence: 'identity keys are pinned with the names',
      off,
      on: () => [refusalOf(() => alone(round, new Map([...round.members, ['m01', stranger]])))],
      stopped: ['SIGNATURE_INVALID'],
    },
  ];
}

function replacedKeys(): Attack {
  const round = setting({ merchants: 5, colluders: 1 });
  const all = names(round);
  const forger = SigningKey.generate(round.random);
  const keys = all.map(() => AgreementKey.generate(round.random));
  const forge = (parties: readonly Party[]): Roster => ({
    advertisements: parties.map(({ advertisement }, index) => {
      const key = keys[index];
      return index === 0 || key === undefined ? advertisement : forgeMaskKey(advertisement, key.publicKey, forger);
    }),
  });
  return {
    by: 'coordinator',
    does: 'replaces mask keys by its own, as a man in the middle',
    defence: 'advertisements are signed with pinned identity keys, and everyone looks for its own',
    off: () => {
      const parties = cast(round, 'lenient', []);
      const [forged, honest] = [forge(parties), rosterOf(parties)];
      const roster = (name: string): Roster => (name === VICTIM ? forged : honest);
      const { inputs, masked } = collect(parties, { roster, sharers: () => all });
      const conspiracy = new Conspiracy();
      for (const key of keys) conspiracy.knowMaskKey(key);
      for (const name of all.slice(1)) unmaskOn(partyOf(parties, name), pick(inputs, all), conspiracy);
      const [view, dealtOn] = [lenientView(forged, round), lenientView(honest, round)];
      const own = masked.get(VICTIM) ?? new Uint32Array();
      const vector = conspiracy.strip({ name: VICTIM, masked: own, sharers: all, view, dealtOn });
      return same(vector, vectorOf(round, VICTIM)) ? 'the victim’s vector' : undefined;
    },
    on: () => {
      const parties = cast(round, 'real', []);
      const message = { step: 'roster', roster: forge(parties) } as const;
      return [VICTIM, 'm01'].map((name) => refusalOf(() => partyOf(parties, name).receive(message)));
    },
    stopped: ['SIGNATURE_INVALID', 'SECAGG_OWN_KEY_ALTERED'],
  };
}

function twoRosters(): Attack {
  // The victim's roster is so small that one colluder and one misled merchant hold t of its shares.
  const round = setting({ merchants: 10, colluders: 1, minimumSurvivors: 3 });
  const all = names(round);
  const small = ['m00', 'm01', 'm02', 'm09'];
  const mount = (
    honest: 'real' | 'lenient',
  ): ReturnType<typeof collect> & { parties: Party[]; small: Roster; large: Roster } => {
    const parties = cast(round, honest, ['m09']);
    const rosters = { small: rosterOf(small.map((name) => partyOf(parties, name))), large: rosterOf(parties) };
    const collected = collect(parties, {
      roster: (name) => (name === VICTIM ? rosters.small : rosters.large),
      sharers: (name) => (name === VICTIM ? small : all),
    });
    return { ...collected, ...rosters, parties };
  };
  return {
    by: 'coordinator',
    does: 'shows two rosters',
    defence: 'everything after R0 is bound to τ, which hashes the roster',
    off: () => {
      const { parties, inputs, masked, small: shown, large } = mount('lenient');
      const conspiracy = new Conspiracy();
      collude(conspiracy, parties, ['m09']);
      unmaskOn(partyOf(parties, 'm01'), pick(inputs, all), conspiracy);
      const others = all.filter((name) => name !== 'm01' && name !== 'm02');
      for (const name of others.slice(1, -1)) unmaskOn(partyOf(parties, name), pick(inputs, others), conspiracy);
      const [view, dealtOn] = [lenientView(shown, round), lenientView(large, round)];
      const own = masked.get(VICTIM) ?? new Uint32Array();
      const vector = conspiracy.strip({ name: VICTIM, masked: own, sharers: small, view, dealtOn });
      return same(vector, vectorOf(round, VICTIM)) ? 'the victim’s vector' : undefined;
    },
    on: () => {
      const { parties, inputs } = mount('real');
      return all.slice(0, 9).map((name) => {
        const message = {
          step: 'survivors',
          survivors: { inputs: pick(inputs, name === VICTIM ? small : all) },
        } as const;
        return refusalOf(() => partyOf(parties, name).receive(message));
      });
    },
    stopped: new Array<string>(9).fill('SECAGG_TRANSCRIPT_MISMATCH'),
  };
}

function replayedKey(): Attack {
  const round = setting({ merchants: 4, colluders: 1, minimumSurvivors: 3 });
  const all = names(round);
  const next: Setting = { ...round, terms: { ...round.terms, contractSha256: new Uint8Array(32).fill(1) } };
  const withOld = (roster: Roster, old: Roster['advertisements'][number] | undefined): Roster => ({
    advertisements: roster.advertisements.map((one, index) => (index === 1 ? (old ?? one) : one)),
  });
  return {
    by: 'coordinator',
    does: 'replays an advertisement whose key an earlier round revealed',
    defence: 'the contract’s hash is signed with the keys',
    off: () => {
      // Round 1: m01 vanishes after R1, so the others rightly reveal its mask key.
      const before = cast(round, 'lenient', []);
      const rosterBefore = rosterOf(before);
      const first = new Conspiracy();
      const { inputs: inputsBefore } = collect(before, { roster: () => rosterBefore, sharers: () => all });
      const left = ['m00', 'm02', 'm03'];
      for (const name of left) unmaskOn(partyOf(before, name), pick(inputsBefore, left), first);
      const secret = first.decode('m01', 'mask-key', lenientView(rosterBefore, round));
      // Round 2: the victim is shown m01's old advertisement; m03 colludes; m02 is misled about who vanished.
      const parties = cast(next, 'lenient', []);
      const roster = rosterOf(parties);
      const shown = withOld(roster, rosterBefore.advertisements[1]);
      const { inputs, masked } = collect(parties, {
        roster: (name) => (name === VICTIM ? shown : roster),
        sharers: () => all,
      });
      const second = new Conspiracy();
      collude(second, parties, ['m03']);
      second.knowMaskKey(AgreementKey.fromSecret(secret ?? new Uint8Array(32)));
      unmaskOn(partyOf(parties, 'm02'), pick(inputs, all), second);
      unmaskOn(partyOf(parties, 'm01'), pick(inputs, ['m00', 'm01', 'm03']), second);
      const [view, dealtOn] = [lenientView(shown, next), lenientView(roster, next)];
      const own = masked.get(VICTIM) ?? new Uint32Array();
      const vector = second.strip({ name: VICTIM, masked: own, sharers: all, view, dealtOn });
      return same(vector, vectorOf(round, VICTIM)) ? 'the victim’s vector' : undefined;
    },
    on: () => {
      const old = realParties(round)[1]?.advertisement;
      const parties = realParties(next);
      const message = { step: 'roster', roster: withOld(rosterOf(parties), old) } as const;
      return [0, 1].map((index) => refusalOf(() => parties[index]?.receive(message)));
    },
    stopped: ['SECAGG_CONTRACT_MISMATCH', 'SECAGG_OWN_KEY_ALTERED'],
  };
}

/** A roster of the victim and colluders only, who hold t shares of its secrets and know all its masks. */
function surrounded(does: string, defence: string, code: string, round: Setting, colluders: readonly string[]): Attack {
  const present = [VICTIM, ...colluders];
  const mount = (honest: 'real' | 'lenient'): { parties: Party[]; roster: Roster } => {
    const parties = cast(round, honest, colluders).filter(({ merchant }) => present.includes(merchant.name));
    return { parties, roster: rosterOf(parties) };
  };
  return {
    by: 'coordinator',
    does,
    defence,
    off: () => {
      const { parties, roster } = mount('lenient');
      const { masked } = collect(parties, { roster: () => roster, sharers: () => present });
      const conspiracy = new Conspiracy();
      collude(conspiracy, parties, colluders);
      const view = lenientView(roster, round);
      const own = masked.get(VICTIM) ?? new Uint32Array();
      const vector = conspiracy.strip({ name: VICTIM, masked: own, sharers: present, view, dealtOn: view });
      return same(vector, vectorOf(round, VICTIM)) ? 'the victim’s vector' : undefined;
    },
    on: () => {
      const { parties, roster } = mount('real');
      return [refusalOf(() => partyOf(parties, VICTIM).receive({ step: 'roster', roster }))];
    },
    stopped: [code],
  };
}

/** Attacks on who takes part: members, keys and U1. */
export const ROSTER_ATTACKS: readonly Attack[] = [
  ...sybils(),
  replacedKeys(),
  twoRosters(),
  replayedKey(),
  surrounded(
    'starts a round with one merchant and one colluder',
    'a U1 below four merchants, or below U_min, is refused',
    'SECAGG_ROSTER_TOO_SMALL',
    setting({ merchants: 4, colluders: 1, minimumSurvivors: 3 }),
    ['m01'],
  ),
  surrounded(
    'allows for so many colluders that one honest merchant is left',
    'U_min − c below two is refused',
    'SECAGG_TOO_FEW_HONEST',
    setting({ merchants: 4, colluders: 3 }),
    ['m01', 'm02', 'm03'],
  ),
];
