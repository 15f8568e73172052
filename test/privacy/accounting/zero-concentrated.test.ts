import { expect } from 'chai';
import { gaussianDelta, zcdpDelta, zcdpEpsilon, zcdpRho } from '../../../privacy/index.js';

describe('privacy: zero-concentrated differential privacy', () => {
  it('gives δ(ρ .025, ε 1), ε(ρ .025, δ 1e-6) and ρ(ε 1, δ 1e-6) as published', () => {
    expect(zcdpDelta(0.025, 1)).to.be.closeTo(1.33613e-6, 5e-12);
    expect(zcdpEpsilon(0.025, 1e-6)).to.be.closeTo(1.014074254726128, 1e-14);
    expect(zcdpRho(1, 1e-6)).to.be.closeTo(0.024355970359538372, 1e-16);
  });

  it('inverts itself', () => {
    for (const rho of [1e-6, 0.01, 0.5, 20])
      for (const delta of [0.1, 1e-6, 1e-12]) {
        const epsilon = zcdpEpsilon(rho, delta);
        expect(zcdpDelta(rho, epsilon)).to.be.at.most(delta);
        if (epsilon > 0) expect(zcdpRho(epsilon, delta) / rho).to.be.closeTo(1, 1e-9);
      }
  });

  it('is never below the Gaussian that it covers', () => {
    for (const z of [0.3, 1, 10])
      for (const epsilon of [0, 0.2, 1, 6])
        expect(zcdpDelta(1 / (2 * z * z), epsilon)).to.be.at.least(gaussianDelta(z, epsilon));
  });

  it('spends nothing for nothing and refuses what is out of range', () => {
    expect(zcdpDelta(0, 1)).to.equal(0);
    expect(zcdpEpsilon(0, 1e-6)).to.equal(0);
    expect(() => zcdpDelta(-1, 1)).to.throw(RangeError);
    expect(() => zcdpEpsilon(1, 0)).to.throw(RangeError);
    expect(() => zcdpRho(NaN, 0.1)).to.throw(RangeError);
  });
});
