import { expect } from 'chai';
import { lossesSurvived, rosterFor } from '../../../simulations/demo/roster.js';
import { expectCode } from '../../expect-code.js';

describe('roster rules of a simulation', () => {
  it('derives colluders and survivors that lose as many merchants as agreement allows', () => {
    const derived = [4, 5, 8, 10, 20].map((merchants) => {
      const roster = rosterFor(merchants);
      return [merchants, roster.colluders, roster.minimumSurvivors, lossesSurvived(merchants, roster)];
    });
    // The table of small n of the protocol's document, and 20.
    expect(derived).to.deep.equal([
      [4, 1, 3, 1],
      [5, 1, 4, 1],
      [8, 2, 6, 2],
      [10, 2, 7, 3],
      [20, 2, 12, 8],
    ]);
  });

  it('keeps what a person fixed, and raises survivors to the agreement threshold', () => {
    expect(rosterFor(10, { colluders: 1, minimumSurvivors: 9 })).to.deep.equal({
      minimumMerchants: 9,
      colluders: 1,
      minimumSurvivors: 9,
      maximumMerchants: 10,
    });
    expect(rosterFor(10, { minimumSurvivors: 3 }).minimumSurvivors).to.equal(7);
  });

  it('refuses rosters that protect nobody', () => {
    for (const [merchants, wishes] of [
      [3, {}],
      [4, { colluders: 4 }],
      [4, { colluders: 3 }],
      [8, { minimumSurvivors: 9 }],
    ] as const) {
      expectCode(() => rosterFor(merchants, wishes), 'ROSTER_IMPOSSIBLE');
    }
  });
});
