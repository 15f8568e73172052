import { expect } from 'chai';
import { SecAggServer } from '../../../crypto/index.js';
import type { Envelope, ServerStep } from '../../../crypto/index.js';
import { OPENING, SHARING, UNMASKING } from '../../../crypto/secagg/messages.js';
import type { ErrorCode } from '../../../errors/index.js';
import { ShareKind } from '../../../proto/index.js';
import type { Coins } from '../../../proto/index.js';
import { expectCode } from '../../expect-code.js';
import { resigned } from './resigned.js';
import { expectRefusal, scene } from './scene.js';
import { serverAt, storedMessage } from './server-at.js';
import { playRound, realParties, setting, sparseRule, value } from './setting.js';
import type { Setting } from './setting.js';
import { edgesOf } from './sparse.js';

const sparse = (changes: Partial<Parameters<typeof sparseRule>[0]> = {}): Setting =>
  setting({ merchants: 8, colluders: 1, thresholdRule: sparseRule({ edgeProbability: 0.8, share: 2, ...changes }) });

describe('secure aggregation: a client on a sparse graph', () => {
  describe('refuses coins', () => {
    const cases: Record<string, [ErrorCode, (coins: Coins['coins']) => Coins['coins']]> = {
      'of which one is not what its merchant committed to': [
        'SECAGG_COIN_MISMATCH',
        (coins) => coins.map((coin, index) => (index === 3 ? { ...coin, coin: Buffer.alloc(32, 1) } : coin)),
      ],
      'of which one has another length': [
        'SECAGG_COIN_MISMATCH',
        (coins) => coins.map((coin, index) => (index === 3 ? { ...coin, coin: coin.coin.subarray(1) } : coin)),
      ],
      'of which two are one merchant’s': ['SECAGG_DUPLICATE', (coins) => [...coins.slice(0, 2), ...coins.slice(1)]],
      'out of order': ['SECAGG_MESSAGE_MALFORMED', (coins) => coins.toReversed()],
      'of someone who is not in the roster': [
        'SECAGG_COIN_UNLISTED',
        (coins) => [...coins, { merchant: 'm99', coin: Buffer.alloc(32) }],
      ],
      'without its own': ['SECAGG_OWN_COIN_MISSING', (coins) => coins.slice(1)],
      'of fewer than U_min merchants': ['SECAGG_OPENED_TOO_FEW', (coins) => coins.slice(0, 4)],
    };
    for (const [name, [code, change]] of Object.entries(cases)) {
      it(name, () => {
        const { self, toCoins } = scene(sparse());
        expectRefusal(self, { step: 'coins', coins: { coins: change(toCoins().coins) } }, code);
      });
    }

    it('of another choice than it has been shown before', () => {
      const { self, toCoins } = scene(sparse());
      const { coins } = toCoins();
      self.receive({ step: 'coins', coins: { coins } });
      expectRefusal(self, { step: 'coins', coins: { coins: coins.slice(0, 7) } }, 'SECAGG_SECOND_VIEW');
    });

    it('that leave it fewer neighbours than give a secret back', () => {
      const { self, toCoins } = scene(sparse({ edgeProbability: 0.2, share: 7 }));
      expectRefusal(self, { step: 'coins', coins: toCoins() }, 'SECAGG_NEIGHBOURS_TOO_FEW');
    });
  });

  it('refuses a U2 with someone whose coin it has not opened', () => {
    const { self, toCoins, round } = scene(sparse());
    const { coins } = toCoins();
    self.receive({ step: 'coins', coins: { coins: coins.slice(0, 7) } });
    const sharers = round.merchants.map(({ name }) => name);
    expectRefusal(self, { step: 'delivery', delivery: { sharers, shares: [] } }, 'SECAGG_SHARER_UNOPENED');
  });

  it('refuses a box of someone whom the coins do not make a neighbour', () => {
    const { self, server, toDelivery, round } = scene(sparse({ edgeProbability: 0.5 }));
    const delivery = toDelivery();
    const senders = delivery.shares.map(({ sender }) => sender);
    const stranger = round.merchants.find(({ name }) => name !== self.merchant.name && !senders.includes(name))?.name;
    const [first] = delivery.shares;
    if (stranger === undefined || first === undefined) throw new Error('a neighbour, and somebody who is none');
    const shares = [...delivery.shares, { ...first, sender: stranger }].sort((a, b) => (a.sender < b.sender ? -1 : 1));
    expect(server.sharers).to.include(stranger);
    expectRefusal(self, { step: 'delivery', delivery: { ...delivery, shares } }, 'SECAGG_NOT_A_NEIGHBOUR');
  });

  it('keeps its coin to itself until the roster has passed every check', () => {
    const { self, roster } = scene(sparse(), { survivorsFloor: 7 });
    expectRefusal(self, { step: 'roster', roster }, 'SECAGG_SURVIVORS_BELOW_FLOOR');
  });
});

