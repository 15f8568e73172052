import { expect } from 'chai';
import fc from 'fast-check';
import { COMPLETE_UP_TO, checkTerms, quorums, thresholds } from '../../../crypto/index.js';
import { expectCode } from '../../expect-code.js';
import { setting } from './setting.js';

describe('secure aggregation: parameters', () => {
  it('are the table’s for small n', () => {
    const table = [
      { merchants: 4, colluders: 1, agreement: 3, share: 2, lossesSurvived: 1 },
      { merchants: 5, colluders: 1, agreement: 4, share: 3, lossesSurvived: 1 },
      { merchants: 8, colluders: 2, agreement: 6, share: 5, lossesSurvived: 2 },
      { merchants: 10, colluders: 2, agreement: 7, share: 6, lossesSurvived: 3 },
      { merchants: 100, colluders: 10, agreement: 56, share: 55, lossesSurvived: 44 },
    ];
    for (const { merchants, colluders, ...expected } of table) {
      expect(thresholds({ merchants, colluders, minimumSurvivors: 3 })).to.include(expected);
    }
  });

  it('let the contract raise U_min above T, never lower it', () => {
    expect(thresholds({ merchants: 10, colluders: 2, minimumSurvivors: 9 })).to.include({
      minimumSurvivors: 9,
      lossesSurvived: 1,
    });
    expect(thresholds({ merchants: 10, colluders: 2, minimumSurvivors: 2 }).minimumSurvivors).to.equal(7);
  });

  it('leave no room for two views with T signatures each, nor for colluders to decode alone', () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: COMPLETE_UP_TO }), fc.integer({ min: 1 }), (merchants, colluders) => {
        fc.pre(colluders <= merchants - 2);
        const { agreement, share } = thresholds({ merchants, colluders, minimumSurvivors: 0 });
        expect(2 * agreement).to.be.above(merchants - colluders + 2 * colluders);
        expect(share).to.be.above(colluders);
        // T survivors, of whom the owner may be one, hold t shares.
        expect(agreement - 1).to.be.at.least(share);
      }),
    );
  });

  it('are those of a sparse graph above 200 merchants, and of the complete one where no sparse one is safe', () => {
    const numbers = { minimumSurvivors: 4, colluders: 10 };
    expect(thresholds({ ...numbers, merchants: 200 })).to.include({ edgeProbability: 1, share: 105, agreement: 106 });
    const sparse = thresholds({ ...numbers, merchants: 201 });
    expect(sparse).to.include({ edgeProbability: 62 / 200, share: 15, agreement: 106, lossesSurvived: 60 });
    expect(quorums({ ...numbers, merchants: 201 })).to.deep.equal({ agreement: 106, minimumSurvivors: 106 });
    expect(thresholds({ merchants: 220, colluders: 150, minimumSurvivors: 4 })).to.include({
      edgeProbability: 1,
      share: 185,
    });
  });

  it('are refused out of range, naming the field', () => {
    const { terms } = setting({ merchants: 4, colluders: 1 });
    expect(() => checkTerms(terms)).not.to.throw();
    const wrong = [
      { colluders: 0 },
      { colluders: 1.5 },
      { minimumMerchants: -1 },
      { maximumMerchants: 3 },
      { minimumSurvivors: 70_000 },
      { dimension: 0 },
      { dimension: 2 ** 28 + 1 },
      { ringBits: 15 },
      { ringBits: 33 },
    ];
    for (const change of wrong) {
      const error = expectCode(() => checkTerms({ ...terms, ...change }), 'SECAGG_TERMS_INVALID');
      expect(error.details.field).to.equal(Object.keys(change)[0]);
    }
    expectCode(() => checkTerms({ ...terms, contractSha256: new Uint8Array(31) }), 'SECAGG_TERMS_INVALID');
  });
});
