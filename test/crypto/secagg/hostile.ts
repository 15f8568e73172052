import { bytesToWords } from '../../../crypto/index.js';
import type { Envelope } from '../../../crypto/index.js';
import { OPENING, SHARING, decodeUnverified } from '../../../crypto/secagg/messages.js';
import type { Delivery, OpenedCoin, Roster } from '../../../proto/index.js';
import type { Conspiracy } from './conspiracy.js';
import { LenientClient } from './lenient-client.js';
import { answer, clientOptions, realParty } from './setting.js';
import type { Party, Setting } from './setting.js';

/** Who plays the honest merchants: the real client, or its control without any check. Colluders are always lenient. */
export type Honest = 'real' | 'lenient';

/** Everyone of a round, played as told. */
export function cast(round: Setting, honest: Honest, colluders: readonly string[]): Party[] {
  return round.merchants.map((merchant) => {
    const options = clientOptions(round, merchant);
    return honest === 'real' && !colluders.includes(merchant.name)
      ? realParty(options, merchant)
      : new LenientClient(options, merchant);
  });
}

/** The party of a name. */
export function partyOf(parties: readonly Party[], name: string): Party {
  const party = parties.find(({ merchant }) => merchant.name === name);
  if (party === undefined) throw new Error(`no ${name}`);
  return party;
}

/** What an honest coordinator answers to R0. */
export function rosterOf(parties: readonly Party[]): Roster {
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

/** Has every colluder tell what it knows. */
export function collude(conspiracy: Conspiracy, parties: readonly Party[], colluders: readonly string[]): void {
  for (const party of parties) {
    if (party instanceof LenientClient && colluders.includes(party.merchant.name)) conspiracy.collude(party);
  }
}

/** A coordinator that chooses what each merchant is shown, up to R2. */
export function collect(
  parties: readonly Party[],
  shown: {
    readonly roster: (name: string) => Roster;
    readonly sharers: (name: string) => readonly string[];
    /** Of a sparse graph; what was opened unless told otherwise. */
    readonly coins?: (name: string, opened: readonly OpenedCoin[]) => readonly OpenedCoin[];
  },
): { readonly inputs: Map<string, Envelope>; readonly masked: Map<string, Uint32Array> } {
  const sharings = new Map<string, Envelope>();
  const opened: OpenedCoin[] = [];
  for (const party of parties) {
    const { name } = party.merchant;
    const met = party.receive({ step: 'roster', roster: shown.roster(name) });
    if (met.kind === 'sharing') sharings.set(name, met.sharing);
    if (met.kind === 'opening') opened.push(decodeUnverified(met.opening, OPENING));
  }
  if (opened.length > 0) {
    for (const party of parties) {
      const { name } = party.merchant;
      const coins = shown.coins?.(name, opened) ?? opened;
      sharings.set(name, answer(party, { step: 'coins', coins: { coins: [...coins] } }, 'sharing').sharing);
    }
  }
  const inputs = new Map<string, Envelope>();
  const masked = new Map<string, Uint32Array>();
  for (const party of parties) {
    const { name, vector } = party.merchant;
    const delivery = deliveryFor(name, sharings, shown.sharers(name));
    answer(party, { step: 'delivery', delivery }, 'sharers');
    const output = answer(party, { step: 'input', vector: vector.slice() }, 'masked');
    inputs.set(name, output.input);
    masked.set(name, bytesToWords(output.packed));
  }
  return { inputs, masked };
}

/** The R2 envelopes of some merchants. */
export function pick(inputs: ReadonlyMap<string, Envelope>, names: readonly string[]): Envelope[] {
  return names.flatMap((name) => inputs.get(name) ?? []);
}

/** R3 and R4 with one merchant, on a view of its own; the agreements shown to it are `signers`' on that same view. */
export function unmaskOn(party: Party, inputs: Envelope[], conspiracy: Conspiracy, agreements: Envelope[] = []): void {
  const { agreement } = answer(party, { step: 'survivors', survivors: { inputs } }, 'agreement');
  const shown = agreements.length > 0 ? agreements : [agreement];
  conspiracy.read(answer(party, { step: 'agreements', agreements: { agreements: shown } }, 'unmasking').unmasking);
}

/** All merchants' names. */
export const names = (round: Setting): string[] => round.merchants.map(({ name }) => name);
/** What a merchant contributes. */
export const vectorOf = (round: Setting, name: string): Uint32Array | undefined =>
  round.merchants.find((merchant) => merchant.name === name)?.vector;
