import { expect } from 'chai';
import {
  erfc,
  erfcx,
  logErfc,
  logExpm1,
  logNormalCdf,
  logSumExp,
  normalCdf,
  softplus,
} from '../../../privacy/accounting/special-functions.js';

const near = (actual: number, expected: number, relative = 4e-15): void => {
  expect(Math.abs(actual / expected - 1), `${actual} against ${expected}`).to.be.at.most(relative);
};

describe('privacy: special functions', () => {
  it('give erfc to the last digits from the centre to where it underflows (values of mpmath at 30 digits)', () => {
    const values: [number, number][] = [
      [0.001, 0.9988716212090307],
      [0.5, 0.4795001221869535],
      [0.999, 0.15771472979350307],
      [1, 0.15729920705028513],
      [3, 2.209049699858544e-5],
      [10, 2.088487583762545e-45],
      [26, 5.663192408856143e-296],
    ];
    for (const [x, value] of values) near(erfc(x), value, 2e-13);
    near(erfc(1), 0.15729920705028513, 1e-15);
    near(erfc(-0.5), 2 - 0.4795001221869535);
    near(erfcx(1.5), 0.3215854164543175);
    near(erfcx(5), 0.11070463773306863);
    near(logErfc(40), -1604.2615566532736);
  });

  it('give the normal distribution function relatively exact in the lower tail', () => {
    near(normalCdf(-8), 6.220960574271784e-16, 1e-13);
    near(normalCdf(1.5), 0.9331927987311419);
    near(logNormalCdf(-50), -1254.8313611394199);
    expect(normalCdf(0)).to.equal(0.5);
  });

  it('join the two branches of each function without a step', () => {
    near(erfcx(1 - 1e-12), erfcx(1), 1e-11);
    near(logExpm1(36 + 1e-12), logExpm1(36), 1e-12);
    near(softplus(1e-13), softplus(-1e-13), 1e-12);
  });

  it('sum exponentials far outside the range of doubles', () => {
    near(logSumExp([1000, 1000]), 1000 + Math.LN2);
    near(logSumExp([-2000, -2000, -2001]), -2000 + Math.log(2 + Math.exp(-1)));
    expect(logSumExp([])).to.equal(-Infinity);
  });
});
