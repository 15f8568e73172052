import { expect } from 'chai';
import { applyUnmasking, streamRandom } from '../../crypto/index.js';
import type { UnmaskingPlan } from '../../crypto/index.js';
import { unmaskSum } from '../../coordinator/rounds/unmasking.js';

describe('unmasking by parts', () => {
  const random = streamRandom(new Uint8Array(32).fill(4));
  const plan = (survivors: number, vanished: number): UnmaskingPlan => ({
    selfMaskSeeds: Array.from({ length: survivors }, () => random.bytes(32)),
    pairwise: Array.from({ length: survivors * vanished }, (_, index) => ({
      key: random.bytes(32),
      sign: index % 2 === 0 ? 1 : -1,
    })),
  });

  it('leaves the same sum as in one piece, for more masks and more words than go at once', async () => {
    for (const { dimension, survivors, vanished } of [
      { dimension: 5, survivors: 40, vanished: 3 },
      { dimension: 300_001, survivors: 70, vanished: 0 },
      { dimension: 7, survivors: 0, vanished: 0 },
    ]) {
      const masks = plan(survivors, vanished);
      const whole = new Uint32Array(dimension).fill(0xabcdef);
      const parts = whole.slice();
      applyUnmasking(whole, masks, 24);
      await unmaskSum(parts, masks, 24);
      expect(Buffer.compare(Buffer.from(parts.buffer), Buffer.from(whole.buffer)), `d = ${dimension}`).to.equal(0);
    }
  });

  it('lets other work have its turn in between', async () => {
    let turns = 0;
    let isDone = false;
    const count = (): void => {
      turns += 1;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    await unmaskSum(new Uint32Array(10), plan(300, 0), 32);
    isDone = true;
    expect(turns).to.be.at.least(4);
  });
});
