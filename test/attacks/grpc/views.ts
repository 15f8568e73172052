import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Envelope } from '../../../crypto/index.js';
import { Phase } from '../../../proto/index.js';
import { same } from '../attack.js';
import {
  FOUR,
  ONE_ANSWER,
  UP_TO_INPUT,
  VICTIM,
  WHOLE_ROUND,
  askedAgain,
  begin,
  carry,
  conspiracyOf,
  some,
  stripped,
} from './grpc-attack.js';
import type { GrpcAttack } from './grpc-attack.js';
import type { HostilePlatform, ProposedRound } from './hostile-platform.js';
import { vectorOf } from './contribution.js';
import type { Cast } from './stage.js';

const withColluder = (real: readonly string[], colluder: string): Cast => ({
  real,
  lenient: [colluder],
  leniency: { binding: 'roster' },
});

function hidesSharers(): GrpcAttack {
  const toVictim = ['m00', 'm01', 'm02', 'm03', 'm04', 'm09'];
  const survivors = ['m00', 'm05', 'm06', 'm07', 'm08', 'm09'];
  const play = async (platform: HostilePlatform): Promise<ProposedRound> => {
    const { names } = platform;
    const round = begin(
      platform,
      { merchants: 10 },
      {
        sharers: (name) => (name === VICTIM ? toVictim : names),
        survivors: (_, inputs) => some(inputs, survivors),
      },
    );
    await carry(platform, UP_TO_INPUT, names);
    await carry(platform, [Phase.PHASE_AGREEING], survivors);
    return round;
  };
  return {
    by: 'coordinator',
    does: 'hides merchants from one victim’s U2',
    defence: 'every R2 envelope signs H(U2), and R3 compares them',
    off: (platform) =>
      platform.mount({ lenient: platform.names }, async (stage) => {
        const round = await play(platform);
        await carry(platform, [Phase.PHASE_UNMASKING], survivors);
        return stripped(platform, round, conspiracyOf(platform, stage, ['m09']), { sharers: toVictim });
      }),
    on: (platform) =>
      platform.mount(withColluder(platform.names.slice(0, 9), 'm09'), async (stage) => {
        await play(platform);
        return stage.refusals(survivors.slice(0, 5));
      }),
    stopped: ['SECAGG_SURVIVORS_NOT_SHARERS', ...new Array<string>(4).fill('SECAGG_OTHER_SHARERS')],
  };
}

/** To each of m01 to m08 four others have vanished; the rest see everybody. Nobody sees fewer than U_min = T. */
function splitViews(
  does: string,
  defence: string,
  code: string,
  shown: (agreements: ReadonlyMap<string, Envelope>, name: string, view: readonly string[]) => Envelope[],
): GrpcAttack {
  const viewOf = (name: string, names: readonly string[]): readonly string[] => {
    const at = Number(name.slice(1));
    if (at < 1 || at > 8) return names;
    const hidden = [1, 2, 3, 4].map((step) => `m0${((at - 1 + step) % 8) + 1}`);
    return names.filter((other) => !hidden.includes(other));
  };
  const play = async (platform: HostilePlatform): Promise<ProposedRound> => {
    const { names } = platform;
    const round = begin(
      platform,
      { merchants: 10 },
      {
        survivors: (name, inputs) => some(inputs, viewOf(name, names)),
        agreements: (name, agreements) => shown(agreements, name, viewOf(name, names)),
      },
    );
    await carry(platform, WHOLE_ROUND, names);
    return round;
  };
  return {
    by: 'coordinator',
    does,
    pace: 'slow',
    defence,
    off: (platform) =>
      platform.mount({ lenient: platform.names }, async (stage) => {
        const round = await play(platform);
        return stripped(platform, round, conspiracyOf(platform, stage, ['m09']), { sharers: platform.names });
      }),
    on: (platform) =>
      platform.mount(withColluder(platform.names.slice(0, 9), 'm09'), async (stage) => {
        await play(platform);
        return stage.refusals(platform.names.slice(1, 9));
      }),
    stopped: new Array<string>(8).fill(code),
  };
}

function aliveThenDropped(): GrpcAttack {
  return {
    by: 'coordinator',
    does: 'lists a merchant as alive, then goes back a phase and lists it as dropped',
    defence: 'phases only go forward, and a client answers one view a round',
    off: (platform) =>
      platform.mount({ lenient: FOUR }, async (stage) => {
        const round = begin(platform, {}, {});
        await carry(platform, WHOLE_ROUND, FOUR);
        platform.coordinator.show({ survivors: (_, inputs) => some(inputs, FOUR.slice(1)) });
        await carry(platform, WHOLE_ROUND.slice(-2), FOUR.slice(1));
        return stripped(platform, round, conspiracyOf(platform, stage, []), { sharers: FOUR });
      }),
    on: askedAgain(Phase.PHASE_AGREEING),
    stopped: FOUR.map(() => ONE_ANSWER),
  };
}

