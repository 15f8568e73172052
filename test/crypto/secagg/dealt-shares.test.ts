import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { expect } from 'chai';
import fc from 'fast-check';
import { Sharing } from '../../../proto/index.js';
import { streamRandom } from '../../../crypto/index.js';
import { DEALT_SHARES } from '../../../crypto/secagg/dealt-shares.js';
import { SHARE_BOX_BYTES } from '../../../crypto/secagg/dealing.js';
import { decodeUnverified } from '../../../crypto/secagg/messages.js';
import { expectCode } from '../../expect-code.js';

const random = streamRandom(new Uint8Array(32).fill(7));
const bytes = (count: number): Buffer => Buffer.from(random.bytes(count));

function sharingFor(recipients: readonly string[]): Sharing {
  const shares = recipients.map((recipient) => ({
    recipient,
    selfMaskShareHash: bytes(32),
    maskKeyShareHash: bytes(32),
    box: bytes(SHARE_BOX_BYTES),
  }));
  return { transcript: bytes(32), merchant: 'm0', selfMaskCommitment: bytes(32), shares };
}

const read = (payload: Uint8Array): ReturnType<typeof DEALT_SHARES.codec.decode> =>
  decodeUnverified({ payloadType: DEALT_SHARES.payloadType, payload, signatures: [] }, DEALT_SHARES);

describe('secure aggregation: dealt shares', () => {
  it('are read as the generated decoder reads them, whoever they are for', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }), { maxLength: 12 }), (recipients) => {
        const sharing = sharingFor(recipients);
        const { dealt, ...rest } = read(Sharing.encode(sharing).finish());
        const { shares, ...expected } = Sharing.decode(Sharing.encode(sharing).finish());
        expect(Buffer.from(rest.transcript)).to.deep.equal(expected.transcript);
        expect(Buffer.from(rest.selfMaskCommitment)).to.deep.equal(expected.selfMaskCommitment);
        expect(rest.merchant).to.equal(expected.merchant);
        expect(rest.recipients).to.deep.equal(shares.map(({ recipient }) => recipient));
        shares.forEach(({ selfMaskShareHash, maskKeyShareHash, box }, rank) => {
          expect(dealt.at(rank)).to.deep.equal({ selfMaskShareHash, maskKeyShareHash, box });
          expect(dealt.hashAt(rank, 'mask-key')).to.deep.equal(maskKeyShareHash);
        });
      }),
    );
  });

  it('may stand among fields of a later version', () => {
    const sharing = sharingFor(['m1', 'm2']);
    const later = new BinaryWriter()
      .uint32(200 << 3)
      .uint32(5)
      .uint32((201 << 3) | 2)
      .string('later')
      .finish();
    const payload = Buffer.concat([later, Sharing.encode(sharing).finish(), later]);
    expect(read(payload).recipients).to.deep.equal(['m1', 'm2']);
  });

  it('are refused where a hash or a box has another length, or is not there', () => {
    for (const [field, length] of [
      ['selfMaskShareHash', 31],
      ['maskKeyShareHash', 33],
      ['box', SHARE_BOX_BYTES + 1],
      ['box', 0],
    ] as const) {
      const sharing = sharingFor(['m1', 'm2']);
      const shares = sharing.shares.map((one, rank) => (rank === 1 ? { ...one, [field]: bytes(length) } : one));
      expectCode(() => read(Sharing.encode({ ...sharing, shares }).finish()), 'SECAGG_MESSAGE_MALFORMED');
    }
  });

  it('are refused where the message ends early', () => {
    const whole = Sharing.encode(sharingFor(['m1', 'm2'])).finish();
    for (let length = whole.length - 1; length > 0; length -= 7) {
      // What ends between two boxes is a shorter message, and whole.
      const outcome = ((): number => {
        try {
          return read(whole.subarray(0, length)).recipients.length;
        } catch {
          return 0;
        }
      })();
      expect(outcome, `${length} bytes`).to.be.below(2);
    }
    expectCode(() => read(whole.subarray(0, whole.length - 1)), 'SECAGG_MESSAGE_MALFORMED');
  });
});
