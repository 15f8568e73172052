import { bytesToWords, requireSignedDigest, sha256, wordsToBytes } from '../../crypto/index.js';
import type { ClientInput, Envelope, ServerStep } from '../../crypto/index.js';
import {
  ADVERTISEMENT,
  AGREEMENT,
  MASKED_INPUT,
  UNMASKING,
  decodeUnverified,
  sealMessage,
} from '../../crypto/secagg/messages.js';
import { ShareKind } from '../../proto/index.js';
import type { MaskedInput } from '../../proto/index.js';
import { Conspiracy } from '../crypto/secagg/conspiracy.js';
import { cast, collect, names, rosterOf, vectorOf } from '../crypto/secagg/hostile.js';
import { LenientClient, lenientView } from '../crypto/secagg/lenient-client.js';
import { resigned } from '../crypto/secagg/resigned.js';
import { serverAt, storedMessage } from '../crypto/secagg/server-at.js';
import { answer, playRound, realParties, setting, trueSum } from '../crypto/secagg/setting.js';
import type { Party, RoundResult, Setting } from '../crypto/secagg/setting.js';
import { refusalOf, same } from './attack.js';
import type { Attack } from './attack.js';

const LIAR = 'm01';
const GOES_ON = 'the others go on';
const ROUND = setting({ merchants: 6, colluders: 1 });
const ALL = names(ROUND);

/**
 * A message that every client would refuse: passed on, it ends the round for all; turned away, it costs nothing.
 *
 * @param poison.forge the liar's bad message, from a good one and someone else's
 */
function poisons(poison: {
  readonly does: string;
  readonly step: 'advertise' | 'input' | 'agree';
  readonly code: string;
  readonly forge: (own: Envelope, other: Envelope) => Envelope;
}): Attack {
  const { does, step, code, forge } = poison;
  return {
    by: 'merchant',
    does,
    defence: 'the coordinator checks what clients would check, and turns the one message away',
    off: () => {
      // Every honest merchant refuses, so the round has no result.
      return passedOn(step, forge).every((taken) => taken === code) ? 'a round without a result' : undefined;
    },
    on: () => {
      const { stored } = playRound(ROUND, realParties(ROUND));
      const server = serverAt(step, ROUND, stored);
      const good = storedMessage(stored, step, LIAR);
      const other = storedMessage(stored, step, 'm02');
      for (const merchant of ALL.filter((name) => name !== LIAR)) {
        server.accept(step, merchant, storedMessage(stored, step, merchant));
      }
      const refused = refusalOf(() => server.accept(step, LIAR, forge(good, other)));
      // Without the liar's message the step closes as if it had vanished.
      const closes = { advertise: 'closeAdvertising', input: 'closeCollecting', agree: 'closeAgreeing' } as const;
      return [refused, server[closes[step]]().outcome === 'closed' ? GOES_ON : 'the round ends'];
    },
    stopped: [code, GOES_ON],
  };
}

/** Plays to a step at which the liar's message is forged, and passes all on to the others. @returns how each takes it */
function passedOn(step: ServerStep, forge: (own: Envelope, other: Envelope) => Envelope): string[] {
  const parties = realParties(ROUND);
  const forged = (messages: ReadonlyMap<string, Envelope>): Envelope[] =>
    ALL.flatMap((name) => {
      const [own, other] = [messages.get(name), messages.get('m02')];
      if (own === undefined || other === undefined) return [];
      return [name === LIAR ? forge(own, other) : own];
    });
  const take = (message: ClientInput): string[] =>
    parties.filter(({ merchant }) => merchant.name !== LIAR).map((party) => refusalOf(() => party.receive(message)));

  if (step === 'advertise') {
    const advertisements = forged(new Map(parties.map((party) => [party.merchant.name, party.advertisement])));
    return take({ step: 'roster', roster: { advertisements } });
  }
  const roster = rosterOf(parties);
  const { inputs } = collect(parties, { roster: () => roster, sharers: () => ALL });
  if (step === 'input') return take({ step: 'survivors', survivors: { inputs: forged(inputs) } });
  const survivors = { inputs: [...inputs.values()] };
  const agreements = new Map(
    parties.map((party) => {
      const { agreement } = answer(party, { step: 'survivors', survivors }, 'agreement');
      return [party.merchant.name, agreement];
    }),
  );
  return take({ step: 'agreements', agreements: { agreements: forged(agreements) } });
}

