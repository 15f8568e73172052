import { applyMasks, streamRandom } from '../../../crypto/index.js';
import { isEdge } from '../../../crypto/secagg/graph.js';
import { Phase } from '../../../proto/index.js';
import type { OpenedCoin } from '../../../proto/index.js';
import { lenientView } from '../../crypto/secagg/lenient-client.js';
import { addTo } from '../../crypto/secagg/setting.js';
import { same } from '../attack.js';
import { vectorOf } from './contribution.js';
import { VICTIM, begin, carry, conspiracyOf, some, stripped } from './grpc-attack.js';
import type { GrpcAttack } from './grpc-attack.js';
import type { HostilePlatform, ProposedRound } from './hostile-platform.js';
import type { Script } from './script.js';

/** The smallest round, or nearly, in which as many as may collude could give a secret back: c = t = 57. */
export const CROWD = 280;
const COLLUDERS = 57;
const ROUND = { merchants: CROWD, colluders: COLLUDERS, minimumSurvivors: COLLUDERS + 2 };

const COINS = [Phase.PHASE_ADVERTISING, Phase.PHASE_OPENING] as const;
const MASKS = [Phase.PHASE_SHARING, Phase.PHASE_COLLECTING] as const;
/** A few who are said to be all of U2. */
const FEW = [VICTIM, 'm01', 'm02', 'm03', 'm04', 'm05', 'm06', 'm07', 'm08', 'm09'];

const colludersOf = ({ names }: HostilePlatform): readonly string[] => names.slice(-COLLUDERS);

/** A round on the sparse graph, up to the opened coins. */
async function opened(
  platform: HostilePlatform,
  shown: (round: ProposedRound) => Partial<Script>,
): Promise<ProposedRound> {
  const round = begin(platform, ROUND);
  platform.coordinator.show(shown(round));
  await carry(platform, COINS, platform.names);
  return round;
}

/** Coins of which those of `theirs` are others than were committed to: just the colluders among them are the victim's neighbours. */
function ground(
  platform: HostilePlatform,
  { secAgg }: ProposedRound,
  coins: readonly OpenedCoin[],
  theirs: readonly string[],
): OpenedCoin[] {
  const advertisements = [...platform.coordinator.inbox.envelopes('advertise').values()];
  const { transcript, thresholds } = lenientView({ advertisements }, { terms: secAgg }, 'roster');
  const graph = { transcript, edgeProbability: thresholds.edgeProbability };
  const own = coins.find(({ merchant }) => merchant === VICTIM);
  if (own === undefined) throw new Error('the victim has opened its coin');
  const random = streamRandom(new Uint8Array(32).fill(77));
  const ground = new Set(theirs);
  const colluders = new Set(colludersOf(platform));
  return coins.map(({ merchant, coin: committed }) => {
    let coin = committed;
    while (
      merchant !== VICTIM &&
      ground.has(merchant) &&
      isEdge(graph, own, { merchant, coin }) !== colluders.has(merchant)
    ) {
      coin = Buffer.from(random.bytes(32));
    }
    return { merchant, coin };
  });
}

/** Coins that do not open their commitments, shown to the victim. */
function otherCoins(attack: {
  readonly does: string;
  readonly defence: string;
  /** Whose coins are others. */
  readonly whose: (platform: HostilePlatform) => readonly string[];
}): GrpcAttack {
  const { does, defence, whose } = attack;
  const play = (platform: HostilePlatform): Promise<ProposedRound> =>
    opened(platform, (round) => ({
      coins: (name, coins) => (name === VICTIM ? ground(platform, round, coins, whose(platform)) : coins),
      sharers: () => platform.names,
    }));
  return {
    by: 'coordinator',
    does,
    defence,
    off: (platform) =>
      platform.mount({ lenient: platform.names, leniency: { binding: 'roster' } }, async (stage) => {
        const round = await play(platform);
        const colluders = colludersOf(platform);
        // Nobody else's shares are of use, so nobody else deals any.
        await carry(platform, MASKS, [VICTIM]);
        const { machine } = stage.lenient(VICTIM);
        for (const name of colluders) {
          const delivery = platform.coordinator.delivery(name);
          stage.lenient(name).machine.receive({ step: 'delivery', delivery });
        }
        const sharers = machine.graph.neighbours(VICTIM).map(({ merchant }) => merchant);
        const conspiracy = conspiracyOf(platform, stage, colluders);
        return stripped(platform, round, conspiracy, { sharers, binding: 'roster' });
      }),
    on: (platform) => {
      const lenient = platform.names.filter((name) => name !== VICTIM);
      return platform.mount({ real: [VICTIM], lenient, leniency: { binding: 'roster' } }, async (stage) => {
        await play(platform);
        await carry(platform, [Phase.PHASE_SHARING], [VICTIM]);
        return stage.refusals([VICTIM]);
      });
    },
    stopped: ['SECAGG_COIN_MISMATCH'],
  };
}

