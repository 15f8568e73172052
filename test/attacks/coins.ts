import { applyMasks, streamRandom } from '../../crypto/index.js';
import { isEdge } from '../../crypto/secagg/graph.js';
import { OPENING, decodeUnverified } from '../../crypto/secagg/messages.js';
import type { OpenedCoin } from '../../proto/index.js';
import { Conspiracy } from '../crypto/secagg/conspiracy.js';
import { collect, collude, names, partyOf, pick, rosterOf, vectorOf } from '../crypto/secagg/hostile.js';
import { LenientClient, lenientView } from '../crypto/secagg/lenient-client.js';
import { resigned } from '../crypto/secagg/resigned.js';
import { serverAt, storedMessage } from '../crypto/secagg/server-at.js';
import {
  addTo,
  answer,
  clientOptions,
  playRound,
  realParties,
  setting,
  sparseRule,
  trueSum,
} from '../crypto/secagg/setting.js';
import type { Party, RoundResult, Setting } from '../crypto/secagg/setting.js';
import { EXACT, refusalOf, same } from './attack.js';
import type { Attack } from './attack.js';

const VICTIM = 'm00';
/** As many as give a secret back: more than the bounds on a real round's graph let be one merchant's neighbours. */
const COLLUDERS = ['m06', 'm07'];
const GRAPH = { edgeProbability: 0.7, share: 2 };

const crowd = (): Setting => setting({ merchants: 10, colluders: 2, seed: 2, thresholdRule: sparseRule(GRAPH) });

/** The opened coins, those of `theirs` ground until exactly the colluders among them are the victim's neighbours. */
function ground(
  round: Setting,
  parties: readonly Party[],
  opened: readonly OpenedCoin[],
  theirs: readonly string[],
): OpenedCoin[] {
  const { transcript } = lenientView(rosterOf(parties), round, 'roster');
  const graph = { transcript, edgeProbability: GRAPH.edgeProbability };
  const own = opened.find(({ merchant }) => merchant === VICTIM);
  if (own === undefined) throw new Error('the victim has opened its coin');
  const random = streamRandom(new Uint8Array(32).fill(77));
  return opened.map(({ merchant, coin: opening }) => {
    let coin = opening;
    while (
      merchant !== VICTIM &&
      theirs.includes(merchant) &&
      isEdge(graph, own, { merchant, coin }) !== COLLUDERS.includes(merchant)
    ) {
      coin = Buffer.from(random.bytes(32));
    }
    return { merchant, coin };
  });
}

/** What the colluders make of the victim's masked vector when coins were ground. */
function stripped(theirs: readonly string[], shownTo: readonly string[]): string | undefined {
  const round = crowd();
  const parties = lenient(round);
  const roster = rosterOf(parties);
  const { masked } = collect(parties, {
    roster: () => roster,
    sharers: () => names(round),
    coins: (name, opened) => (shownTo.includes(name) ? ground(round, parties, opened, theirs) : opened),
  });
  const conspiracy = new Conspiracy();
  collude(conspiracy, parties, COLLUDERS);
  const victim = parties.find(({ merchant }) => merchant.name === VICTIM);
  if (victim === undefined) throw new Error('a victim');
  const vector = conspiracy.strip({
    name: VICTIM,
    masked: masked.get(VICTIM) ?? new Uint32Array(),
    sharers: victim.graph.neighbours(VICTIM).map(({ merchant }) => merchant),
    view: victim.view,
    dealtOn: victim.view,
  });
  return same(vector, vectorOf(round, VICTIM)) ? 'the victim’s vector' : undefined;
}

function lenient(round: Setting): LenientClient[] {
  return round.merchants.map(
    (merchant) => new LenientClient(clientOptions(round, merchant), merchant, { binding: 'roster' }),
  );
}

/** Opens what every party is ready to open. */
function openedBy(parties: readonly Party[]): OpenedCoin[] {
  const roster = rosterOf(parties);
  return parties.map((party) =>
    decodeUnverified(answer(party, { step: 'roster', roster }, 'opening').opening, OPENING),
  );
}

function otherCoins(): Attack {
  return {
    by: 'coordinator',
    does: 'shows other coins than were committed to, so that only colluders are a victim’s neighbours',
    defence: 'a coin opens the commitment that the roster holds',
    off: () => stripped(names(crowd()), [VICTIM]),
    on: () => {
      const round = crowd();
      const parties = realParties(round);
      const coins = ground(round, parties, openedBy(parties), names(round));
      return [refusalOf(() => partyOf(parties, VICTIM).receive({ step: 'coins', coins: { coins } }))];
    },
    stopped: ['SECAGG_COIN_MISMATCH'],
  };
}

