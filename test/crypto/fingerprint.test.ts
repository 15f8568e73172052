import { expect } from 'chai';
import { fingerprint, labelledHash, matchesFingerprint } from '../../crypto/index.js';

describe('fingerprints', () => {
  const key = new Uint8Array(32).fill(42);

  it('are 160 bits of the key’s hash in eight groups of four base32 characters', () => {
    const text = fingerprint(key);
    expect(text).to.match(/^([A-Z2-7]{4}-){7}[A-Z2-7]{4}$/);
    const value = BigInt('0x' + labelledHash('guildhall/v1/fingerprint', key).subarray(0, 20).toString('hex'));
    const digits = 'abcdefghijklmnopqrstuvwxyz234567';
    let expected = '';
    for (let index = 31n; index >= 0n; index--) expected += digits.charAt(Number((value >> (5n * index)) & 31n));
    expect(text.replaceAll('-', '').toLowerCase()).to.equal(expected);
  });

  it('match what a person types, and nothing else', () => {
    const text = fingerprint(key);
    expect(matchesFingerprint(key, text)).to.equal(true);
    expect(matchesFingerprint(key, ` ${text.toLowerCase().replaceAll('-', ' ')} `)).to.equal(true);
    expect(matchesFingerprint(key, text.slice(0, -1))).to.equal(false);
    expect(matchesFingerprint(new Uint8Array(32).fill(43), text)).to.equal(false);
    expect(matchesFingerprint(key, '')).to.equal(false);
  });
});
