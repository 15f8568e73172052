import type { Envelope } from '../../crypto/index.js';
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
import { lenientView } from '../crypto/secagg/lenient-client.js';
import { answer, setting } from '../crypto/secagg/setting.js';
import type { Party, Setting } from '../crypto/secagg/setting.js';
import { refusalOf, same } from './attack.js';
import type { Attack } from './attack.js';

const VICTIM = 'm00';

/** Everyone up to R2 under an honest roster. */
function collected(
  round: Setting,
  honest: 'real' | 'lenient',
  shown: { readonly colluders: readonly string[]; readonly sharers?: (name: string) => readonly string[] },
): { readonly parties: Party[]; readonly inputs: Map<string, Envelope>; readonly masked: Map<string, Uint32Array> } {
  const parties = cast(round, honest, shown.colluders);
  const roster = rosterOf(parties);
  const sharers = shown.sharers ?? ((): readonly string[] => names(round));
  return { parties, ...collect(parties, { roster: () => roster, sharers }) };
}

/** Whether the conspirators have the victim's vector. */
function stripped(
  round: Setting,
  conspiracy: Conspiracy,
  { parties, masked }: ReturnType<typeof collected>,
  sharers: readonly string[] = names(round),
): string | undefined {
  const view = lenientView(rosterOf(parties), round);
  const own = masked.get(VICTIM) ?? new Uint32Array();
  const vector = conspiracy.strip({ name: VICTIM, masked: own, sharers, view, dealtOn: view });
  return same(vector, vectorOf(round, VICTIM)) ? 'the victim’s vector' : undefined;
}

function hidesSharers(): Attack {
  const round = setting({ merchants: 10, colluders: 1 });
  const all = names(round);
  const colluders = ['m09'];
  const toVictim = ['m00', 'm01', 'm02', 'm03', 'm04', 'm09'];
  const survivors = ['m00', 'm05', 'm06', 'm07', 'm08', 'm09'];
  const sharers = (name: string): string[] => (name === VICTIM ? toVictim : all);
  return {
    by: 'coordinator',
    does: 'hides merchants from one victim’s U2',
    defence: 'every R2 envelope signs H(U2), and R3 compares them',
    off: () => {
      const collection = collected(round, 'lenient', { colluders, sharers });
      const conspiracy = new Conspiracy();
      collude(conspiracy, collection.parties, colluders);
      for (const name of survivors.slice(1, 5)) {
        unmaskOn(partyOf(collection.parties, name), pick(collection.inputs, survivors), conspiracy);
      }
      return stripped(round, conspiracy, collection, toVictim);
    },
    on: () => {
      const { parties, inputs } = collected(round, 'real', { colluders, sharers });
      return survivors.slice(0, 5).map((name) => {
        const message = { step: 'survivors', survivors: { inputs: pick(inputs, survivors) } } as const;
        return refusalOf(() => partyOf(parties, name).receive(message));
      });
    },
    // The victim knows nothing of those who were hidden from it; the others see that it masked for another U2.
    stopped: ['SECAGG_SURVIVORS_NOT_SHARERS', ...new Array<string>(4).fill('SECAGG_OTHER_SHARERS')],
  };
}

/**
 * Every merchant sees 6 = U_min survivors. m01 to m08 are each said to have vanished to four others, so that with the
 * colluder's share five holders give out each one's mask key, and everyone gives out the victim's self-mask.
 */
function splitViews(): Pick<Attack, 'by' | 'off'> & {
  readonly mount: (
    shown: (agreements: Map<string, Envelope>, name: string, viewOf: readonly string[]) => Envelope[],
  ) => string[];
} {
  const round = setting({ merchants: 10, colluders: 1 });
  const all = names(round);
  const ring = all.slice(1, 9);
  const viewOf = (name: string): string[] => {
    const hidden = [1, 2, 3, 4].map((step) => `m0${((Number(name.slice(1)) - 1 + step) % 8) + 1}`);
    return all.filter((other) => !hidden.includes(other));
  };
  return {
    by: 'coordinator',
    off: () => {
      const collection = collected(round, 'lenient', { colluders: ['m09'] });
      const conspiracy = new Conspiracy();
      collude(conspiracy, collection.parties, ['m09']);
      for (const name of ring) {
        unmaskOn(partyOf(collection.parties, name), pick(collection.inputs, viewOf(name)), conspiracy);
      }
      return stripped(round, conspiracy, collection);
    },
    mount: (shown) => {
      const { parties, inputs } = collected(round, 'real', { colluders: [] });
      const agreements = new Map(
        ring.map((name) => {
          const survivors = { inputs: pick(inputs, viewOf(name)) };
          return [name, answer(partyOf(parties, name), { step: 'survivors', survivors }, 'agreement').agreement];
        }),
      );
      return ring.map((name) => {
        const message = { agreements: shown(agreements, name, viewOf(name)) };
        return refusalOf(() => partyOf(parties, name).receive({ step: 'agreements', agreements: message }));
      });
    },
  };
}

