import { Phase } from '../../../proto/index.js';
import { Conspiracy } from '../../crypto/secagg/conspiracy.js';
import { lenientView } from '../../crypto/secagg/lenient-client.js';
import type { Envelope } from '../../../crypto/index.js';
import { same } from '../attack.js';
import type { Attack } from '../attack.js';
import type { HostilePlatform, ProposedRound, RoundOptions } from './hostile-platform.js';
import type { Script } from './script.js';
import { vectorOf } from './contribution.js';
import type { Stage } from './stage.js';

/** An attack over gRPC: mounted on the real client or coordinator, with certificates, files and databases. */
export type GrpcAttack = Omit<Attack, 'off' | 'on'> & {
  readonly off: (platform: HostilePlatform) => Promise<string | undefined>;
  readonly on: (platform: HostilePlatform) => Promise<readonly string[]>;
  /** Needs many merchants or restarts: its tests are among the long ones. */
  readonly pace?: 'slow';
};

/** Whom the attacks are after. */
export const VICTIM = 'm00';

/** Everybody, in the smallest round that there can be. */
export const FOUR = ['m00', 'm01', 'm02', 'm03'];

/** What a client does that answers each step once. */
export const ONE_ANSWER = 'answered once';

/** From the contract to the uploads. */
export const UP_TO_INPUT = [Phase.PHASE_ADVERTISING, Phase.PHASE_SHARING, Phase.PHASE_COLLECTING] as const;
export const WHOLE_ROUND = [...UP_TO_INPUT, Phase.PHASE_AGREEING, Phase.PHASE_UNMASKING] as const;

/** Begins a round in which merchants are shown what the script says. */
export function begin(
  platform: HostilePlatform,
  options: RoundOptions,
  shown: Partial<Omit<Script, 'contract' | 'model'>> = {},
): ProposedRound {
  const round = platform.propose(options);
  platform.coordinator.play({ contract: () => round.envelope, model: round.model, ...shown });
  return round;
}

/** Takes merchants through phases, all of them at a time. */
export async function carry(
  { coordinator }: HostilePlatform,
  phases: readonly Phase[],
  names: readonly string[],
): Promise<void> {
  for (const phase of phases) await coordinator.step(phase, names);
}

/** What of these merchants' envelopes there is. */
export function some(envelopes: ReadonlyMap<string, Envelope>, names: readonly string[]): Envelope[] {
  return names.flatMap((name) => envelopes.get(name) ?? []);
}

/**
 * The knowledge of colluders and of whatever was revealed.
 *
 * @param ownerOf whose a revealed share is, where the conspirators know better than its holder
 */
export function conspiracyOf(
  { coordinator }: HostilePlatform,
  stage: Stage,
  colluders: readonly string[],
  ownerOf?: (owner: string, holder: string) => string,
): Conspiracy {
  const conspiracy = new Conspiracy();
  for (const name of colluders) conspiracy.collude(stage.lenient(name).machine);
  for (const { step, envelope } of coordinator.inbox.received) {
    if (step === 'unmask' && envelope !== undefined) conspiracy.read(envelope, ownerOf);
  }
  return conspiracy;
}

/**
 * Whether the conspirators have the victim's vector out of what it uploaded.
 *
 * @param shown.roster what the victim was shown, if it was not everybody
 * @param shown.sharers the U2 that it was shown
 */
export function stripped(
  platform: HostilePlatform,
  { secAgg }: ProposedRound,
  conspiracy: Conspiracy,
  shown: {
    readonly roster?: readonly Envelope[];
    readonly sharers: readonly string[];
    readonly binding?: 'contract' | 'roster';
  },
): string | undefined {
  const { coordinator } = platform;
  const honest = [...coordinator.inbox.envelopes('advertise').values()];
  const { binding = 'contract' } = shown;
  const dealtOn = lenientView({ advertisements: honest }, { terms: secAgg }, binding);
  const view = lenientView({ advertisements: [...(shown.roster ?? honest)] }, { terms: secAgg }, binding);
  const masked = coordinator.inbox.uploads(VICTIM)[0] ?? new Uint32Array();
  const vector = conspiracy.strip({ name: VICTIM, masked, sharers: shown.sharers, view, dealtOn });
  return same(vector, vectorOf(VICTIM, secAgg.dimension)) ? 'the victim’s vector' : undefined;
}

/** How real clients take it that a phase is announced again which they have answered. */
export function askedAgain(
  phase: Phase.PHASE_COLLECTING | Phase.PHASE_AGREEING,
): (platform: HostilePlatform) => Promise<string[]> {
  return (platform) =>
    platform.mount({ real: FOUR }, async (stage) => {
      begin(platform, {});
      const next = WHOLE_ROUND.indexOf(phase) + 1;
      await carry(platform, WHOLE_ROUND.slice(0, next), FOUR);
      platform.coordinator.announce(phase, FOUR);
      // Whoever goes on to the end has heard the second call before.
      await carry(platform, WHOLE_ROUND.slice(next), FOUR);
      return Promise.all(FOUR.map((name) => answeredOnce(stage, name)));
    });
}

/** Whether a real client has ended its round with one answer to each step. */
export async function answeredOnce(stage: Stage, name: string): Promise<string> {
  const { kind } = await stage.real(name).outcome();
  const sent = stage.sent(name);
  return kind === 'done' && new Set(sent).size === sent.length ? ONE_ANSWER : `${kind}: ${sent.join()}`;
}
