import { expect } from 'chai';
import { SecAggServer } from '../../../crypto/index.js';
import type { ClientInput, ClientOptions } from '../../../crypto/index.js';
import type { ErrorCode } from '../../../errors/index.js';
import type { Agreements, Coins, Delivery, Roster, Survivors } from '../../../proto/index.js';
import { expectCode } from '../../expect-code.js';
import { answer, clientOptions, realParty, setting, value } from './setting.js';
import type { Setting } from './setting.js';

/** The first client of a round of n, and what an honest coordinator would send it at each step. */
export function scene(
  round: Setting = setting({ merchants: 6, colluders: 1 }),
  changes: Partial<ClientOptions> = {},
): {
  readonly round: Setting;
  readonly self: ReturnType<typeof realParty>;
  readonly server: SecAggServer;
  readonly roster: Roster;
  /** On a sparse graph only. */
  readonly toCoins: () => Coins;
  readonly toDelivery: () => Delivery;
  readonly toSurvivors: () => Survivors;
  readonly toAgreements: () => Agreements;
} {
  const [first, ...rest] = round.merchants;
  if (first === undefined) throw new Error('a merchant');
  const self = realParty(clientOptions(round, first, changes), first);
  const parties = [self, ...rest.map((merchant) => realParty(clientOptions(round, merchant), merchant))];
  const server = SecAggServer.create(round);
  for (const { merchant, advertisement } of parties) server.accept('advertise', merchant.name, advertisement);
  const roster = value(server.closeAdvertising());
  const isSparse = server.step === 'open';
  const toCoins = (): Coins => {
    for (const party of parties) {
      server.accept('open', party.merchant.name, answer(party, { step: 'roster', roster }, 'opening').opening);
    }
    return value(server.closeOpening());
  };
  const toDelivery = (): Delivery => {
    const message: ClientInput = isSparse ? { step: 'coins', coins: toCoins() } : { step: 'roster', roster };
    for (const party of parties) {
      server.accept('share', party.merchant.name, answer(party, message, 'sharing').sharing);
    }
    value(server.closeSharing());
    return server.delivery(first.name);
  };
  const toSurvivors = (): Survivors => {
    toDelivery();
    for (const party of parties) {
      const { name, vector } = party.merchant;
      answer(party, { step: 'delivery', delivery: server.delivery(name) }, 'sharers');
      server.accept('input', name, answer(party, { step: 'input', vector: vector.slice() }, 'masked').input);
    }
    return value(server.closeCollecting());
  };
  const toAgreements = (): Agreements => {
    const survivors = toSurvivors();
    for (const party of parties) {
      const { agreement } = answer(party, { step: 'survivors', survivors }, 'agreement');
      server.accept('agree', party.merchant.name, agreement);
    }
    return value(server.closeAgreeing());
  };
  return { round, self, server, roster, toCoins, toDelivery, toSurvivors, toAgreements };
}

/** The client refuses with the code, again with the same code whatever comes, and holds nothing any more. */
export function expectRefusal(self: ReturnType<typeof realParty>, message: ClientInput, code: ErrorCode): void {
  expectCode(() => self.receive(message), code);
  expect(self.client.phase).to.equal('refused');
  expectCode(() => self.receive(message), code);
  self.client.erase();
  expect(self.client.phase).to.equal('refused');
}