describe('secure aggregation: the coordinator on a sparse graph', () => {
  const round = sparse({ edgeProbability: 0.5 });
  const result = playRound(round, realParties(round), { losses: { open: ['m07'] } });
  const edges = edgesOf(result);
  const message = (step: ServerStep, merchant: string): Envelope => storedMessage(result.stored, step, merchant);
  const names = [...edges.keys()];
  const stranger = names.find((name) => name !== 'm00' && edges.get('m00')?.includes(name) !== true);
  if (stranger === undefined) throw new Error('a merchant that is no neighbour');

  const cases: [string, ServerStep, ErrorCode, () => Envelope][] = [
    [
      'a coin that was not committed to',
      'open',
      'SECAGG_COIN_MISMATCH',
      () => resigned(round, message('open', 'm00'), OPENING, () => ({ coin: Buffer.alloc(32) })),
    ],
    [
      'a coin for another roster',
      'open',
      'SECAGG_TRANSCRIPT_MISMATCH',
      () => resigned(round, message('open', 'm00'), OPENING, () => ({ transcript: Buffer.alloc(32) })),
    ],
    [
      'a box for someone who is no neighbour',
      'share',
      'SECAGG_NOT_A_NEIGHBOUR',
      () =>
        resigned(round, message('share', 'm00'), SHARING, ({ shares }) => ({
          shares: shares.map((share, index) => (index === 0 ? { ...share, recipient: stranger } : share)),
        })),
    ],
    [
      'boxes for some of its neighbours only',
      'share',
      'SECAGG_MESSAGE_MALFORMED',
      () => resigned(round, message('share', 'm00'), SHARING, ({ shares }) => ({ shares: shares.slice(1) })),
    ],
    [
      'a share of someone who is no neighbour',
      'unmask',
      'SECAGG_NOT_A_NEIGHBOUR',
      () => {
        const kind = ShareKind.SHARE_KIND_SELF_MASK;
        const share = { owner: stranger, kind, share: Buffer.alloc(32), nonce: Buffer.alloc(32) };
        return resigned(round, message('unmask', 'm00'), UNMASKING, ({ shares }) => ({ shares: [...shares, share] }));
      },
    ],
  ];
  for (const [name, step, code, forge] of cases) {
    it(`refuses ${name}`, () => {
      const server = serverAt(step, round, result.stored);
      expectCode(() => server.accept(step, 'm00', forge()), code);
      expect(server.accept(step, 'm00', message(step, 'm00'))).to.equal('accepted');
    });
  }

  it('goes on without a merchant that does not open its coin', () => {
    expect(names).not.to.include('m07');
    expect(result.server.survivors).to.deep.equal(names);
    const server = serverAt('share', round, result.stored);
    expectCode(() => server.accept('share', 'm07', message('share', 'm00')), 'SECAGG_NOT_IN_ROUND');
  });

  it('has no coins to open where the graph is complete', () => {
    const complete = setting({ merchants: 4, colluders: 1 });
    const { stored } = playRound(complete, realParties(complete));
    const server = SecAggServer.create(complete);
    for (const { step, merchant, envelope } of stored) {
      if (step === 'advertise') server.accept(step, merchant, envelope);
    }
    expect(server.readyToClose('advertise')).to.equal(true);
    value(server.closeAdvertising());
    expect(server.step).to.equal('share');
    expectCode(() => server.closeOpening(), 'SECAGG_STEP_CLOSED');
    expectCode(() => server.accept('open', 'm00', message('open', 'm00')), 'SECAGG_STEP_CLOSED');
  });
});
