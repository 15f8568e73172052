import { expect } from 'chai';
import sodium from 'libsodium-wrappers';
import { SigningKey, streamRandom, verifyEd25519 } from '../../crypto/index.js';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** RFC 8032, section 7.1, tests 1 and 2. */
const VECTORS = [
  {
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
] as const;

describe('Ed25519', () => {
  it('gives the keys and signatures of RFC 8032', () => {
    for (const { seed, publicKey, message, signature } of VECTORS) {
      const key = SigningKey.fromSeed(hex(seed));
      expect(Buffer.from(key.publicKey).toString('hex')).to.equal(publicKey);
      expect(key.sign(hex(message)).toString('hex')).to.equal(signature);
      expect(verifyEd25519(key.publicKey, hex(message), hex(signature))).to.equal(true);
    }
  });

  it('agrees with libsodium, both ways', () => {
    const random = streamRandom(new Uint8Array(32).fill(2));
    for (let run = 0; run < 20; run++) {
      const seed = random.bytes(32);
      const message = random.bytes(run);
      const theirs = sodium.crypto_sign_seed_keypair(seed);
      const ours = SigningKey.fromSeed(seed);
      expect(ours.publicKey).to.deep.equal(theirs.publicKey);
      const signature = sodium.crypto_sign_detached(message, theirs.privateKey);
      expect(new Uint8Array(ours.sign(message))).to.deep.equal(signature);
      expect(sodium.crypto_sign_verify_detached(ours.sign(message), message, ours.publicKey)).to.equal(true);
    }
  });

  it('refuses altered messages, signatures and keys without throwing', () => {
    const key = SigningKey.generate(streamRandom(new Uint8Array(32).fill(3)));
    const message = Buffer.from('a contract');
    const signature = key.sign(message);
    expect(verifyEd25519(key.publicKey, message, signature)).to.equal(true);
    expect(verifyEd25519(key.publicKey, Buffer.from('A contract'), signature)).to.equal(false);
    expect(verifyEd25519(key.publicKey, message, signature.subarray(1))).to.equal(false);
    expect(verifyEd25519(new Uint8Array(32).fill(0xff), message, signature)).to.equal(false);
    const altered = Buffer.from(signature);
    altered[63] = 0xff;
    expect(verifyEd25519(key.publicKey, message, altered)).to.equal(false);
  });

  it('refuses keys that have not 32 bytes', () => {
    expect(() => SigningKey.fromSeed(new Uint8Array(31))).to.throw(RangeError);
    expect(() => verifyEd25519(new Uint8Array(33), new Uint8Array(), new Uint8Array(64))).to.throw(RangeError);
  });
});