/** Whether the masks of a few, all in one U2, cancel where the victim is not shown some of their coins. */
function cancels(platform: HostilePlatform, hidden: readonly string[]): Promise<boolean> {
  return platform.mount({ lenient: platform.names, leniency: { binding: 'roster' } }, async (stage) => {
    const { secAgg } = await opened(platform, () => ({
      coins: (name, coins) => coins.filter(({ merchant }) => name !== VICTIM || !hidden.includes(merchant)),
      sharers: () => FEW,
    }));
    await carry(platform, MASKS, FEW);
    const sum = new Uint32Array(secAgg.dimension);
    const truth = new Uint32Array(secAgg.dimension);
    for (const name of FEW) {
      addTo(sum, platform.coordinator.inbox.uploads(name)[0] ?? new Uint32Array(), 32);
      applyMasks(sum, [{ key: stage.lenient(name).machine.selfMask, sign: -1 }], { ringBits: 32 });
      addTo(truth, vectorOf(name, secAgg.dimension), 32);
    }
    return same(sum, truth);
  });
}

function withheldCoins(): GrpcAttack {
  const witness = 'm01';
  const hidden = FEW.slice(2);
  return {
    by: 'coordinator',
    does: 'withholds coins from one client, so that some edges have one end only',
    defence: 'U2 holds nobody whose coin a client has not opened itself, and everybody signs the same U2',
    off: async (platform) => {
      const exact = await cancels(platform, []);
      return exact && !(await cancels(platform, hidden)) ? 'a wrong sum, unnoticed' : undefined;
    },
    on: async (platform) => {
      const real = [VICTIM, witness];
      const lenient = platform.names.filter((name) => !real.includes(name));
      const play = (u2: (name: string) => readonly string[], agrees: readonly string[]): Promise<string[]> =>
        platform.mount({ real, lenient, leniency: { binding: 'roster' } }, async (stage) => {
          await opened(platform, () => ({
            coins: (name, coins) => coins.filter(({ merchant }) => name !== VICTIM || !hidden.includes(merchant)),
            sharers: u2,
            survivors: (_, inputs) => some(inputs, real),
          }));
          await carry(platform, MASKS, real);
          await carry(platform, [Phase.PHASE_AGREEING], agrees);
          return stage.refusals(agrees.length === 0 ? [VICTIM] : agrees);
        });
      const known = platform.names.filter((name) => !hidden.includes(name));
      return [
        ...(await play(() => platform.names, [])),
        ...(await play((name) => (name === VICTIM ? known : platform.names), [witness])),
      ];
    },
    stopped: ['SECAGG_SHARER_UNOPENED', 'SECAGG_OTHER_SHARERS'],
  };
}

/** Attacks on the coins that draw a sparse graph, over gRPC; each among {@link CROWD} merchants. */
export const GRPC_COIN_ATTACKS: readonly GrpcAttack[] = [
  otherCoins({
    does: 'changes coins, so that only colluders are a victim’s neighbours',
    defence: 'a coin opens the commitment that the roster holds',
    whose: ({ names }) => names,
  }),
  otherCoins({
    does: 'has its colluders choose their coins late, so that all of them are a victim’s neighbours',
    defence: 'coins are committed to before anybody sees another’s',
    whose: colludersOf,
  }),
  withheldCoins(),
];
