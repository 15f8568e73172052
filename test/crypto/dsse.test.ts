import { expect } from 'chai';
import {
  SigningKey,
  fingerprint,
  preAuthenticationEncoding,
  sameEnvelope,
  signEnvelope,
  verifyEnvelope,
} from '../../crypto/index.js';
import type { ReceivedEnvelope } from '../../crypto/index.js';
import { envelopeDigest } from '../../crypto/dsse.js';
import { expectCode } from '../expect-code.js';

const SEED = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
const IN_TOTO = 'application/vnd.in-toto+json';

describe('DSSE envelopes', () => {
  const key = SigningKey.fromSeed(SEED);
  const { publicKey } = key;

  it('are signed over the specification’s pre-authentication encoding', () => {
    // protocol.md, "Test Vectors".
    const encoded = preAuthenticationEncoding('http://example.com/HelloWorld', Buffer.from('hello world'));
    expect(encoded.toString()).to.equal('DSSEv1 29 http://example.com/HelloWorld 11 hello world');
    expect(preAuthenticationEncoding('', Buffer.alloc(0)).toString()).to.equal('DSSEv1 0  0 ');
  });

  it('give the signatures of the repository’s Ed25519 vectors', () => {
    // testvectors/vectors.json of secure-systems-lab/dsse, key A: single-signature, non-ascii-payload-type, empty-payload.
    const statement = '{"_type":"https://in-toto.io/Statement/v1"}';
    const vectors = [
      [IN_TOTO, statement, '2WAfaHm5jluo0w+0rk8uVkluELJYWjSmU9x7EUzx+AyteDGJ4/nqyJXfmAUVFIAoQafWm7AxBZNw5M9ixNHiCA=='],
      [
        'application/vnd.exämple+json',
        statement,
        'xmSk/ug66ysT7ayhkCIjhAq42zgZXSsEWuzUaNL7w2eGAdF/NU6/fRXPtmfN+5DNSAs5/i2lUnHjbbjPsu0tAw==',
      ],
      [IN_TOTO, '', 'gSggCAaTLTYyRH6FIDBem6meyIynsYy8RTHVzwx9tnTb7Bg/1jMWnuVgI/gffqmbsC2VX5/jHfkkDqsj7CDbDg=='],
    ] as const;
    for (const [payloadType, payload, signature] of vectors) {
      const envelope = signEnvelope({ payloadType, payload: Buffer.from(payload), key });
      expect(envelope.signatures.map(({ sig }) => sig.toString('base64'))).to.deep.equal([signature]);
      expect(verifyEnvelope(envelope, { payloadType, publicKey })).to.equal(envelope.payload);
    }
  });

  it('are refused under another type, payload, key or signature', () => {
    const envelope = signEnvelope({ payloadType: IN_TOTO, payload: Buffer.from('x'), key });
    const expected = { payloadType: IN_TOTO, publicKey };
    const other = SigningKey.fromSeed(Buffer.alloc(32, 1)).publicKey;
    const refused: [ReceivedEnvelope, { payloadType: string; publicKey: Uint8Array }][] = [
      [envelope, { ...expected, payloadType: 'text/plain' }],
      [
        { ...envelope, payloadType: 'text/plain' },
        { ...expected, payloadType: 'text/plain' },
      ],
      [{ ...envelope, payload: Buffer.from('y') }, expected],
      [envelope, { ...expected, publicKey: other }],
      [{ ...envelope, signatures: [] }, expected],
      [{ ...envelope, signatures: [{ keyid: '', sig: Buffer.alloc(63) }] }, expected],
    ];
    for (const [received, wanted] of refused) expectCode(() => verifyEnvelope(received, wanted), 'SIGNATURE_INVALID');
  });

  it('are accepted whatever the key id says, which nobody signs', () => {
    const envelope = signEnvelope({ payloadType: IN_TOTO, payload: Buffer.from('x'), key });
    expect(envelope.signatures[0]?.keyid).to.equal(fingerprint(publicKey));
    const renamed = { ...envelope, signatures: envelope.signatures.map(({ sig }) => ({ keyid: 'someone else', sig })) };
    expect(() => verifyEnvelope(renamed, { payloadType: IN_TOTO, publicKey })).not.to.throw();
    expect(sameEnvelope(envelope, renamed)).to.equal(false);
    expect(sameEnvelope(envelope, structuredClone(envelope))).to.equal(true);
  });

  it('have one digest for the same bytes, and another for any other', () => {
    const envelope = signEnvelope({ payloadType: IN_TOTO, payload: Buffer.from('x'), key });
    const [signature] = envelope.signatures;
    const keyid = signature?.keyid ?? '';
    const sig = signature?.sig ?? Buffer.alloc(0);
    expect(envelopeDigest(structuredClone(envelope))).to.deep.equal(envelopeDigest(envelope));
    const others: ReceivedEnvelope[] = [
      { ...envelope, payloadType: `${IN_TOTO}x`, payload: Buffer.alloc(0) },
      { ...envelope, payload: Buffer.from('y') },
      { ...envelope, signatures: [] },
      { ...envelope, signatures: [{ keyid: `${keyid}x`, sig }] },
      { ...envelope, signatures: [...envelope.signatures, { keyid, sig }] },
      { ...envelope, signatures: [{ keyid, sig: sig.subarray(1) }] },
    ];
    const digests = [envelope, ...others].map((one) => envelopeDigest(one).toString('hex'));
    expect(new Set(digests).size).to.equal(digests.length);
  });
});
