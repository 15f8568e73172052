import { sha256, wordsToBytes } from '../../../crypto/index.js';
import type { Envelope } from '../../../crypto/index.js';
import { MASKED_INPUT } from '../../../crypto/secagg/messages.js';
import { Phase } from '../../../proto/index.js';
import type { ListMembersResponse } from '../../../proto/index.js';
import { vectorOf } from '../../coordinator/support/federation.js';
import { codeOf, unary } from '../../coordinator/support/calls.js';
import type { TestMerchant } from '../../coordinator/support/merchant.js';
import { EXACT } from '../attack.js';
import type { GrpcAttack } from './grpc-attack.js';
import {
  DIMENSION,
  EVERYBODY,
  HONEST,
  begin,
  changed,
  goesAway,
  offMachines,
  released,
  sumOf,
  withLiar,
} from './liar.js';

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

/** Attacks by what single merchants load upon the real coordinator, over gRPC. */
export const GRPC_LOAD_ATTACKS: readonly GrpcAttack[] = [badUploads(), floods()];
