import { cpSync, rmSync } from 'node:fs';
import { SigningKey, osRandom } from '../../../crypto/index.js';
import { Phase } from '../../../proto/index.js';
import { UP_TO_INPUT, VICTIM, WHOLE_ROUND, carry } from './grpc-attack.js';
import type { GrpcAttack } from './grpc-attack.js';
import type { HostilePlatform, RoundOptions } from './hostile-platform.js';

const FOUR = ['m00', 'm01', 'm02', 'm03'];
const [, ...OTHERS] = FOUR;
const TAKES_PART = 'a merchant in a round that it would refuse';

/** Proposes one contract to everybody, and waits for what comes of it. */
async function propose(platform: HostilePlatform, options: RoundOptions): Promise<void> {
  const round = platform.propose(options);
  platform.coordinator.play({ contract: () => round.envelope, model: round.model });
  await carry(platform, [Phase.PHASE_ADVERTISING], [VICTIM]);
}

/** A policy of one line; its floors for survivors leave room for its colluders. */
const policyOf = (line: string): string =>
  line.includes('colluders') ? `${line}\nminimum_survivors = 4\n` : `${line}\n`;

/** A contract under the platform's own key that is weaker than the merchant's policy in one value. */
function weakened(attack: {
  readonly does: string;
  readonly contract: RoundOptions;
  /** The line of policy.toml that refuses it, and the one that would not. */
  readonly policy: { readonly on: string; readonly off: string };
  readonly code: string;
}): GrpcAttack {
  const { does, contract, policy, code } = attack;
  return {
    by: 'coordinator',
    does,
    defence: `the merchant’s policy: ${policy.on} (off: ${policy.off})`,
    off: (platform) =>
      platform.mount({ real: [VICTIM], policy: policyOf(policy.off) }, async (stage) => {
        await propose(platform, contract);
        return stage.sent(VICTIM).includes('advertise') ? TAKES_PART : undefined;
      }),
    on: (platform) =>
      platform.mount({ real: [VICTIM], policy: policyOf(policy.on) }, async (stage) => {
        await propose(platform, contract);
        return [...(await stage.refusals([VICTIM])), ...stage.sent(VICTIM)];
      }),
    stopped: [code],
  };
}

function strangersContract(): GrpcAttack {
  const stranger = SigningKey.generate(osRandom);
  return {
    by: 'coordinator',
    does: 'proposes a contract under another key than the one pinned at joining',
    defence: 'the pinned contract key',
    off: (platform) =>
      platform.mount({ lenient: [VICTIM] }, async (stage) => {
        await propose(platform, { key: stranger });
        return stage.sent(VICTIM).includes('advertise') ? TAKES_PART : undefined;
      }),
    on: (platform) =>
      platform.mount({ real: [VICTIM] }, async (stage) => {
        await propose(platform, { key: stranger });
        return [...(await stage.refusals([VICTIM])), ...stage.sent(VICTIM)];
      }),
    stopped: ['CONTRACT_SIGNATURE_INVALID'],
  };
}

function otherModel(): GrpcAttack {
  const play = async (platform: HostilePlatform): Promise<void> => {
    const round = platform.propose();
    const marked = Buffer.concat([round.model, Buffer.from([0])]);
    platform.coordinator.play({
      contract: () => round.envelope,
      model: (name) => (name === VICTIM ? marked : round.model),
    });
    await carry(platform, UP_TO_INPUT, FOUR);
  };
  return {
    by: 'coordinator',
    does: 'gives one merchant another model than the rest',
    defence: 'the contract names the model’s hash, and everybody signs the contract’s',
    off: (platform) =>
      platform.mount({ lenient: FOUR }, async (stage) => {
        await play(platform);
        const [victim, ...others] = FOUR.map((name) => Buffer.from(stage.lenient(name).model).toString('hex'));
        const alone = victim !== undefined && !others.includes(victim);
        return alone && stage.sent(VICTIM).includes('input') ? 'an answer to a question of its own' : undefined;
      }),
    on: (platform) =>
      platform.mount({ real: [VICTIM], lenient: OTHERS, leniency: { binding: 'roster' } }, async (stage) => {
        await play(platform);
        return [...(await stage.refusals([VICTIM])), ...stage.sent(VICTIM)];
      }),
    stopped: ['MODEL_HASH_MISMATCH'],
  };
}

