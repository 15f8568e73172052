import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { exp, log, log1p, stirling } from '../../../privacy/noise/elementary.js';
import { expBounds } from '../../../privacy/noise/exact-exp.js';
import { exponentOf, powerOfTwoBelow, twoTo } from '../../../privacy/noise/powers.js';

/** Multiples of 2^−20 in [0, 100], near 0 and spread. */
const EXPONENTS = Array.from({ length: 2000 }, (_, i) => Math.round(100 * 2 ** 20 * (i / 2000) ** 3) / 2 ** 20);

describe('privacy: elementary functions that are the same on every host', () => {
  it('give e^−x within 2^−49 of what integers give', () => {
    for (const x of EXPONENTS) {
      const { low, high } = expBounds(BigInt(x * 2 ** 20), 20, 300);
      expect(high - low <= 1n << 32n).to.equal(true);
      const error = BigInt(exp(-x) * 2 ** 300) - low;
      expect(Math.abs(Number(error)) / Number(low), `x ${x}`).to.be.below(2 ** -49);
    }
    expect(exp(0)).to.equal(1);
  });

  it('give logarithms within 2^−49 of the engine’s', () => {
    for (const x of [1e-300, 1e-9, 0.5, 0.70710678, 0.9999, 1, 1.0001, Math.SQRT2, 1.5, 3, 1e9, 2 ** 52, 1e300]) {
      expect(Math.abs(log(x) - Math.log(x)), `x ${x}`).to.be.at.most(Math.abs(Math.log(x)) * 2 ** -49);
    }
    for (const x of [-0.999, -0.5, -0.13, -0.12, -1e-12, 0, 1e-300, 1e-5, 0.124, 0.126, 0.9, 1e6]) {
      expect(Math.abs(log1p(x) - Math.log1p(x)), `x ${x}`).to.be.at.most(Math.abs(Math.log1p(x)) * 2 ** -49);
    }
  });

  it('give Stirling’s remainder of a factorial', () => {
    let logarithm = 0;
    for (let n = 1; n <= 200; n++) {
      logarithm += Math.log(n);
      if (n < 64) continue;
      const remainder = logarithm - (n + 0.5) * Math.log(n) + n - 0.5 * Math.log(2 * Math.PI);
      expect(stirling(n), `n ${n}`).to.be.closeTo(remainder, 1e-12);
    }
  });

  it('give powers of two exactly', () => {
    for (let n = -1022; n <= 1023; n++) {
      expect(twoTo(n)).to.equal(2 ** n);
      expect(exponentOf(1.75 * twoTo(n))).to.equal(n);
      expect(powerOfTwoBelow(1.75 * twoTo(n))).to.equal(twoTo(n));
    }
    expect(twoTo(1024)).to.equal(Infinity);
  });

  it('have the same bits everywhere', () => {
    const values = EXPONENTS.flatMap((x) => [exp(-x), log(x + 0.001), log1p(x - 0.99), stirling(x + 64)]);
    const view = new DataView(new ArrayBuffer(8 * values.length));
    for (const [i, value] of values.entries()) view.setFloat64(8 * i, value);
    const digest = createHash('sha256').update(view).digest('hex').slice(0, 16);
    expect(digest).to.equal('565dabd4cf39e713');
  });
});
