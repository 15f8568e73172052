import { SecAggServer } from '../../../crypto/index.js';
import { Phase } from '../../../proto/index.js';
import { addTo, value } from '../../crypto/secagg/setting.js';
import { EXACT, same } from '../attack.js';
import { vectorOf } from './contribution.js';
import { UP_TO_INPUT, VICTIM, WHOLE_ROUND, begin, carry, conspiracyOf, some, stripped } from './grpc-attack.js';
import type { GrpcAttack } from './grpc-attack.js';
import type { HostilePlatform, ProposedRound } from './hostile-platform.js';
import { applyUnmasking } from '../../crypto/secagg/apply-unmasking.js';

/** What an honest coordinator would make of what was sent: the sum of the survivors' vectors, or the code of its end. */
function resultOf({ coordinator }: HostilePlatform, { secAgg }: ProposedRound): string {
  const { inbox, members } = coordinator;
  const server = SecAggServer.create({ terms: secAgg, members });
  const closings = {
    advertise: () => value(server.closeAdvertising()),
    share: () => value(server.closeSharing()),
    input: () => value(server.closeCollecting()),
    agree: () => value(server.closeAgreeing()),
  } as const;
  for (const step of ['advertise', 'share', 'input', 'agree'] as const) {
    for (const [name, envelope] of inbox.envelopes(step)) server.accept(step, name, envelope);
    closings[step]();
  }
  for (const [name, envelope] of inbox.envelopes('unmask')) server.accept('unmask', name, envelope);
  const plan = server.closeUnmasking();
  if (plan.outcome === 'aborted') return plan.code;
  const sum = new Uint32Array(secAgg.dimension);
  const expected = new Uint32Array(secAgg.dimension);
  for (const name of server.survivors) {
    addTo(sum, inbox.uploads(name)[0] ?? new Uint32Array(), 32);
    addTo(expected, vectorOf(name, secAgg.dimension), 32);
  }
  applyUnmasking(sum, plan.value, 32);
  return same(sum, expected) ? EXACT : 'a wrong sum';
}

function withheldBoxes(): GrpcAttack {
  const all = ['m00', 'm01', 'm02', 'm03', 'm04', 'm05'];
  const colluder = 'm05';
  const play = async (platform: HostilePlatform): Promise<ProposedRound> => {
    const round = begin(
      platform,
      { merchants: all.length },
      { boxes: (name, dealt) => dealt.filter(({ sender }) => name !== VICTIM || sender === colluder) },
    );
    await carry(platform, WHOLE_ROUND, all);
    return round;
  };
  return {
    by: 'coordinator',
    does: 'withholds the boxes of all but a colluder from one victim',
    defence: 'a missing box means no share, never no mask: its sender stays in U2',
    off: (platform) =>
      platform.mount({ lenient: all, leniency: { binding: 'contract', masksWith: 'dealers' } }, async (stage) => {
        const round = await play(platform);
        return stripped(platform, round, conspiracyOf(platform, stage, [colluder]), { sharers: [VICTIM, colluder] });
      }),
    on: (platform) => platform.mount({ real: all }, async () => [resultOf(platform, await play(platform))]),
    stopped: [EXACT],
  };
}

/**
 * m09 colludes and is said to have vanished. Four merchants are each given its box for the victim's and the victim's for
 * its, so that where they are asked for the mask key of who vanished they would give out the victim's.
 */
function swappedBoxes(): GrpcAttack {
  const colluder = 'm09';
  const deceived = ['m01', 'm02', 'm03', 'm04'];
  const label = new Map([
    [VICTIM, colluder],
    [colluder, VICTIM],
  ]);
  const play = async (platform: HostilePlatform): Promise<ProposedRound> => {
    const survivors = platform.names.filter((name) => name !== colluder);
    const round = begin(
      platform,
      { merchants: 10 },
      {
        boxes: (name, dealt) =>
          deceived.includes(name)
            ? dealt
                .map((box) => ({ ...box, sender: label.get(box.sender) ?? box.sender }))
                .sort((one, other) => (one.sender < other.sender ? -1 : 1))
            : dealt,
        survivors: (_, inputs) => some(inputs, survivors),
      },
    );
    await carry(platform, UP_TO_INPUT.slice(0, 2), platform.names);
    await carry(platform, [Phase.PHASE_COLLECTING, Phase.PHASE_AGREEING, Phase.PHASE_UNMASKING], survivors);
    return round;
  };
  const mount = (
    platform: HostilePlatform,
    cast: Parameters<HostilePlatform['mount']>[0],
  ): Promise<{ readonly stolen: string | undefined; readonly round: ProposedRound }> =>
    platform.mount(cast, async (stage) => {
      const round = await play(platform);
      // It is given its own boxes only when it asks for them.
      stage.lenient(colluder).machine.receive({
        step: 'delivery',
        delivery: platform.coordinator.delivery(colluder),
      });
      const conspiracy = conspiracyOf(platform, stage, [colluder], (owner, holder) =>
        deceived.includes(holder) ? (label.get(owner) ?? owner) : owner,
      );
      return { round, stolen: stripped(platform, round, conspiracy, { sharers: platform.names, binding: 'roster' }) };
    });
  return {
    by: 'coordinator',
    does: 'swaps two merchants’ boxes, so that who is asked for one’s mask key gives out the other’s',
    pace: 'slow',
    defence: 'a box opens under its dealer’s name and hashes only, or no share is held',
    off: async (platform) => {
      const leniency = { binding: 'roster', opens: 'anybody’s' } as const;
      return (await mount(platform, { lenient: platform.names, leniency })).stolen;
    },
    on: async (platform) => {
      const honest = platform.names.slice(0, 9);
      const cast = { real: honest, lenient: [colluder], leniency: { binding: 'roster' } } as const;
      const { stolen, round } = await mount(platform, cast);
      // The victim's self-mask lacks the shares of those who were deceived: the coordinator has hurt nobody but itself.
      return [stolen ?? 'masks that stay', resultOf(platform, round)];
    },
    stopped: ['masks that stay', 'SECAGG_SHARES_TOO_FEW'],
  };
}

/** Attacks on the boxes with shares that the coordinator carries between merchants, over gRPC. */
export const GRPC_BOX_ATTACKS: readonly GrpcAttack[] = [withheldBoxes(), swappedBoxes()];