function otherContract(): GrpcAttack {
  const play = async (platform: HostilePlatform): Promise<void> => {
    const [round, own] = [platform.propose(), platform.propose({ epsilon: 2 })];
    platform.coordinator.play({
      contract: (name) => (name === VICTIM ? own : round).envelope,
      model: (name) => (name === VICTIM ? own : round).model,
    });
    await carry(platform, UP_TO_INPUT, FOUR);
  };
  return {
    by: 'coordinator',
    does: 'shows one merchant other terms than the rest',
    defence: 'the contract’s hash is signed with the keys, and everybody compares',
    off: (platform) =>
      platform.mount({ lenient: FOUR }, async (stage) => {
        await play(platform);
        return stage.sent(VICTIM).includes('input') ? 'an answer with half the noise' : undefined;
      }),
    on: (platform) =>
      platform.mount({ real: FOUR }, async (stage) => {
        await play(platform);
        return stage.refusals(FOUR);
      }),
    stopped: FOUR.map(() => 'SECAGG_CONTRACT_MISMATCH'),
  };
}

function otherReceipt(): GrpcAttack {
  const play = async (platform: HostilePlatform): Promise<void> => {
    const round = platform.propose();
    platform.coordinator.play({
      contract: () => round.envelope,
      model: round.model,
      receipt: (_, receipt) => ({ ...receipt, ledgerHead: Buffer.alloc(32, 9) }),
    });
    await carry(platform, WHOLE_ROUND, FOUR);
  };
  return {
    by: 'coordinator',
    does: 'countersigns another ledger head than the merchant’s',
    defence: 'a receipt is for this upload, ledger and merchant, or the round ends for the client',
    off: (platform) =>
      platform.mount({ lenient: FOUR }, async (stage) => {
        await play(platform);
        return stage.sent(VICTIM).includes('unmask') ? 'shares, for a receipt that proves nothing' : undefined;
      }),
    on: (platform) =>
      platform.mount({ real: FOUR }, async (stage) => {
        await play(platform);
        return stage.refusals(FOUR);
      }),
    stopped: FOUR.map(() => 'RECEIPT_INVALID'),
  };
}

function replayedRound(): GrpcAttack {
  /** The same contract twice; before the second time the client's directory is touched. */
  const playTwice = (platform: HostilePlatform, between: (dir: string) => void): Promise<string[]> =>
    platform.mount({ real: FOUR }, async (stage) => {
      const round = platform.propose();
      const script = { contract: () => round.envelope, model: round.model };
      platform.coordinator.play(script);
      await carry(platform, WHOLE_ROUND, FOUR);
      await stage.restart(VICTIM, between);
      platform.coordinator.play(script);
      await carry(platform, [Phase.PHASE_ADVERTISING], [VICTIM]);
      return platform.coordinator.inbox.received.map(({ step, code }) => (step === 'decline' ? code : step));
    });
  return {
    by: 'coordinator',
    does: 'replays a round to a client that has started anew',
    defence: 'the ledger knows every round that was begun (off: the ledger is put back)',
    off: async (platform) => {
      const sent = await playTwice(platform, (dir) => {
        rmSync(dir, { recursive: true });
        cpSync(platform.dir(VICTIM), dir, { recursive: true });
      });
      return sent.join() === 'advertise' ? 'a second answer for one ε' : undefined;
    },
    on: (platform) => playTwice(platform, () => undefined),
    stopped: ['ROUND_ALREADY_JOINED'],
  };
}

/** Attacks by what a merchant is asked to take part in, over gRPC. */
export const GRPC_CONTRACT_ATTACKS: readonly GrpcAttack[] = [
  weakened({
    does: 'lowers the noise in a contract that it signs',
    contract: { epsilon: 4 },
    policy: { on: 'epsilon_per_round = 1', off: 'epsilon_per_round = 4' },
    code: 'POLICY_ROUND_EPSILON',
  }),
  weakened({
    does: 'leaves the noise out of a contract that it signs',
    contract: { epsilon: 'none' },
    policy: { on: 'allow_without_noise = false', off: 'allow_without_noise = true' },
    code: 'POLICY_NO_NOISE',
  }),
  weakened({
    does: 'lowers c in a contract that it signs',
    contract: { merchants: 10, minimumSurvivors: 6 },
    policy: { on: 'minimum_colluders = 2', off: 'minimum_colluders = 1' },
    code: 'POLICY_COLLUDERS',
  }),
  weakened({
    does: 'lowers U_min in a contract that it signs',
    contract: { merchants: 10, minimumSurvivors: 3 },
    policy: { on: 'minimum_survivors = 6', off: 'minimum_survivors = 3' },
    code: 'POLICY_MINIMUM_SURVIVORS',
  }),
  strangersContract(),
  otherModel(),
  otherContract(),
  otherReceipt(),
  replayedRound(),
];