function groundCoin(): Attack {
  return {
    by: 'merchant',
    does: 'opens another coin than it committed to, ground so that it is the victim’s neighbour, as its friends do',
    defence: 'coins are committed to before anybody sees another’s',
    off: () => stripped(COLLUDERS, names(crowd())),
    on: () => {
      const round = crowd();
      const { stored } = playRound(round, realParties(round));
      const server = serverAt('open', round, stored);
      const [liar = ''] = COLLUDERS;
      const forged = resigned(round, storedMessage(stored, 'open', liar), OPENING, () => ({
        coin: Buffer.alloc(32, 9),
      }));
      return [refusalOf(() => server.accept('open', liar, forged))];
    },
    stopped: ['SECAGG_COIN_MISMATCH'],
  };
}

/** A round in which the victim is not shown the coins of its first neighbours. */
function differentCoins(): Attack {
  const dense = (): Setting =>
    setting({ merchants: 8, colluders: 1, thresholdRule: sparseRule({ edgeProbability: 0.9, share: 2 }) });
  const hidden = ['m01', 'm02'];
  const without = (coins: readonly OpenedCoin[], some: readonly string[] = hidden): OpenedCoin[] =>
    coins.filter(({ merchant }) => !some.includes(merchant));
  return {
    by: 'coordinator',
    does: 'shows different coins to different clients, so that some edges have one end only',
    defence: 'U2 holds nobody whose coin a client has not opened itself, and everybody signs the same U2',
    off: () => {
      const sum = (hide: readonly string[]): boolean => {
        const round = dense();
        const parties = lenient(round);
        const roster = rosterOf(parties);
        const { masked } = collect(parties, {
          roster: () => roster,
          sharers: () => names(round),
          coins: (name, opened) => (name === VICTIM ? without(opened, hide) : opened),
        });
        const everything = new Conspiracy();
        collude(everything, parties, names(round));
        const view = lenientView(roster, round, 'roster');
        const total = new Uint32Array(round.terms.dimension);
        for (const [name, vector] of masked) {
          addTo(total, vector, 32);
          applyMasks(total, [{ key: everything.decode(name, 'self-mask', view) ?? new Uint8Array(32), sign: -1 }], {
            ringBits: 32,
          });
        }
        return same(total, trueSum(round, names(round)));
      };
      return sum([]) && !sum(hidden) ? 'a wrong sum, unnoticed' : undefined;
    },
    on: () => {
      const round = dense();
      const parties = realParties(round);
      const coins = openedBy(parties);
      const victim = partyOf(parties, VICTIM);
      answer(victim, { step: 'coins', coins: { coins: without(coins) } }, 'sharing');
      const all = { step: 'delivery' as const, delivery: { sharers: names(round), shares: [] } };
      const refused = refusalOf(() => victim.receive(all));

      const again = dense();
      const others = realParties(again);
      const roster = rosterOf(others);
      const { inputs } = collect(others, {
        roster: () => roster,
        coins: (name, opened) => (name === VICTIM ? without(opened) : opened),
        sharers: (name) => (name === VICTIM ? names(again).filter((one) => !hidden.includes(one)) : names(again)),
      });
      const survivors = { inputs: pick(inputs, names(again)) };
      const other = partyOf(others, 'm03');
      return [refused, refusalOf(() => other.receive({ step: 'survivors', survivors }))];
    },
    stopped: ['SECAGG_SHARER_UNOPENED', 'SECAGG_OTHER_SHARERS'],
  };
}

function withheldCoin(): Attack {
  const play = (): { readonly round: Setting; readonly result: RoundResult } => {
    const round = crowd();
    return { round, result: playRound(round, realParties(round), { losses: { open: COLLUDERS.slice(0, 1) } }) };
  };
  return {
    by: 'merchant',
    does: 'withholds its coin once it has seen the others’',
    defence: 'who does not open is out, and nobody’s edges change',
    off: () => {
      // Whoever waits for it has no graph, and no round.
      const { round, result } = play();
      const server = serverAt('open', round, result.stored);
      for (const { step, merchant, envelope } of result.stored)
        if (step === 'open') server.accept('open', merchant, envelope);
      return server.readyToClose('open') ? undefined : 'a round that never goes on';
    },
    on: () => {
      const { round, result } = play();
      return [same(result.sum, trueSum(round, result.server.survivors)) ? EXACT : 'a wrong sum'];
    },
    stopped: [EXACT],
  };
}

/** Attacks on the coins that draw a sparse graph. */
export const COIN_ATTACKS: readonly Attack[] = [otherCoins(), differentCoins(), groundCoin(), withheldCoin()];
