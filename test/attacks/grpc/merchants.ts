import { pino } from 'pino';
import type { CoordinatorOptions } from '../../../coordinator/index.js';
import { sha256, wordsToBytes } from '../../../crypto/index.js';
import type { Envelope } from '../../../crypto/index.js';
import { SHARE_BOX_BYTES } from '../../../crypto/secagg/dealing.js';
import {
  ADVERTISEMENT,
  AGREEMENT,
  MASKED_INPUT,
  SHARING,
  UNMASKING,
  decodeUnverified,
  sealMessage,
} from '../../../crypto/secagg/messages.js';
import type { MessageKind } from '../../../crypto/secagg/messages.js';
import { Phase, ShareKind } from '../../../proto/index.js';
import type { Contract, ListMembersResponse } from '../../../proto/index.js';
import { expectedSum, template, TestFederation, vectorOf } from '../../coordinator/support/federation.js';
import { codeOf, unary } from '../../coordinator/support/merchant.js';
import type { TestMerchant } from '../../coordinator/support/merchant.js';
import { EXACT } from '../attack.js';
import { MESSAGE_ATTACKS } from '../messages.js';
import { SHARE_ATTACKS } from '../shares.js';
import type { GrpcAttack } from './grpc-attack.js';

const LIAR = 4;
const EVERYBODY = [0, 1, 2, 3, 4];
const HONEST = [0, 1, 2, 3];
const DIMENSION = 1000;
const GRACE_MS = 2001;

/** Five merchants and the real coordinator; the last merchant is the liar. */
async function withLiar<T>(
  play: (federation: TestFederation, liar: TestMerchant) => Promise<T>,
  configure: (federation: TestFederation) => void = () => undefined,
  options: Partial<CoordinatorOptions> = {},
): Promise<T> {
  const federation = await TestFederation.create();
  try {
    configure(federation);
    await federation.start(options);
    await federation.join(EVERYBODY.length);
    const liar = federation.merchants[LIAR];
    if (liar === undefined) throw new Error('a liar');
    return await play(federation, liar);
  } finally {
    await federation.destroy();
  }
}

async function begin(federation: TestFederation, terms: Partial<Contract> = {}): Promise<void> {
  federation.watch();
  await federation.admin.submitJob({ template: template('sum', terms), model: Buffer.from('start') });
}

/** Whether the round ends in the sum of these merchants' vectors modulo 2^w. */
async function sumOf(federation: TestFederation, merchants: readonly number[]): Promise<string> {
  for (const index of HONEST) await federation.merchants[index]?.reaches(Phase.PHASE_DONE);
  return (await released(federation)).equals(sha256(expectedSum(merchants, DIMENSION))) ? EXACT : 'a wrong sum';
}

/** The hash of what the coordinator released last. */
async function released(federation: TestFederation): Promise<Buffer> {
  const { jobs } = await federation.admin.status();
  return jobs[0]?.modelSha256 ?? Buffer.alloc(0);
}

/** The liar is gone, and its grace over: the others need not wait for the deadline. */
async function goesAway(federation: TestFederation, liar: TestMerchant): Promise<void> {
  liar.vanish();
  for (;;) {
    const listed = await federation.admin.listMerchants();
    if (listed.filter(({ connected }) => connected).length === HONEST.length) break;
  }
  federation.clock.advance(GRACE_MS);
}

/** Changes a message and signs it again as its merchant. */
function changed<T>(
  liar: TestMerchant,
  kind: MessageKind<T & { merchant: string }>,
  envelope: Envelope,
  change: (message: T) => Partial<T & { merchant: string }>,
): Envelope {
  const message = decodeUnverified(envelope, kind);
  return sealMessage(kind, { ...message, ...change(message) }, liar.identity);
}

/** The same attack with its defence off: the coordinator's machine without the check. */
function offMachines(does: string): () => Promise<string | undefined> {
  const attack = [...SHARE_ATTACKS, ...MESSAGE_ATTACKS].find((one) => one.does === does);
  if (attack === undefined) throw new Error(`no attack that ${does}`);
  return () => {
    const gained = attack.off();
    return Promise.resolve(gained === undefined ? undefined : `${gained}, on a machine without the check`);
  };
}

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

