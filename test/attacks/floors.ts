import { bytesToWords } from '../../crypto/index.js';
import { Conspiracy } from '../crypto/secagg/conspiracy.js';
import {
  cast,
  collect,
  collude,
  names,
  rosterOf,
  unmaskOn,
  partyOf,
  pick,
  vectorOf,
} from '../crypto/secagg/hostile.js';
import { LenientClient, lenientView } from '../crypto/secagg/lenient-client.js';
import {
  addTo,
  answer,
  clientOptions,
  playRound,
  realParties,
  realParty,
  setting,
  trueSum,
} from '../crypto/secagg/setting.js';
import type { Party, Setting } from '../crypto/secagg/setting.js';
import { EXACT, refusalOf, same } from './attack.js';
import type { Attack } from './attack.js';

const VICTIM = 'm00';

/** The sum of a real round without m01, less what the colluders put in. */
function remainder(round: Setting, colluders: readonly string[]): Uint32Array | undefined {
  const { sum } = playRound(round, realParties(round), { losses: { input: ['m01'] } });
  for (const name of colluders) {
    const vector = vectorOf(round, name);
    if (sum !== undefined && vector !== undefined) {
      addTo(
        sum,
        vector.map((word) => -word),
        32,
      );
    }
  }
  return sum;
}

function lowColluders(): Attack {
  const round = setting({ merchants: 4, colluders: 1, minimumSurvivors: 3 });
  return {
    by: 'coordinator',
    does: 'allows for one colluder where there are two',
    defence: 'the merchant’s own floor for c',
    off: () => (same(remainder(round, ['m02', 'm03']), vectorOf(round, VICTIM)) ? 'the victim’s vector' : undefined),
    on: () => {
      const [victim] = round.merchants;
      return [refusalOf(() => victim && realParty(clientOptions(round, victim, { colludersFloor: 2 }), victim))];
    },
    stopped: ['SECAGG_COLLUDERS_BELOW_FLOOR'],
  };
}

function lowSurvivors(): Attack {
  const round = setting({ merchants: 5, colluders: 1, minimumSurvivors: 3 });
  return {
    by: 'coordinator',
    does: 'lowers U_min below what a merchant asks for',
    defence: 'the merchant’s own floor for U_min',
    // Four survivors, one of them a colluder: three merchants' sum, where a floor of five promised four.
    off: () => {
      const rest = remainder(round, ['m04']);
      return same(rest, trueSum(round, ['m00', 'm02', 'm03'])) ? 'a sum over fewer merchants than promised' : undefined;
    },
    on: () => {
      const parties = round.merchants.map((merchant) =>
        realParty(clientOptions(round, merchant, { survivorsFloor: 5 }), merchant),
      );
      const message = { step: 'roster', roster: rosterOf(parties) } as const;
      return parties.map((party) => refusalOf(() => party.receive(message)));
    },
    stopped: new Array<string>(5).fill('SECAGG_SURVIVORS_BELOW_FLOOR'),
  };
}

function secondInput(): Attack {
  const round = setting({ merchants: 4, colluders: 1 });
  const all = names(round);
  const other = (): Uint32Array => new Uint32Array(round.terms.dimension).fill(7);
  return {
    by: 'coordinator',
    does: 'asks for R2 twice',
    defence: 'masks are applied once, and their secrets erased',
    off: () => {
      const lenient = cast(round, 'lenient', []);
      const roster = rosterOf(lenient);
      const { masked } = collect(lenient, { roster: () => roster, sharers: () => all });
      const again = bytesToWords(answer(partyOf(lenient, VICTIM), { step: 'input', vector: other() }, 'masked').packed);
      const difference = masked.get(VICTIM)?.map((word, index) => word - (again[index] ?? 0) + 7);
      return same(difference, vectorOf(round, VICTIM)) ? 'the difference of two inputs' : undefined;
    },
    on: () => {
      const real = realParties(round);
      const roster = rosterOf(real);
      collect(real, { roster: () => roster, sharers: () => all });
      return [refusalOf(() => real[0]?.receive({ step: 'input', vector: other() }))];
    },
    stopped: ['SECAGG_SECOND_INPUT'],
  };
}

/** Gives a party none of the boxes but those of `from`. */
function withholding(party: Party, from: readonly string[]): Party {
  const receive: Party['receive'] = (message) => {
    if (message.step !== 'delivery') return party.receive(message);
    const shares = message.delivery.shares.filter(({ sender }) => from.includes(sender));
    return party.receive({ step: 'delivery', delivery: { ...message.delivery, shares } });
  };
  return { merchant: party.merchant, advertisement: party.advertisement, receive };
}

function withheldBoxes(): Attack {
  const round = setting({ merchants: 6, colluders: 1 });
  const all = names(round);
  const colluder = 'm05';
  return {
    by: 'coordinator',
    does: 'withholds the boxes of all but a colluder from one victim',
    defence: 'a missing box means no share, never no mask: its sender stays in U2',
    off: () => {
      const parties = cast(round, 'lenient', []).map((party): Party => {
        if (party.merchant.name !== VICTIM) return party;
        const client = new LenientClient(clientOptions(round, party.merchant), party.merchant, {
          binding: 'contract',
          masksWith: 'dealers',
        });
        return withholding(client, [colluder]);
      });
      const roster = rosterOf(parties);
      const { inputs, masked } = collect(parties, { roster: () => roster, sharers: () => all });
      const conspiracy = new Conspiracy();
      collude(conspiracy, parties, [colluder]);
      for (const name of all.slice(1, 5)) unmaskOn(partyOf(parties, name), pick(inputs, all), conspiracy);
      const view = lenientView(roster, round);
      const own = masked.get(VICTIM) ?? new Uint32Array();
      const vector = conspiracy.strip({ name: VICTIM, masked: own, sharers: [VICTIM, colluder], view, dealtOn: view });
      return same(vector, vectorOf(round, VICTIM)) ? 'the victim’s vector' : undefined;
    },
    on: () => {
      const parties = realParties(round).map((party) =>
        party.merchant.name === VICTIM ? withholding(party, [colluder]) : party,
      );
      const { server, sum, code } = playRound(round, parties);
      // t others hold every secret, so the round goes on; the victim's masks are all in its vector.
      return [same(sum, trueSum(round, server.survivors)) ? EXACT : (code ?? 'a wrong sum')];
    },
    stopped: [EXACT],
  };
}

/** Attacks on a merchant's own limits and on its masks. */
export const FLOOR_ATTACKS: readonly Attack[] = [lowColluders(), lowSurvivors(), secondInput(), withheldBoxes()];
