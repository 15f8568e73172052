import { expect } from 'chai';
import { openBox, sealBox, streamRandom } from '../../crypto/index.js';

describe('boxes', () => {
  // draft-irtf-cfrg-xchacha-03, appendix A.3.1.
  const key = Buffer.from('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f', 'hex');
  const associated = Buffer.from('50515253c0c1c2c3c4c5c6c7', 'hex');
  const nonce = Buffer.from('404142434445464748494a4b4c4d4e4f5051525354555657', 'hex');
  const plaintext = Buffer.from(
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
  );
  const published = Buffer.from(
    'bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb' +
      '731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452' +
      '2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9' +
      '21f9664c97637da9768812f615c68b13b52e' +
      'c0875924c1c7987947deafd8780acf49',
    'hex',
  );

  it('are XChaCha20-Poly1305 as the draft specifies it, behind their nonce', () => {
    const sealed = sealBox({ key, plaintext, associated, random: { bytes: () => nonce } });
    expect(Buffer.from(sealed)).to.deep.equal(Buffer.concat([nonce, published]));
    expect(openBox({ key, sealed, associated })).to.deep.equal(new Uint8Array(plaintext));
  });

  it('open only with the same key, the same associated bytes and every bit in place', () => {
    const random = streamRandom(new Uint8Array(32).fill(7));
    const sealed = sealBox({ key, plaintext, associated, random });
    const otherKey = Buffer.from(key);
    otherKey[0] = 0;
    expect(openBox({ key: otherKey, sealed, associated })).to.equal(undefined);
    expect(openBox({ key, sealed, associated: associated.subarray(1) })).to.equal(undefined);
    expect(openBox({ key, sealed: sealed.subarray(0, 39), associated })).to.equal(undefined);
    for (let bit = 0; bit < 8 * sealed.length; bit++) {
      const altered = Uint8Array.from(sealed);
      altered[bit >>> 3] = (altered[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
      expect(openBox({ key, sealed: altered, associated }), `bit ${bit}`).to.equal(undefined);
    }
  });

  it('refuse keys of another length', () => {
    const short = key.subarray(1);
    expect(() => openBox({ key: short, sealed: published, associated })).to.throw(RangeError);
    expect(() => sealBox({ key: short, plaintext, associated, random: { bytes: () => nonce } })).to.throw(RangeError);
  });
});
