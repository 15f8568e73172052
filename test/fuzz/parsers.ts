import { SERVER_STEPS, SecAggServer, signEnvelope } from '../../crypto/index.js';
import type { ServerStep } from '../../crypto/index.js';
import { maskInput, receiveDelivery } from '../../crypto/secagg/client-masking.js';
import { advertise, receiveCoins, receiveRoster } from '../../crypto/secagg/client-opening.js';
import { agree, unmask } from '../../crypto/secagg/client-unmasking.js';
import { ADVERTISEMENT, AGREEMENT, MASKED_INPUT, decodeUnverified } from '../../crypto/secagg/messages.js';
import type { MessageKind } from '../../crypto/secagg/messages.js';
import { Agreements, Coins, Delivery, Envelope, Roster, Survivors, Unmasking } from '../../proto/index.js';
import { serverAt } from '../crypto/secagg/server-at.js';
import {
  answer,
  clientOptions,
  playRound,
  realParties,
  realParty,
  setting,
  sparseRule,
  value,
} from '../crypto/secagg/setting.js';
import type { Setting } from '../crypto/secagg/setting.js';
import { FEDERATION_PARSERS } from './federation-parsers.js';
import { decoded } from './parser.js';
import type { Parser } from './parser.js';

/** Six merchants on a graph drawn by coins, so that every message there is appears. */
const SPARSE = setting({
  merchants: 6,
  colluders: 1,
  thresholdRule: sparseRule({ edgeProbability: 0.9, share: 2 }),
});

/** An R4 message with something attached. */
const attaching = (payload: Uint8Array): Uint8Array =>
  Unmasking.encode({ ...Unmasking.decode(payload), attachment: Buffer.alloc(32, 7) }).finish();

/** What merchants send: the payload is spoilt and then signed as its merchant would, so that it is read to the end. */
function serverParsers(): Parser[] {
  const round = SPARSE;
  const { stored } = playRound(round, realParties(round), { losses: { input: ['m05'] } });
  const [sender] = round.merchants;
  if (sender === undefined) throw new Error('a sender');
  return SERVER_STEPS.flatMap((step: ServerStep): Parser[] => {
    const server = serverAt(step, round, stored);
    const sent = stored.filter((one) => one.step === step).map(({ envelope }) => envelope);
    const [{ payloadType } = { payloadType: '' }] = sent;
    const payloads = sent.map(({ payload }) => payload);
    return [
      {
        name: `the payload of "${step}" at the coordinator`,
        good: step === 'unmask' ? [...payloads, ...payloads.map(attaching)] : payloads,
        parse: (payload) =>
          server.validate(step, sender.name, signEnvelope({ payloadType, payload, key: sender.identity })),
      },
      {
        name: `the envelope of "${step}" at the coordinator`,
        good: sent.map((envelope) => Envelope.encode(envelope).finish()),
        parse: (bytes) => server.validate(step, sender.name, decoded(Envelope, bytes)),
      },
    ];
  });
}

/** A list of envelopes in which one payload is spoilt and then signed as its merchant would. */
function insideOf<T extends { merchant: string }>(
  round: Setting,
  kind: MessageKind<T>,
  envelopes: readonly Envelope[],
  receive: (envelopes: Envelope[]) => unknown,
): Pick<Parser, 'good' | 'parse'> {
  const index = 2;
  const original = envelopes[index];
  const signer = original && decodeUnverified(original, kind).merchant;
  const key = round.merchants.find(({ name }) => name === signer)?.identity;
  if (key === undefined) throw new Error('a signer');
  return {
    good: envelopes.map(({ payload }) => payload),
    parse: (payload) => {
      const spoilt = signEnvelope({ payloadType: kind.payloadType, payload, key });
      return receive(envelopes.map((envelope, at) => (at === index ? spoilt : envelope)));
    },
  };
}

