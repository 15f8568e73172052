import { expect } from 'chai';
import sodium from 'libsodium-wrappers';
import { AgreementKey, isLowOrderPoint, streamRandom } from '../../crypto/index.js';
import { expectCode } from '../expect-code.js';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

const LOW_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].flatMap((text) => {
  const point = hex(text);
  const highBit = Buffer.from(point);
  highBit[31] = (highBit[31] ?? 0) | 0x80;
  return [point, highBit];
});

describe('X25519', () => {
  it('gives the shared secrets of RFC 7748, sections 5.2 and 6.1', () => {
    const vectors = [
      {
        secret: 'a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4',
        peer: 'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c',
        shared: 'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552',
      },
      {
        secret: '4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d',
        peer: 'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493',
        shared: '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957',
      },
      {
        secret: '5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb',
        peer: '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a',
        shared: '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742',
      },
    ];
    for (const { secret, peer, shared } of vectors) {
      expect(Buffer.from(AgreementKey.fromSecret(hex(secret)).agree(hex(peer))).toString('hex')).to.equal(shared);
    }
    const bob = AgreementKey.fromSecret(hex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'));
    expect(Buffer.from(bob.publicKey).toString('hex')).to.equal(
      'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f',
    );
  });

  it('agrees with libsodium', () => {
    const random = streamRandom(new Uint8Array(32).fill(4));
    for (let run = 0; run < 20; run++) {
      const own = AgreementKey.generate(random);
      const peer = AgreementKey.generate(random);
      expect(own.publicKey).to.deep.equal(sodium.crypto_scalarmult_base(own.secret));
      const shared = sodium.crypto_scalarmult(own.secret, peer.publicKey);
      expect(new Uint8Array(own.agree(peer.publicKey))).to.deep.equal(shared);
      expect(new Uint8Array(peer.agree(own.publicKey))).to.deep.equal(shared);
    }
  });

  it('refuses every point of low order, also with the ignored highest bit set', () => {
    const own = AgreementKey.generate(streamRandom(new Uint8Array(32).fill(5)));
    for (const point of LOW_ORDER) {
      expect(isLowOrderPoint(point)).to.equal(true);
      expectCode(() => own.agree(point), 'SECAGG_LOW_ORDER_POINT');
      // The control: libsodium computes with the point and finds zero, or refuses for that reason.
      expect(() => sodium.crypto_scalarmult(own.secret, point)).to.throw();
    }
    expect(isLowOrderPoint(own.publicKey)).to.equal(false);
  });

  it('forgets its secret when erased', () => {
    const own = AgreementKey.generate(streamRandom(new Uint8Array(32).fill(6)));
    const peer = own.publicKey;
    own.erase();
    expect(own.secret.every((byte) => byte === 0)).to.equal(true);
    expect(() => own.agree(peer)).to.throw(TypeError);
  });

  it('keeps a copy of the secret that it is given', () => {
    const secret = new Uint8Array(32).fill(9);
    AgreementKey.fromSecret(secret).erase();
    expect(secret[0]).to.equal(9);
    expect(() => AgreementKey.fromSecret(secret.subarray(1))).to.throw(RangeError);
    expect(() => isLowOrderPoint(secret.subarray(1))).to.throw(RangeError);
  });

  it('takes a peer’s key as it is now, also in memory that held another before', () => {
    const random = streamRandom(new Uint8Array(32).fill(6));
    const [own, first, second] = [0, 1, 2].map(() => AgreementKey.generate(random));
    if (own === undefined || first === undefined || second === undefined) throw new TypeError('three keys');
    const memory = first.publicKey.slice();
    expect(own.agree(memory)).to.deep.equal(first.agree(own.publicKey));
    memory.set(second.publicKey);
    expect(own.agree(memory)).to.deep.equal(second.agree(own.publicKey));
  });
});
