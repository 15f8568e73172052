import { expect } from 'chai';
import { AgreementKey, lengthPrefixed, sealBox, streamRandom } from '../../../crypto/index.js';
import { openShares } from '../../../crypto/secagg/dealing.js';
import { shareBoxKey } from '../../../crypto/secagg/pairwise.js';
import { shareHash, transcriptOf } from '../../../crypto/secagg/transcript.js';
import type { DeliveredShare } from '../../../proto/index.js';

describe('secure aggregation: a dealt box', () => {
  const random = streamRandom(new Uint8Array(32).fill(3));
  const transcript = transcriptOf(new Uint8Array(32), []);
  const [dealerKey, boxKey] = [AgreementKey.generate(random), AgreementKey.generate(random)];
  const dealer = {
    merchant: 'dealer',
    point: 1,
    identityKey: new Uint8Array(32),
    boxKey: dealerKey.publicKey,
    maskKey: dealerKey.publicKey,
    coinCommitment: new Uint8Array(32),
  };
  const part = (): { share: Uint8Array; nonce: Uint8Array } => ({ share: random.bytes(32), nonce: random.bytes(32) });
  const [selfMask, maskKey, other] = [part(), part(), part()];
  const names = { transcript, owner: 'dealer', holder: 'holder' };

  /** A box that opens, whatever it holds: the dealer itself seals it over the hashes that it publishes. */
  const deliver = (sealed: readonly Uint8Array[]): DeliveredShare => {
    const selfMaskShareHash = shareHash({ kind: 'self-mask', ...names, ...selfMask });
    const maskKeyShareHash = shareHash({ kind: 'mask-key', ...names, ...maskKey });
    const pair = { key: dealerKey, peerKey: boxKey.publicKey, transcript, dealer: 'dealer', holder: 'holder' };
    const associated = lengthPrefixed([transcript, 'dealer', 'holder', selfMaskShareHash, maskKeyShareHash]);
    const box = sealBox({ key: shareBoxKey(pair), plaintext: Buffer.concat(sealed), associated, random });
    return { sender: 'dealer', selfMaskShareHash, maskKeyShareHash, box: Buffer.from(box) };
  };
  const open = (delivered: DeliveredShare): unknown =>
    openShares({ transcript, dealer, holder: 'holder', boxKey, delivered });

  it('gives its two shares', () => {
    const delivered = deliver([selfMask.share, maskKey.share, selfMask.nonce, maskKey.nonce]);
    expect(open(delivered)).to.deep.equal({ 'self-mask': selfMask, 'mask-key': maskKey });
  });

  it('gives nothing where either share does not match its hash, or its length is another', () => {
    expect(open(deliver([other.share, maskKey.share, selfMask.nonce, maskKey.nonce]))).to.equal(undefined);
    expect(open(deliver([selfMask.share, other.share, selfMask.nonce, maskKey.nonce]))).to.equal(undefined);
    expect(open(deliver([selfMask.share, maskKey.share, other.nonce, maskKey.nonce]))).to.equal(undefined);
    expect(open(deliver([maskKey.share, selfMask.share, maskKey.nonce, selfMask.nonce]))).to.equal(undefined);
    expect(open(deliver([selfMask.share, maskKey.share, selfMask.nonce]))).to.equal(undefined);
  });
});