function splitViewAttacks(): Attack[] {
  const { by, off, mount } = splitViews();
  const eight = (code: string): string[] => new Array<string>(8).fill(code);
  return [
    {
      by,
      does: 'shows two survivor sets, and each merchant only the signatures on its own',
      defence: 'R4 asks for T signatures on one view, and two views cannot both have them',
      off,
      on: () => mount((agreements, name) => pick(agreements, [name])),
      stopped: eight('SECAGG_QUORUM_MISSED'),
    },
    {
      by,
      does: 'shows two survivor sets, and passes on signatures on the other one',
      defence: 'R4 counts signatures on its own view, and refuses at any other',
      off,
      on: () => mount((agreements, _, viewOf) => pick(agreements, viewOf)),
      stopped: eight('SECAGG_VIEW_DISAGREES'),
    },
    {
      by,
      does: 'shows two survivor sets, and one signature T times',
      defence: 'R4 counts distinct signers',
      off,
      on: () =>
        mount((agreements, name) => new Array<string[]>(6).fill([name]).flatMap((one) => pick(agreements, one))),
      stopped: eight('SECAGG_DUPLICATE'),
    },
    {
      by,
      does: 'shows two survivor sets, and signatures of merchants who are not in them',
      defence: 'R4 counts signatures of survivors only',
      off,
      on: () =>
        mount((agreements, name, viewOf) =>
          pick(agreements, [name, ...[...agreements.keys()].filter((other) => !viewOf.includes(other))]),
        ),
      stopped: eight('SECAGG_SIGNER_UNLISTED'),
    },
  ];
}

function aliveThenDropped(): Attack {
  const round = setting({ merchants: 4, colluders: 1, minimumSurvivors: 3 });
  const all = names(round);
  const without = all.slice(1);
  return {
    by: 'coordinator',
    does: 'lists a merchant as alive, then as dropped',
    defence: 'a client answers one view a round',
    off: () => {
      const collection = collected(round, 'lenient', { colluders: [] });
      const conspiracy = new Conspiracy();
      for (const name of ['m01', 'm02']) {
        unmaskOn(partyOf(collection.parties, name), pick(collection.inputs, all), conspiracy);
        unmaskOn(partyOf(collection.parties, name), pick(collection.inputs, without), conspiracy);
      }
      return stripped(round, conspiracy, collection);
    },
    on: () => {
      const { parties, inputs } = collected(round, 'real', { colluders: [] });
      return without.map((name) => {
        const party = partyOf(parties, name);
        party.receive({ step: 'survivors', survivors: { inputs: pick(inputs, all) } });
        return refusalOf(() => party.receive({ step: 'survivors', survivors: { inputs: pick(inputs, without) } }));
      });
    },
    stopped: new Array<string>(3).fill('SECAGG_SECOND_VIEW'),
  };
}

/** A survivor set that leaves one honest merchant beside the colluder m01; the honest m02 and m03 are asked for shares. */
function thinSurvivors(
  does: string,
  defence: string,
  code: string,
  pad: (inputs: ReadonlyMap<string, Envelope>) => Envelope[],
): Attack {
  const round = setting({ merchants: 4, colluders: 1, minimumSurvivors: 3 });
  return {
    by: 'coordinator',
    does,
    defence,
    off: () => {
      const collection = collected(round, 'lenient', { colluders: ['m01'] });
      const conspiracy = new Conspiracy();
      collude(conspiracy, collection.parties, ['m01']);
      for (const name of ['m00', 'm02'])
        unmaskOn(partyOf(collection.parties, name), pad(collection.inputs), conspiracy);
      return stripped(round, conspiracy, collection);
    },
    on: () => {
      const { parties, inputs } = collected(round, 'real', { colluders: [] });
      return [
        refusalOf(() => partyOf(parties, VICTIM).receive({ step: 'survivors', survivors: { inputs: pad(inputs) } })),
      ];
    },
    stopped: [code],
  };
}

function fewSharers(): Attack {
  const round = setting({ merchants: 4, colluders: 1, minimumSurvivors: 3 });
  const sharers = ['m00', 'm01'];
  const asShown = (name: string): string[] => (sharers.includes(name) ? sharers : [...sharers, name]);
  return {
    by: 'coordinator',
    does: 'says that nobody but a colluder shared',
    defence: 'a U2 below U_min is refused',
    off: () => {
      const collection = collected(round, 'lenient', { colluders: ['m01'], sharers: asShown });
      const conspiracy = new Conspiracy();
      collude(conspiracy, collection.parties, ['m01']);
      unmaskOn(partyOf(collection.parties, 'm02'), pick(collection.inputs, sharers), conspiracy);
      return stripped(round, conspiracy, collection, sharers);
    },
    on: () => [refusalOf(() => collected(round, 'real', { colluders: ['m01'], sharers: asShown }))],
    stopped: ['SECAGG_SHARERS_TOO_FEW'],
  };
}

/** Attacks on what merchants believe of each other's presence: U2 and U3. */
export const VIEW_ATTACKS: readonly Attack[] = [
  hidesSharers(),
  fewSharers(),
  ...splitViewAttacks(),
  aliveThenDropped(),
  thinSurvivors(
    'unmasks for fewer than U_min survivors',
    'a U3 below U_min is refused',
    'SECAGG_SURVIVORS_TOO_FEW',
    (inputs) => pick(inputs, ['m00', 'm01']),
  ),
  thinSurvivors(
    'fills the survivor set up with one merchant named twice',
    'a name that comes twice is refused',
    'SECAGG_DUPLICATE',
    (inputs) => pick(inputs, ['m00', 'm01', 'm01']),
  ),
];
