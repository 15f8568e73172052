import { pino } from 'pino';
import type { Envelope } from '../../../crypto/index.js';
import { SHARE_BOX_BYTES } from '../../../crypto/secagg/dealing.js';
import { ADVERTISEMENT, AGREEMENT, MASKED_INPUT, SHARING, UNMASKING } from '../../../crypto/secagg/messages.js';
import { Phase, ShareKind } from '../../../proto/index.js';
import type { TestFederation } from '../../coordinator/support/federation.js';
import type { TestMerchant } from '../../coordinator/support/merchant.js';
import { EXACT } from '../attack.js';
import type { GrpcAttack } from './grpc-attack.js';
import { EVERYBODY, HONEST, begin, changed, goesAway, offMachines, sumOf, withLiar } from './liar.js';

/** A message that is turned away; the liar leaves, and the others end with their sum. */
function turnedAway(attack: {
  readonly does: string;
  readonly defence: string;
  readonly phase: Phase;
  readonly forge: (liar: TestMerchant, envelope: Envelope) => Envelope;
  readonly code: string;
  /** Whose vectors are in the sum. */
  readonly counted: readonly number[];
}): GrpcAttack {
  const { does, defence, phase, forge, code, counted } = attack;
  return {
    by: 'merchant',
    does,
    defence,
    off: offMachines(does),
    on: () =>
      withLiar(async (federation, liar) => {
        liar.alter = (at, envelope) => (at === phase ? forge(liar, envelope) : envelope);
        await begin(federation);
        await liar.until(() => liar.failures.length > 0);
        await goesAway(federation, liar);
        return [...new Set(liar.failures), await sumOf(federation, counted)];
      }),
    stopped: [code, EXACT],
  };
}

/** Bad secrets that the others' shares make up for; the coordinator's log names who sent them. */
function madeUpFor(attack: {
  readonly does: string;
  readonly defence: string;
  readonly phase: Phase;
  readonly forge: (liar: TestMerchant, envelope: Envelope) => Envelope;
  /** The code under which the log names the liar, and nobody else. */
  readonly named?: string;
}): GrpcAttack {
  const { does, defence, phase, forge, named } = attack;
  return {
    by: 'merchant',
    does,
    defence,
    off: offMachines(does),
    on: () => {
      const lines: string[] = [];
      const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
      const play = async (federation: TestFederation, liar: TestMerchant): Promise<string[]> => {
        liar.alter = (at, envelope) => (at === phase ? forge(liar, envelope) : envelope);
        await begin(federation);
        return [...liar.failures, await sumOf(federation, EVERYBODY), ...faultsIn(lines, liar.name)];
      };
      return withLiar(play, undefined, { logger });
    },
    stopped: [EXACT, ...(named === undefined ? [] : [named])],
  };
}

/** The codes under which a log names the liar; another name where it names somebody else. */
function faultsIn(lines: readonly string[], liar: string): string[] {
  const faults = lines
    .map((line) => JSON.parse(line) as Partial<Record<'merchant' | 'code', string>>)
    .filter(({ merchant }) => merchant !== undefined);
  return [...new Set(faults.map(({ merchant, code = '' }) => (merchant === liar ? code : 'a wrong name')))];
}

/** Attacks by single merchants on the real coordinator, over gRPC. */
export const GRPC_MERCHANT_ATTACKS: readonly GrpcAttack[] = [
  madeUpFor({
    does: 'deals garbage boxes',
    defence: 'a secret is decoded from t valid shares, whoever holds them',
    phase: Phase.PHASE_SHARING,
    forge: (liar, envelope) =>
      changed(liar, SHARING, envelope, ({ shares }) => ({
        shares: shares.map((share, index) => (index < 1 ? { ...share, box: Buffer.alloc(SHARE_BOX_BYTES, 3) } : share)),
      })),
  }),
  madeUpFor({
    does: 'reveals garbage instead of shares',
    defence: 'a share must open the hash that its dealer published',
    named: 'SECAGG_SHARE_UNOPENED',
    phase: Phase.PHASE_UNMASKING,
    forge: (liar, envelope) =>
      changed(liar, UNMASKING, envelope, ({ shares }) => ({
        shares: shares.map((share) => ({ ...share, share: Buffer.alloc(32, 7) })),
      })),
  }),
  turnedAway({
    does: 'advertises its keys under another merchant’s name',
    defence: 'the sender is the one in the certificate, and signs',
    phase: Phase.PHASE_ADVERTISING,
    forge: (liar, envelope) => changed(liar, ADVERTISEMENT, envelope, () => ({ merchant: 'm00' })),
    code: 'SECAGG_SENDER_MISMATCH',
    counted: HONEST,
  }),
  turnedAway({
    does: 'advertises a point of low order',
    defence: 'the coordinator checks what clients would check, and turns the one message away',
    phase: Phase.PHASE_ADVERTISING,
    forge: (liar, envelope) => changed(liar, ADVERTISEMENT, envelope, () => ({ maskPublicKey: Buffer.alloc(32) })),
    code: 'SECAGG_LOW_ORDER_POINT',
    counted: HONEST,
  }),
  turnedAway({
    does: 'masks for another U2 than it was sent',
    defence: 'the coordinator checks what clients would check, and turns the one message away',
    phase: Phase.PHASE_COLLECTING,
    forge: (liar, envelope) => changed(liar, MASKED_INPUT, envelope, () => ({ sharersHash: Buffer.alloc(32) })),
    code: 'SECAGG_OTHER_SHARERS',
    counted: HONEST,
  }),
  turnedAway({
    does: 'signs another view than it was sent',
    defence: 'the coordinator checks what clients would check, and turns the one message away',
    phase: Phase.PHASE_AGREEING,
    forge: (liar, envelope) => changed(liar, AGREEMENT, envelope, () => ({ inputsHash: Buffer.alloc(32) })),
    code: 'SECAGG_VIEW_DISAGREES',
    counted: EVERYBODY,
  }),
  turnedAway({
    does: 'reveals both kinds of share of one merchant, so that the store holds what uncovers it',
    defence: 'one kind of share an owner, the one that the survivor set asks for',
    phase: Phase.PHASE_UNMASKING,
    forge: (liar, envelope) =>
      changed(liar, UNMASKING, envelope, ({ shares }) => ({
        shares: [...shares, ...shares.map((share) => ({ ...share, kind: ShareKind.SHARE_KIND_MASK_KEY }))],
      })),
    code: 'SECAGG_BOTH_SHARES',
    counted: EVERYBODY,
  }),
];