/** What the coordinator sends, read by one client's steps in the states in which they are expected. */
function clientParsers(): Parser[] {
  const round = SPARSE;
  const [first, ...rest] = round.merchants;
  if (first === undefined) throw new Error('a merchant');
  const session = advertise(clientOptions(round, first));
  const others = rest.map((merchant) => realParty(clientOptions(round, merchant), merchant));
  const server = SecAggServer.create(round);
  server.accept('advertise', first.name, session.advertisement);
  for (const { merchant, advertisement } of others) server.accept('advertise', merchant.name, advertisement);

  const roster = value(server.closeAdvertising());
  const opened = receiveRoster(session, roster);
  if (opened.state.phase !== 'opened' || opened.output.kind !== 'opening') throw new Error('a coin');
  const { state: opening } = opened;
  server.accept('open', first.name, opened.output.opening);
  for (const party of others) {
    server.accept('open', party.merchant.name, answer(party, { step: 'roster', roster }, 'opening').opening);
  }
  const coins = value(server.closeOpening());
  const shared = receiveCoins(session, opening, coins);
  server.accept('share', first.name, shared.output.sharing);
  for (const party of others) {
    server.accept('share', party.merchant.name, answer(party, { step: 'coins', coins }, 'sharing').sharing);
  }
  value(server.closeSharing());

  const delivery = server.delivery(first.name);
  const masked = maskInput(session, receiveDelivery(session, shared.state, delivery).state, first.vector.slice());
  server.accept('input', first.name, masked.output.input);
  for (const party of others) {
    const { name, vector } = party.merchant;
    answer(party, { step: 'delivery', delivery: server.delivery(name) }, 'sharers');
    server.accept('input', name, answer(party, { step: 'input', vector: vector.slice() }, 'masked').input);
  }
  const survivors = value(server.closeCollecting());
  const agreed = agree(session, masked.state, survivors);
  server.accept('agree', first.name, agreed.output.agreement);
  for (const party of others) {
    const { agreement } = answer(party, { step: 'survivors', survivors }, 'agreement');
    server.accept('agree', party.merchant.name, agreement);
  }
  const agreements = value(server.closeAgreeing());

  const reads = {
    roster: (message: Roster) => receiveRoster(session, message),
    coins: (message: Coins) => receiveCoins(session, opening, message),
    delivery: (message: Delivery) => receiveDelivery(session, shared.state, message),
    survivors: (message: Survivors) => agree(session, masked.state, message),
    agreements: (message: Agreements) => unmask(session, agreed.state, message),
  };
  return [
    {
      name: 'the roster at a client',
      good: [Roster.encode(roster).finish()],
      parse: (bytes) => reads.roster(decoded(Roster, bytes)),
    },
    {
      name: 'a roster’s advertisement at a client',
      ...insideOf(round, ADVERTISEMENT, roster.advertisements, (advertisements) => reads.roster({ advertisements })),
    },
    {
      name: 'the coins at a client',
      good: [Coins.encode(coins).finish()],
      parse: (bytes) => reads.coins(decoded(Coins, bytes)),
    },
    {
      name: 'the delivery at a client',
      good: [first.name, ...rest.map(({ name }) => name)].map((name) =>
        Delivery.encode(server.delivery(name)).finish(),
      ),
      parse: (bytes) => reads.delivery(decoded(Delivery, bytes)),
    },
    {
      name: 'the survivors at a client',
      good: [Survivors.encode(survivors).finish()],
      parse: (bytes) => reads.survivors(decoded(Survivors, bytes)),
    },
    {
      name: 'a survivor’s input at a client',
      ...insideOf(round, MASKED_INPUT, survivors.inputs, (inputs) => reads.survivors({ inputs })),
    },
    {
      name: 'the agreements at a client',
      good: [Agreements.encode(agreements).finish()],
      parse: (bytes) => reads.agreements(decoded(Agreements, bytes)),
    },
    {
      name: 'an agreement at a client',
      ...insideOf(round, AGREEMENT, agreements.agreements, (list) => reads.agreements({ agreements: list })),
    },
  ];
}

/** Everything that reads what the other side sent. */
export const PARSERS: readonly Parser[] = [...serverParsers(), ...clientParsers(), ...FEDERATION_PARSERS];
