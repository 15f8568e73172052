import { rmSync } from 'node:fs';
import { statePaths } from '../../../client/index.js';
import { AgreementKey, SigningKey, osRandom } from '../../../crypto/index.js';
import type { Envelope } from '../../../crypto/index.js';
import { Phase } from '../../../proto/index.js';
import { forgeMaskKey } from '../../crypto/secagg/lenient-client.js';
import { UP_TO_INPUT, VICTIM, WHOLE_ROUND, carry, conspiracyOf, some, stripped } from './grpc-attack.js';
import type { GrpcAttack } from './grpc-attack.js';
import type { HostilePlatform } from './hostile-platform.js';
import type { Stage } from './stage.js';

function sybils(): GrpcAttack {
  const sybilNames = ['m01', 'm02', 'm03'];
  const all = [VICTIM, ...sybilNames];
  const mount = <T>(
    platform: HostilePlatform,
    policy: string,
    end: (stage: Stage, stolen: () => string | undefined) => Promise<T> | T,
  ): Promise<T> => {
    const forget = (dir: string): void => rmSync(statePaths(dir).members);
    const leniency = { binding: 'roster' } as const;
    const cast = { real: [VICTIM], lenient: sybilNames, leniency, policy, prepare: forget };
    return platform.mount(cast, async (stage) => {
      const round = platform.propose();
      platform.coordinator.play({ contract: () => round.envelope, model: round.model });
      await carry(platform, UP_TO_INPUT, all);
      return end(stage, () => {
        const conspiracy = conspiracyOf(platform, stage, sybilNames);
        return stripped(platform, round, conspiracy, { sharers: all, binding: 'roster' });
      });
    });
  };
  return {
    by: 'coordinator',
    does: 'fills the roster with sybils of its own authority',
    defence: 'the members list is the merchant’s own, not the platform’s (off: trust_platform_roster)',
    off: (platform) => mount(platform, 'trust_platform_roster = true\n', (_, stolen) => stolen()),
    on: (platform) => mount(platform, '', (stage) => stage.refusals([VICTIM])),
    stopped: ['SECAGG_NOT_A_MEMBER'],
  };
}

function replacedKeys(): GrpcAttack {
  const all = ['m00', 'm01', 'm02', 'm03', 'm04'];
  const mount = <T>(
    platform: HostilePlatform,
    shownTo: readonly string[],
    cast: { readonly real?: readonly string[]; readonly lenient?: readonly string[] },
    end: (stage: Stage, stolen: () => string | undefined) => Promise<T> | T,
  ): Promise<T> =>
    platform.mount(cast, async (stage) => {
      const round = platform.propose({ merchants: 5 });
      const forger = SigningKey.generate(osRandom);
      const keys = new Map(all.map((name) => [name, AgreementKey.generate(osRandom)]));
      const forge = (advertisements: ReadonlyMap<string, Envelope>): Envelope[] =>
        [...advertisements].map(([name, envelope]) => {
          const key = keys.get(name);
          return name === VICTIM || key === undefined ? envelope : forgeMaskKey(envelope, key.publicKey, forger);
        });
      platform.coordinator.play({
        contract: () => round.envelope,
        model: round.model,
        roster: (name, honest) => (shownTo.includes(name) ? forge(honest) : [...honest.values()]),
      });
      await carry(platform, WHOLE_ROUND, all);
      return end(stage, () => {
        const conspiracy = conspiracyOf(platform, stage, []);
        for (const key of keys.values()) conspiracy.knowMaskKey(key);
        const roster = forge(platform.coordinator.inbox.envelopes('advertise'));
        return stripped(platform, round, conspiracy, { roster, sharers: all });
      });
    });
  return {
    by: 'coordinator',
    does: 'replaces mask keys by its own, as a man in the middle',
    defence: 'advertisements are signed with pinned identity keys, and everyone looks for its own',
    off: (platform) => mount(platform, [VICTIM], { lenient: all }, (_, stolen) => stolen()),
    on: (platform) => mount(platform, [VICTIM, 'm01'], { real: all }, (stage) => stage.refusals([VICTIM, 'm01'])),
    stopped: ['SIGNATURE_INVALID', 'SECAGG_OWN_KEY_ALTERED'],
  };
}

function twoRosters(): GrpcAttack {
  const small = ['m00', 'm01', 'm02', 'm09'];
  const play = async (platform: HostilePlatform): Promise<ReturnType<HostilePlatform['propose']>> => {
    const { coordinator, names } = platform;
    const others = names.filter((name) => name !== 'm01' && name !== 'm02');
    const round = platform.propose({ merchants: 10 });
    coordinator.play({
      contract: () => round.envelope,
      model: round.model,
      roster: (name, all) => some(all, name === VICTIM ? small : names),
      sharers: (name) => (name === VICTIM ? small : names),
      // m01 reveals the victim's self-mask; to the others m01 and m02 have vanished, so they reveal those two's mask keys.
      survivors: (name, inputs) => some(inputs, name === VICTIM ? small : others.includes(name) ? others : names),
    });
    await carry(platform, [...UP_TO_INPUT, Phase.PHASE_AGREEING], names);
    return round;
  };
  return {
    by: 'coordinator',
    does: 'shows two rosters',
    pace: 'slow',
    defence: 'everything after R0 is bound to τ, which hashes the roster',
    off: (platform) =>
      platform.mount({ lenient: platform.names }, async (stage) => {
        const round = await play(platform);
        await carry(platform, [Phase.PHASE_UNMASKING], ['m01', ...platform.names.slice(3)]);
        const roster = some(platform.coordinator.inbox.envelopes('advertise'), small);
        return stripped(platform, round, conspiracyOf(platform, stage, ['m09']), { roster, sharers: small });
      }),
    on: (platform) => {
      const honest = platform.names.slice(0, 9);
      const cast = { real: honest, lenient: ['m09'], leniency: { binding: 'roster' } } as const;
      return platform.mount(cast, async (stage) => {
        await play(platform);
        return stage.refusals(honest);
      });
    },
    stopped: new Array<string>(9).fill('SECAGG_TRANSCRIPT_MISMATCH'),
  };
}

/** Attacks on who takes part, over gRPC. */
export const GRPC_ROSTER_ATTACKS: readonly GrpcAttack[] = [sybils(), replacedKeys(), twoRosters()];
