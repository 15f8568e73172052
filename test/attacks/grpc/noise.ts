import { applyMasks } from '../../../crypto/index.js';
import { UNMASKING, decodeUnverified } from '../../../crypto/secagg/messages.js';
import { pairwiseMask } from '../../../crypto/secagg/pairwise.js';
import { Phase } from '../../../proto/index.js';
import type { Conspiracy } from '../../crypto/secagg/conspiracy.js';
import { lenientView } from '../../crypto/secagg/lenient-client.js';
import { addTo } from '../../crypto/secagg/setting.js';
import { same } from '../attack.js';
import { withoutSurplus } from './contribution.js';
import {
  FOUR,
  ONE_ANSWER,
  UP_TO_INPUT,
  VICTIM,
  WHOLE_ROUND,
  answeredOnce,
  begin,
  carry,
  conspiracyOf,
  some,
} from './grpc-attack.js';
import type { GrpcAttack } from './grpc-attack.js';
import type { HostilePlatform, ProposedRound } from './hostile-platform.js';
import type { Stage } from './stage.js';

/** All but the victim. */
const OTHERS = FOUR.slice(1);
const NOISY = { noiseStrategy: 'removable' } as const;

/** The sum over OTHERS out of their masked vectors, the victim having vanished; undefined where a secret is missing. */
function sumOfOthers(
  platform: HostilePlatform,
  { secAgg }: ProposedRound,
  conspiracy: Conspiracy,
): Uint32Array | undefined {
  const { inbox } = platform.coordinator;
  const view = lenientView({ advertisements: [...inbox.envelopes('advertise').values()] }, { terms: secAgg });
  const { transcript } = view;
  const vanished = conspiracy.maskKeyOf(VICTIM, view);
  if (vanished === undefined) return undefined;
  const sum = new Uint32Array(secAgg.dimension);
  for (const name of OTHERS) {
    const seed = conspiracy.decode(name, 'self-mask', view);
    const peerKey = view.byMerchant.get(name)?.maskKey;
    if (seed === undefined || peerKey === undefined) return undefined;
    addTo(sum, inbox.uploads(name)[0] ?? new Uint32Array(), 32);
    applyMasks(sum, [{ key: seed, sign: -1 }], { ringBits: 32 });
    applyMasks(sum, [pairwiseMask({ key: vanished, peerKey, transcript, own: VICTIM, peer: name })], { ringBits: 32 });
  }
  return sum;
}

/** The keys of surplus noise that merchants first revealed; with all four there, they are those of everything removable. */
function firstKeys(platform: HostilePlatform, names: readonly string[]): Map<string, Uint8Array> {
  const { received } = platform.coordinator.inbox;
  return new Map(
    names.flatMap((name) => {
      const first = received.find(({ merchant, step }) => merchant === name && step === 'unmask');
      return first?.envelope === undefined ? [] : [[name, decodeUnverified(first.envelope, UNMASKING).attachment]];
    }),
  );
}

/** Whether the coordinator has a sum over three from which noise is gone that three were to leave in. */
function thinNoise(
  platform: HostilePlatform,
  stage: Stage,
  round: ProposedRound,
  revealed: ReadonlyMap<string, Uint8Array>,
): string | undefined {
  const sum = sumOfOthers(platform, round, conspiracyOf(platform, stage, []));
  if (sum === undefined) return undefined;
  const taken = { terms: round.terms, roster: FOUR };
  const truth = new Uint32Array(sum.length);
  const own = new Map<string, Uint8Array>();
  for (const name of OTHERS) {
    const [contribution] = stage.lenient(name).contributions;
    if (contribution?.componentKey === undefined) return undefined;
    addTo(truth, contribution.vector, 32);
    if (revealed.has(name)) own.set(name, contribution.componentKey);
  }
  const thinned = withoutSurplus(sum, revealed, taken);
  const isThinner = !same(sum, thinned) && same(thinned, withoutSurplus(truth, own, taken));
  return isThinner ? 'a sum over three merchants, with the noise of four' : undefined;
}

function asksAgain(): GrpcAttack {
  const withoutVictim = { survivors: (_: string, inputs: Parameters<typeof some>[0]) => some(inputs, OTHERS) };
  const again = WHOLE_ROUND.slice(-2);
  return {
    by: 'coordinator',
    does: 'asks for the seeds of surplus noise with everybody there, and again with one missing',
    defence: 'seeds go out with R4, once, for the survivors of the one view that was signed',
    off: (platform) =>
      platform.mount({ lenient: FOUR }, async (stage) => {
        const round = begin(platform, NOISY);
        await carry(platform, WHOLE_ROUND, FOUR);
        platform.coordinator.show(withoutVictim);
        await carry(platform, again, OTHERS);
        return thinNoise(platform, stage, round, firstKeys(platform, OTHERS));
      }),
    on: (platform) =>
      platform.mount({ real: FOUR }, async (stage) => {
        begin(platform, NOISY);
        await carry(platform, WHOLE_ROUND, FOUR);
        const seeds = [...firstKeys(platform, FOUR).values()].filter(({ length }) => length > 0);
        platform.coordinator.show(withoutVictim);
        for (const phase of again) platform.coordinator.announce(phase, OTHERS);
        platform.coordinator.endJob('any', FOUR);
        const answers = FOUR.map(async (name) => {
          await stage.real(name).until('job-ended');
          return answeredOnce(stage, name);
        });
        return [`${seeds.length} seeds`, ...(await Promise.all(answers))];
      }),
    stopped: ['4 seeds', ...FOUR.map(() => ONE_ANSWER)],
  };
}

function asksUnderTwoViews(): GrpcAttack {
  const [, witness = ''] = FOUR;
  const seesAll = [VICTIM, witness];
  const viewOf = (name: string): readonly string[] => (seesAll.includes(name) ? FOUR : OTHERS);
  const play = async (platform: HostilePlatform): Promise<ProposedRound> => {
    const round = begin(platform, NOISY, {
      survivors: (name, inputs) => some(inputs, viewOf(name)),
      agreements: (name, agreements) =>
        some(
          agreements,
          FOUR.filter((other) => viewOf(other) === viewOf(name)),
        ),
    });
    await carry(platform, [...UP_TO_INPUT, Phase.PHASE_AGREEING, Phase.PHASE_UNMASKING], FOUR);
    return round;
  };
  return {
    by: 'coordinator',
    does: 'asks some for the seeds of surplus noise with everybody there, and others with one missing',
    defence: 'seeds are revealed under a view that T have signed, and two views cannot both have them',
    off: (platform) =>
      platform.mount({ lenient: FOUR }, async (stage) => {
        const round = await play(platform);
        return thinNoise(platform, stage, round, firstKeys(platform, [witness]));
      }),
    on: (platform) =>
      platform.mount({ real: FOUR }, async (stage) => {
        await play(platform);
        const revealed = [...firstKeys(platform, FOUR).keys()];
        return [...(await stage.refusals(FOUR)), ...revealed];
      }),
    stopped: FOUR.map(() => 'SECAGG_QUORUM_MISSED'),
  };
}

/** Attacks on the noise that a sum can do without, over gRPC. */
export const GRPC_NOISE_ATTACKS: readonly GrpcAttack[] = [asksAgain(), asksUnderTwoViews()];
