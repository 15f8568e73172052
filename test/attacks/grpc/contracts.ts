import { cpSync, rmSync } from 'node:fs';
import { SigningKey, osRandom } from '../../../crypto/index.js';
import { Phase } from '../../../proto/index.js';
import { FOUR, UP_TO_INPUT, VICTIM, WHOLE_ROUND, begin, carry } from './grpc-attack.js';
import type { GrpcAttack } from './grpc-attack.js';
import type { HostilePlatform, RoundOptions } from './hostile-platform.js';
import type { Sent } from './inbox.js';
import type { Cast } from './stage.js';

const [, ...OTHERS] = FOUR;

/** Proposes one contract to everybody, and waits for what comes of it. */
async function propose(platform: HostilePlatform, options: RoundOptions): Promise<void> {
  begin(platform, options);
  await carry(platform, [Phase.PHASE_ADVERTISING], [VICTIM]);
}

/** A policy of one line; its floors for survivors leave room for its colluders. */
const policyOf = (line: string): string =>
  line.includes('colluders') ? `${line}\nminimum_survivors = 4\n` : `${line}\n`;

/** A contract that the victim is to turn away before it says anything else. */
function turnedAway(attack: {
  readonly does: string;
  readonly defence: string;
  readonly contract: RoundOptions;
  /** Who lacks the defence, and who has it. */
  readonly cast: { readonly off: Cast; readonly on: Cast };
  readonly code: string;
}): GrpcAttack {
  const { does, defence, contract, cast, code } = attack;
  return {
    by: 'coordinator',
    does,
    defence,
    off: (platform) =>
      platform.mount(cast.off, async (stage) => {
        await propose(platform, contract);
        return stage.sent(VICTIM).includes('advertise') ? 'a merchant in a round that it would refuse' : undefined;
      }),
    on: (platform) =>
      platform.mount(cast.on, async (stage) => {
        await propose(platform, contract);
        return [...(await stage.refusals([VICTIM])), ...stage.sent(VICTIM)];
      }),
    stopped: [code],
  };
}

/** A value of the contract, the line of policy.toml that refuses it, and the one that would not. */
const WEAKENED: readonly (readonly [does: string, contract: RoundOptions, on: string, off: string, code: string])[] = [
  ['lowers the noise', { epsilon: 4 }, 'epsilon_per_round = 1', 'epsilon_per_round = 4', 'POLICY_ROUND_EPSILON'],
  [
    'drops the noise',
    { epsilon: 'none' },
    'allow_without_noise = false',
    'allow_without_noise = true',
    'POLICY_NO_NOISE',
  ],
  [
    'lowers c',
    { merchants: 10, minimumSurvivors: 6 },
    'minimum_colluders = 2',
    'minimum_colluders = 1',
    'POLICY_COLLUDERS',
  ],
  [
    'lowers U_min',
    { merchants: 10, minimumSurvivors: 3 },
    'minimum_survivors = 6',
    'minimum_survivors = 3',
    'POLICY_MINIMUM_SURVIVORS',
  ],
];

/** Contracts under the platform's own key that are weaker than the merchant's policy in one value. */
const weakened = (): GrpcAttack[] =>
  WEAKENED.map(([does, contract, on, off, code]) =>
    turnedAway({
      does: `${does} in a contract that it signs`,
      defence: `the merchant’s policy: ${on} (off: ${off})`,
      contract,
      cast: {
        off: { real: [VICTIM], policy: policyOf(off) },
        on: { real: [VICTIM], policy: policyOf(on) },
      },
      code,
    }),
  );

/** A round in which the coordinator deceives all four, and in which all four stop it. */
function stoppedByAll(attack: {
  readonly does: string;
  readonly defence: string;
  readonly play: (platform: HostilePlatform) => Promise<void>;
  /** What the victim sends where nobody stops it, and what that is to the coordinator. */
  readonly gains: readonly [step: Sent, gain: string];
  readonly code: string;
}): GrpcAttack {
  const { does, defence, play, gains, code } = attack;
  const [step, gain] = gains;
  return {
    by: 'coordinator',
    does,
    defence,
    off: (platform) =>
      platform.mount({ lenient: FOUR }, async (stage) => {
        await play(platform);
        return stage.sent(VICTIM).includes(step) ? gain : undefined;
      }),
    on: (platform) =>
      platform.mount({ real: FOUR }, async (stage) => {
        await play(platform);
        return stage.refusals(FOUR);
      }),
    stopped: FOUR.map(() => code),
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

const otherContract = (): GrpcAttack =>
  stoppedByAll({
    does: 'shows one merchant other terms than the rest',
    defence: 'the contract’s hash is signed with the keys, and everybody compares',
    play: async (platform) => {
      const [round, own] = [platform.propose(), platform.propose({ epsilon: 2 })];
      platform.coordinator.play({
        contract: (name) => (name === VICTIM ? own : round).envelope,
        model: (name) => (name === VICTIM ? own : round).model,
      });
      await carry(platform, UP_TO_INPUT, FOUR);
    },
    gains: ['input', 'an answer with half the noise'],
    code: 'SECAGG_CONTRACT_MISMATCH',
  });

const otherReceipt = (): GrpcAttack =>
  stoppedByAll({
    does: 'countersigns another ledger head than the merchant’s',
    defence: 'a receipt is for this upload, ledger and merchant, or the round ends for the client',
    play: async (platform) => {
      begin(platform, {}, { receipt: (_, receipt) => ({ ...receipt, ledgerHead: Buffer.alloc(32, 9) }) });
      await carry(platform, WHOLE_ROUND, FOUR);
    },
    gains: ['unmask', 'shares, for a receipt that proves nothing'],
    code: 'RECEIPT_INVALID',
  });

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
  ...weakened(),
  turnedAway({
    does: 'proposes a contract under another key than the one pinned at joining',
    defence: 'the pinned contract key',
    contract: { key: SigningKey.generate(osRandom) },
    cast: { off: { lenient: [VICTIM] }, on: { real: [VICTIM] } },
    code: 'CONTRACT_SIGNATURE_INVALID',
  }),
  otherModel(),
  otherContract(),
  otherReceipt(),
  replayedRound(),
];
