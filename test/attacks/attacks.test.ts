import { expect } from 'chai';
import { ATTACKS } from './catalogue.js';

describe('attacks on secure aggregation', () => {
  it('are at least twenty, each of its own', () => {
    expect(ATTACKS.length).to.be.at.least(20);
    expect(new Set(ATTACKS.map(({ by, does }) => `${by} ${does}`)).size).to.equal(ATTACKS.length);
  });

  for (const { by, does, defence, off, on, stopped } of ATTACKS) {
    describe(`a ${by} that ${does}`, () => {
      it(`succeeds without the defence: ${defence}`, () => {
        expect(off()).to.be.a('string');
      });

      it(`fails against it: ${[...new Set(stopped)].join(', ')}`, () => {
        expect(on()).to.deep.equal(stopped);
      });
    });
  }
});