/** A party that says one thing in its envelope and sends another vector. */
function sending(party: Party, other: (vector: Uint32Array) => Uint32Array): Party {
  return {
    merchant: party.merchant,
    advertisement: party.advertisement,
    receive: (message) => {
      const output = party.receive(message);
      if (output.kind !== 'masked') return output;
      return { ...output, packed: wordsToBytes(other(bytesToWords(output.packed))) };
    },
  };
}

/** A round whose coordinator adds what it gets from the liar, without looking at it. */
function addsUnseen(other: (vector: Uint32Array) => Uint32Array): string | undefined {
  const parties = realParties(ROUND).map((party) => (party.merchant.name === LIAR ? sending(party, other) : party));
  const { server, sum } = playRound(ROUND, parties);
  return same(sum, trueSum(ROUND, server.survivors)) ? undefined : 'a wrong sum, unnoticed';
}

function uploads(): Attack[] {
  const garbage = (vector: Uint32Array): Uint32Array => vector.map((word) => word ^ 0xff);
  const good = (): RoundResult => playRound(ROUND, realParties(ROUND));
  const refused = (change: Partial<MaskedInput>, before: readonly string[]): string[] => {
    const { stored } = good();
    const server = serverAt('input', ROUND, stored);
    for (const name of before) server.accept('input', name, storedMessage(stored, 'input', name));
    const forged = resigned(ROUND, storedMessage(stored, 'input', LIAR), MASKED_INPUT, () => change);
    return [refusalOf(() => server.accept('input', LIAR, forged))];
  };
  return [
    {
      by: 'merchant',
      does: 'uploads another vector than it signed',
      defence: 'the digest of what arrived must be the signed one',
      off: () => addsUnseen(garbage),
      on: () => {
        const envelope = storedMessage(good().stored, 'input', LIAR);
        return [refusalOf(() => requireSignedDigest(envelope, sha256(new Uint8Array(4 * ROUND.terms.dimension))))];
      },
      stopped: ['SECAGG_VECTOR_MISMATCH'],
    },
    {
      by: 'merchant',
      does: 'uploads a vector of another length',
      defence: 'the envelope signs the length, and the round has one',
      off: () => addsUnseen((vector) => vector.subarray(1)),
      on: () => refused({ dimension: ROUND.terms.dimension - 1 }, []),
      stopped: ['SECAGG_VECTOR_MISMATCH'],
    },
    {
      by: 'merchant',
      does: 'uploads a second vector',
      defence: 'one message a step and merchant; only the same bytes may come again',
      off: () => addsUnseen((vector) => vector.map((word) => 2 * word)),
      on: () => refused({ vectorSha256: Buffer.alloc(32, 1) }, [LIAR]),
      stopped: ['SECAGG_SECOND_UPLOAD'],
    },
  ];
}

