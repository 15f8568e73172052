import { expect } from 'chai';
import { expBounds } from '../../../privacy/noise/exact-exp.js';

describe('privacy: e^−x between integers', () => {
  it('holds the published digits of 1/e and e^−10', () => {
    const digits = 10n ** 40n;
    for (const [x, published] of [
      [1n, 3678794411714423215955237701614608674458n],
      [10n, 453999297624848515355915155605506102n],
    ] as const) {
      const { low, high } = expBounds(x, 0, 200);
      const scale = 1n << 200n;
      expect(low * digits <= (published + 1n) * scale).to.equal(true);
      expect(high * digits >= published * scale).to.equal(true);
      expect(high - low <= 2n).to.equal(true);
    }
  });

  it('closes in as the precision grows, for tiny exponents and for huge ones', () => {
    for (const numerator of [0n, 1n, 2n ** 31n, 2n ** 32n + 1n, 123_456_789_012n, 2n ** 52n]) {
      for (const precision of [64, 128, 512]) {
        const coarse = expBounds(numerator, 32, precision);
        const fine = expBounds(numerator, 32, precision + 100);
        expect(coarse.high - coarse.low <= 2n).to.equal(true);
        expect(coarse.low << 100n <= fine.low && fine.high <= coarse.high << 100n).to.equal(true);
      }
    }
  });
});
