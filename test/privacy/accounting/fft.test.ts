import { expect } from 'chai';
import { multiplyPower, RealFourier } from '../../../privacy/accounting/fft.js';

/** The definition, term by term. */
function direct(values: readonly number[], k: number): { re: number; im: number } {
  let re = 0;
  let im = 0;
  for (const [j, value] of values.entries()) {
    const angle = (-2 * Math.PI * ((j * k) % values.length)) / values.length;
    re += value * Math.cos(angle);
    im += value * Math.sin(angle);
  }
  return { re, im };
}

/** Fixed numbers without pattern. */
const sample = (n: number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => Math.sin(7 * i * i + 1) + 0.1 * i);

describe('privacy: the real Fourier transform', () => {
  it('is the sum that defines it', () => {
    for (const n of [4, 8, 64, 256]) {
      const values = sample(n);
      const { re, im } = new RealFourier(n).forward(values);
      for (let k = 0; k <= n / 2; k++) {
        const exact = direct([...values], k);
        expect(re[k], `n ${n}, k ${k}`).to.be.closeTo(exact.re, 1e-10 * n);
        expect(im[k], `n ${n}, k ${k}`).to.be.closeTo(exact.im, 1e-10 * n);
      }
    }
  });

  it('is undone by its inverse, also at length 2^16', () => {
    for (const n of [4, 32, 2 ** 16]) {
      const values = sample(n);
      const fourier = new RealFourier(n);
      const back = fourier.inverse(fourier.forward(values));
      let worst = 0;
      for (const [i, value] of back.entries()) worst = Math.max(worst, Math.abs(value - (values[i] ?? NaN)));
      expect(worst).to.be.below(n * 1e-14);
    }
  });

  it('turns convolution powers into powers: three dice, and a coin 64 times', () => {
    const compose = (values: Float64Array, times: number): Float64Array => {
      const n = values.length;
      const fourier = new RealFourier(n);
      const product = { re: new Float64Array(n / 2 + 1).fill(1), im: new Float64Array(n / 2 + 1) };
      multiplyPower(product, fourier.forward(values), times);
      return fourier.inverse(product);
    };
    const die = new Float64Array(32);
    die.fill(1 / 6, 1, 7);
    const three = compose(die, 3);
    expect(three[3]).to.be.closeTo(1 / 216, 1e-15);
    expect(three[10]).to.be.closeTo(27 / 216, 1e-15);
    expect(three[19]).to.be.closeTo(0, 1e-15);
    const coin = new Float64Array(128);
    coin.fill(0.5, 0, 2);
    expect(compose(coin, 64)[32]).to.be.closeTo(0.0993467537479669, 1e-14);
  });

  it('refuses lengths that are not powers of two', () => {
    for (const n of [0, 2, 3, 12, NaN]) expect(() => new RealFourier(n)).to.throw(RangeError);
  });
});