function impersonates(): Attack {
  const forge = (own: Envelope): Envelope => {
    const liar = ROUND.merchants.find(({ name }) => name === LIAR);
    if (liar === undefined) throw new Error('a liar');
    return sealMessage(ADVERTISEMENT, { ...decodeUnverified(own, ADVERTISEMENT), merchant: 'm00' }, liar.identity);
  };
  return {
    by: 'merchant',
    does: 'advertises its keys under another merchant’s name',
    defence: 'the sender is the one in the certificate, and signs',
    off: () => {
      const parties = realParties(ROUND);
      const roster = rosterOf(parties);
      const own = roster.advertisements[1];
      if (own === undefined) throw new Error('a liar');
      const view = lenientView({ advertisements: [forge(own), ...roster.advertisements.slice(1)] }, ROUND);
      const keys = ['m00', LIAR].map((name) => view.byMerchant.get(name)?.maskKey ?? new Uint8Array());
      return Buffer.compare(keys[0] ?? new Uint8Array(), keys[1] ?? new Uint8Array(1)) === 0
        ? 'another merchant’s place'
        : undefined;
    },
    on: () => {
      const { stored } = playRound(ROUND, realParties(ROUND));
      const server = serverAt('advertise', ROUND, stored);
      const forged = forge(storedMessage(stored, 'advertise', LIAR));
      return [LIAR, 'm00'].map((certificate) => refusalOf(() => server.accept('advertise', certificate, forged)));
    },
    stopped: ['SECAGG_SENDER_MISMATCH', 'SIGNATURE_INVALID'],
  };
}

function bothKinds(): Attack {
  const round: Setting = setting({ merchants: 4, colluders: 1, minimumSurvivors: 3 });
  const all = names(round);
  return {
    by: 'merchant',
    does: 'reveals both kinds of share of one merchant, so that the store holds what uncovers it',
    defence: 'one kind of share an owner, the one that the survivor set asks for',
    off: () => {
      const parties = cast(round, 'lenient', []);
      const roster = rosterOf(parties);
      const { masked } = collect(parties, { roster: () => roster, sharers: () => all });
      const store = new Conspiracy();
      for (const party of parties.slice(1, 3)) if (party instanceof LenientClient) store.collude(party);
      const view = lenientView(roster, round);
      const own = masked.get('m00') ?? new Uint32Array();
      const vector = store.strip({ name: 'm00', masked: own, sharers: all, view, dealtOn: view });
      return same(vector, vectorOf(round, 'm00')) ? 'the victim’s vector' : undefined;
    },
    on: () => {
      const { stored } = playRound(round, realParties(round));
      const forged = resigned(round, storedMessage(stored, 'unmask', LIAR), UNMASKING, ({ shares }) => ({
        shares: [...shares, ...shares.map((share) => ({ ...share, kind: ShareKind.SHARE_KIND_MASK_KEY }))],
      }));
      return [refusalOf(() => serverAt('unmask', round, stored).accept('unmask', LIAR, forged))];
    },
    stopped: ['SECAGG_BOTH_SHARES'],
  };
}

/** Attacks by single messages of merchants. */
export const MESSAGE_ATTACKS: readonly Attack[] = [
  poisons({
    does: 'advertises a key that someone else has advertised',
    step: 'advertise',
    code: 'SECAGG_DUPLICATE',
    forge: (own, other) =>
      resigned(ROUND, own, ADVERTISEMENT, () => ({
        maskPublicKey: decodeUnverified(other, ADVERTISEMENT).maskPublicKey,
      })),
  }),
  poisons({
    does: 'advertises a point of low order',
    step: 'advertise',
    code: 'SECAGG_LOW_ORDER_POINT',
    forge: (own) => resigned(ROUND, own, ADVERTISEMENT, () => ({ maskPublicKey: Buffer.alloc(32) })),
  }),
  poisons({
    does: 'masks for another U2 than it was sent',
    step: 'input',
    code: 'SECAGG_OTHER_SHARERS',
    forge: (own) => resigned(ROUND, own, MASKED_INPUT, () => ({ sharersHash: Buffer.alloc(32) })),
  }),
  poisons({
    does: 'signs another view than it was sent',
    step: 'agree',
    code: 'SECAGG_VIEW_DISAGREES',
    forge: (own) => resigned(ROUND, own, AGREEMENT, () => ({ inputsHash: Buffer.alloc(32) })),
  }),
  ...uploads(),
  impersonates(),
  bothKinds(),
];