function inputTwice(): GrpcAttack {
  return {
    by: 'coordinator',
    does: 'asks for R2 twice',
    defence: 'one vector a round: the same bytes may leave again, others never',
    off: (platform) =>
      platform.mount({ lenient: FOUR }, async () => {
        const { terms } = begin(platform, {}, {});
        await carry(platform, [...UP_TO_INPUT, Phase.PHASE_COLLECTING], FOUR);
        const [first, second] = platform.coordinator.inbox.uploads(VICTIM);
        const [one, other] = [0, 1].map((time) => vectorOf(VICTIM, terms.dimension, time));
        const difference = second?.map((word, index) => word - (first?.[index] ?? 0));
        const truth = other?.map((word, index) => word - (one?.[index] ?? 0));
        return same(difference, truth) ? 'what two of its vectors differ by' : undefined;
      }),
    on: askedAgain(Phase.PHASE_COLLECTING),
    stopped: FOUR.map(() => ONE_ANSWER),
  };
}

function silentAfterAgreement(): GrpcAttack {
  const beginning = WHOLE_ROUND.slice(0, -1);
  const hour = 3_600_000;
  return {
    by: 'coordinator',
    does: 'stops answering after R3, and comes for the shares an hour later',
    defence: 'secrets are erased at the contract’s deadline, by the client’s own clock',
    off: (platform) =>
      platform.mount({ lenient: FOUR }, async () => {
        // A lenient merchant has no clock: for it an hour is like any other time.
        begin(platform, {}, {});
        await carry(platform, WHOLE_ROUND, FOUR);
        return FOUR.every((name) => platform.coordinator.inbox.times(name, 'unmask') === 1) ? 'every share' : undefined;
      }),
    on: (platform) =>
      platform.mount({ real: FOUR }, async (stage) => {
        begin(platform, {}, {});
        await carry(platform, beginning, FOUR);
        return Promise.all(
          FOUR.map(async (name) => {
            const client = stage.real(name);
            while (client.clock.sleepingWithin(hour) === 0) await nextTurn();
            client.clock.advance(hour);
            const outcome = await client.outcome();
            platform.coordinator.announce(Phase.PHASE_UNMASKING, [name]);
            platform.coordinator.endJob('any', [name]);
            await client.until('job-ended');
            return outcome.kind === 'left' && !stage.sent(name).includes('unmask') ? outcome.code : 'shares';
          }),
        );
      }),
    stopped: FOUR.map(() => 'ROUND_DEADLINE'),
  };
}

function fewSurvivors(): GrpcAttack {
  const play = async (platform: HostilePlatform): Promise<ProposedRound> => {
    const round = begin(platform, {}, { survivors: (_, inputs) => some(inputs, ['m00', 'm01']) });
    await carry(platform, WHOLE_ROUND, FOUR);
    return round;
  };
  return {
    by: 'coordinator',
    does: 'unmasks for fewer than U_min survivors',
    defence: 'a U3 below U_min is refused',
    off: (platform) =>
      platform.mount({ lenient: FOUR }, async (stage) => {
        const round = await play(platform);
        return stripped(platform, round, conspiracyOf(platform, stage, ['m01']), { sharers: FOUR });
      }),
    on: (platform) =>
      platform.mount({ real: FOUR }, async (stage) => {
        await play(platform);
        return stage.refusals(['m00', 'm01']);
      }),
    stopped: ['SECAGG_SURVIVORS_TOO_FEW', 'SECAGG_SURVIVORS_TOO_FEW'],
  };
}

/** Attacks on what merchants believe of each other's presence, over gRPC. */
export const GRPC_VIEW_ATTACKS: readonly GrpcAttack[] = [
  hidesSharers(),
  splitViews(
    'shows two survivor sets, and each merchant only the signatures on its own',
    'R4 asks for T signatures on one view, and two views cannot both have them',
    'SECAGG_QUORUM_MISSED',
    (agreements, name) => some(agreements, [name]),
  ),
  splitViews(
    'shows two survivor sets, and passes on signatures on the other one',
    'R4 counts signatures on its own view, and refuses at any other',
    'SECAGG_VIEW_DISAGREES',
    (agreements, _, view) => some(agreements, view),
  ),
  aliveThenDropped(),
  fewSurvivors(),
  inputTwice(),
  silentAfterAgreement(),
];