/** Everything that can be wrong with an upload, on one connection, and then the good one. */
function badUploads(): GrpcAttack {
  const RING_BITS = 20;
  const ODD = { ringBits: RING_BITS, dimension: DIMENSION + 1 };
  return {
    by: 'merchant',
    does: 'uploads other bytes than it signed, too few, too many, too many at once, padding that is not zero, and a second vector',
    defence: 'length, padding and digest are those of the signed envelope, and there is one upload',
    off: offMachines('uploads another vector than it signed'),
    on: () =>
      withLiar(async (federation, liar) => {
        const prepared = new Promise<{ contractSha256: Buffer; input: Envelope; bytes: Buffer }>((resolve) => {
          liar.hold = resolve;
        });
        for (const [index, merchant] of federation.merchants.entries()) {
          merchant.vectorOf = ({ dimension }) => vectorOf(index, dimension).map((word) => word % 2 ** RING_BITS);
        }
        await begin(federation, ODD);
        const { contractSha256, input, bytes } = await prepared;
        const other = Buffer.from(bytes);
        other.writeUInt8(other.readUInt8(9) ^ 1, 9);
        const padded = Buffer.from(bytes);
        padded[padded.length - 1] = (padded.at(-1) ?? 0) | 0x80;
        const second = changed(liar, MASKED_INPUT, input, () => ({ vectorSha256: Buffer.from(sha256(other)) }));
        const sent: (readonly [Envelope, Buffer, number?])[] = [
          [input, other],
          [input, bytes.subarray(4)],
          [input, Buffer.concat([bytes, Buffer.alloc(4)])],
          [input, Buffer.alloc(300_000), 300_000],
          [input, padded],
          [input, bytes],
          [second, other],
        ];
        const answers: string[] = [];
        for (const [envelope, vector, chunk] of sent) {
          const upload = liar.upload(contractSha256, envelope, vector, chunk);
          answers.push(await upload.then(() => 'taken', codeOf));
        }
        for (const index of HONEST) await federation.merchants[index]?.reaches(Phase.PHASE_DONE);
        const sum = new Uint32Array(ODD.dimension);
        for (const merchant of EVERYBODY) {
          vectorOf(merchant, ODD.dimension).forEach((word, i) => {
            sum[i] = ((sum[i] ?? 0) + (word % 2 ** RING_BITS)) % 2 ** RING_BITS;
          });
        }
        const isExact = (await released(federation)).equals(sha256(wordsToBytes(sum)));
        return [...answers, isExact ? EXACT : 'a wrong sum'];
      }),
    stopped: [
      'SECAGG_VECTOR_MISMATCH',
      'UPLOAD_LENGTH',
      'UPLOAD_TOO_LARGE',
      'REQUEST_MALFORMED',
      'UPLOAD_LENGTH',
      'taken',
      'SECAGG_SECOND_UPLOAD',
      EXACT,
    ],
  };
}

function floods(): GrpcAttack {
  const CALLS = 400;
  const flood = async (liar: TestMerchant): Promise<string[]> => {
    const calls = Array.from({ length: CALLS }, () =>
      unary<ListMembersResponse>((done) => liar.rounds.listMembers({}, done)).then(() => 'answered', codeOf),
    );
    return [...new Set(await Promise.all(calls))].sort();
  };
  return {
    by: 'merchant',
    does: `calls ${CALLS} times at once`,
    defence: 'every merchant’s calls are counted (off: a burst of a million in coordinator.toml)',
    off: () =>
      withLiar(
        async (_, liar) => ((await flood(liar)).join() === 'answered' ? 'the work of every one of them' : undefined),
        (federation) => federation.configure(/burst = 200/, 'burst = 1000000'),
      ),
    on: () =>
      withLiar(async (federation, liar) => {
        liar.idleIn.add(Phase.PHASE_ADVERTISING);
        await begin(federation);
        await liar.reaches(Phase.PHASE_ADVERTISING);
        const answers = await flood(liar);
        await goesAway(federation, liar);
        return [...answers, await sumOf(federation, HONEST)];
      }),
    stopped: ['RATE_LIMITED', 'answered', EXACT],
  };
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
  badUploads(),
  floods(),
];
